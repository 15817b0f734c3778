"""The proxies under test. Each does the same visible work: routing by host and path, a request id added, pooled
keep-alive upstream connections, no access log, one worker on one CPU."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from .accounting import family
from .world import HOSTS, PROXY_CPU, ROOT, ROUTES, ControlGroup, compile_native, free_port, run

START_SECONDS = 20


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a proxy speaks with clients and with upstreams: plain, tls (1.3) or mtls (both sides show a certificate)."""

    downstream: str = "plain"
    upstream: str = "plain"
    http2: bool = False
    tcp: bool = False


class Proxy:
    """One proxy process (with its children) on a free port; subclasses write the configuration."""

    name = ""

    def __init__(self, world, shape=Shape(), ports=None):
        self.world, self.shape, self.port = world, shape, free_port()
        self.ports = ports or self.backends()
        self.folder = os.path.join(world.folder, f"{self.name}-{self.port}")
        os.makedirs(self.folder)
        self.process = None

    def backends(self):
        """The ports of the four backends that this proxy is to use."""
        return self.world.backend_ports if self.shape.upstream == "plain" else self.world.tls_ports()

    def wrapper(self):
        """What to put before the command of whoever takes part in a measurement of this proxy."""
        return []

    def command(self):
        raise NotImplementedError

    def start(self):
        """Starts it pinned to the proxy's CPU, and returns once it answers."""
        log = open(os.path.join(self.folder, "log"), "w")
        self.process = subprocess.Popen([*self.wrapper(), "taskset", "-c", str(PROXY_CPU), *self.command()], stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self.probe(HOSTS[0], "/"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.name} did not start; its log:\n{open(log.name).read()}")
            time.sleep(0.02)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                for pid in family(self.process.pid):
                    os.kill(pid, signal.SIGKILL)
                self.process.wait()

    def pids(self):
        return family(self.process.pid)

    @property
    def url(self):
        return f"{'http' if self.shape.downstream == 'plain' else 'https'}://127.0.0.1:{self.port}/"

    def probe(self, host, path):
        """One request that the backend answers with the port it reached and the head as it arrived; empty when it fails."""
        command = ["curl", "-s", "--max-time", "5", "-H", "x-probe: 1", "--connect-to", f"::127.0.0.1:{self.port}"]
        if self.shape.http2 and self.shape.downstream == "plain":
            command.append("--http2-prior-knowledge")
        if self.shape.downstream != "plain":
            command += ["--cacert", self.world.authority, "--http2" if self.shape.http2 else "--http1.1"]
        if self.shape.downstream == "mtls":
            command += ["--cert", self.world.certificate, "--key", self.world.key]
        scheme = "http" if self.shape.downstream == "plain" else "https"
        return subprocess.run([*command, f"{scheme}://{host}{path}"], stdout=subprocess.PIPE).stdout.decode("latin-1")

    def expected_port(self, path):
        """The port that a path must reach."""
        return self.ports[next(index for prefix, index in ROUTES if path.startswith(prefix))]

    def check(self):
        """Every host and route reaches the right backend with a request id; ends the benchmark otherwise."""
        for host in HOSTS[:1] if self.shape.tcp else HOSTS:
            for prefix, _ in ROUTES[-1:] if self.shape.tcp else ROUTES:
                path = prefix + "x"
                answer = self.probe(host, path)
                if not answer.startswith(f"port={self.expected_port(path)}\n"):
                    sys.exit(f"{self.name} sent {host}{path} to the wrong backend or answered itself:\n{answer}")
                if not self.shape.tcp and "\r\nx-request-id: " not in answer.lower():
                    sys.exit(f"{self.name} added no request id:\n{answer}")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path


class Pair:
    """Two proxies of one kind, one after the other with mutual TLS between them, as beside two services: client, proxy, proxy, backend."""

    def __init__(self, kind, world):
        self.name = kind.name
        self.back = kind(world, Shape(downstream="mtls"))
        self.front = kind(world, Shape(upstream="mtls"), [self.back.port] * 4)
        self.port, self.url, self.wrapper = self.front.port, self.front.url, self.front.wrapper

    def start(self):
        self.back.start()
        self.front.start()

    def stop(self):
        self.front.stop()
        self.back.stop()

    def pids(self):
        return self.front.pids() + self.back.pids()

    def check(self):
        self.front.expected_port = self.back.expected_port
        self.back.check()
        self.front.check()


class Nginx(Proxy):
    name = "nginx"

    def command(self):
        shape, place = self.shape, self.world
        if shape.tcp:
            return ["nginx", "-p", self.folder, "-e", "stderr", "-c", self.write("nginx.conf", f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; user root; worker_processes 1; pid {self.folder}/pid;
events {{ worker_connections 32768; }}
stream {{ server {{ listen 127.0.0.1:{self.port}; proxy_pass 127.0.0.1:{self.ports[-1]}; }} }}
""")]
        listen = f"listen 127.0.0.1:{self.port}{'' if shape.downstream == 'plain' else ' ssl'}{' http2' if shape.http2 else ''};"
        tls = "" if shape.downstream == "plain" else f"ssl_certificate {place.certificate}; ssl_certificate_key {place.key}; ssl_protocols TLSv1.3; ssl_session_cache shared:bench:1m;"
        if shape.downstream == "mtls":
            tls += f" ssl_verify_client on; ssl_client_certificate {place.authority};"
        if shape.upstream != "plain":
            tls += f" proxy_ssl_verify on; proxy_ssl_trusted_certificate {place.authority}; proxy_ssl_name {HOSTS[0]}; proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;"
        if shape.upstream == "mtls":
            tls += f" proxy_ssl_certificate {place.certificate}; proxy_ssl_certificate_key {place.key};"
        upstreams = "\n".join(
            f"  upstream backend{i} {{ server 127.0.0.1:{port}; keepalive 1024; keepalive_requests 100000000; }}"
            for i, port in enumerate(self.ports))
        scheme = "http" if shape.upstream == "plain" else "https"
        locations = "\n".join(f"    location {prefix} {{ proxy_pass {scheme}://backend{i}; }}" for prefix, i in ROUTES)
        # nginx answers 421 when a client shows a certificate and the request is for another server than the handshake was: then one server has all names.
        names = [" ".join(HOSTS)] if shape.downstream == "mtls" else HOSTS
        servers = "\n".join(f"  server {{ {listen} server_name {name};\n{locations}\n  }}" for name in names)
        return ["nginx", "-p", self.folder, "-e", "stderr", "-c", self.write("nginx.conf", f"""
daemon off;
user root;
worker_processes 1;
pid {self.folder}/pid;
events {{ worker_connections 32768; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 3600s;
  {tls}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Request-ID $request_id;
  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
{upstreams}
{servers}
}}
""")]

    @staticmethod
    def version():
        return run("nginx", "-v").strip().removeprefix("nginx version: ").replace("/", " ")


class Haproxy(Proxy):
    name = "haproxy"

    def command(self):
        shape, place = self.shape, self.world
        bind = f"bind 127.0.0.1:{self.port}"
        if shape.downstream != "plain":
            bind += f" ssl crt {place.folder}/both.pem ssl-min-ver TLSv1.3 alpn {'h2,' if shape.http2 else ''}http/1.1"
        elif shape.http2:
            bind += " proto h2"
        if shape.downstream == "mtls":
            bind += f" ca-file {place.authority} verify required"
        server = ""
        if shape.upstream != "plain":
            server = f" ssl verify required ca-file {place.authority} verifyhost {HOSTS[0]} sni str({HOSTS[0]}) ssl-min-ver TLSv1.3"
        if shape.upstream == "mtls":
            server += f" crt {place.folder}/both.pem"
        # One lookup in a prefix tree of host and path, HAProxy's own advice for many routes (a rule each is slower).
        routes = self.write("routes.map", "".join(f"{host}{prefix} backend{i}\n" for host in HOSTS for prefix, i in ROUTES))
        backends = "\n".join(f"backend backend{i}\n  server only 127.0.0.1:{port} pool-max-conn 1024{server}"
                             for i, port in enumerate(self.ports))
        rules = ("  default_backend backend3" if shape.tcp else
                 f"  http-request set-header X-Request-ID %[uuid()]\n  use_backend %[base,map_beg({routes})]")
        http = "mode tcp" if shape.tcp else "mode http\n  option http-keep-alive\n  http-reuse always"
        return ["haproxy", "-db", "-f", self.write("haproxy.cfg", f"""
global
  nbthread 1
  maxconn {(place.descriptors - 500) // 2}
  tune.ssl.default-dh-param 2048
defaults
  {http}
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
frontend front
  {bind}
{rules}
{backends}
""")]

    @staticmethod
    def version():
        return "HAProxy " + run("haproxy", "-v").splitlines()[0].split()[2]


class Floor(Proxy):
    """Not a proxy but what the kernel alone costs: native/floor.c copies bytes to one backend and looks at none of them."""

    name = "floor"

    def command(self):
        return [compile_native("floor"), str(self.port), str(self.ports[-1])]

    def check(self):
        if not self.probe(HOSTS[0], "/").startswith("port="):
            sys.exit("The floor forwards nothing.")

    @staticmethod
    def version():
        return "the floor (bench/native/floor.c)"


class Weft(Proxy):
    name = "weft"
    program = os.path.join(ROOT, "artifacts/weft-proxy/weft-proxy")

    def command(self):
        return [self.program, "-c", self.write("bootstrap.json", json.dumps(self.bootstrap(), indent=1)), "--concurrency", "1"]

    def bootstrap(self):
        """The Envoy-style bootstrap for the same routes, with the metrics filter on."""
        return weft_bootstrap(self.world, self.port, self.shape, self.ports)

    @classmethod
    def version(cls):
        return run(cls.program, "--version").strip()

    @classmethod
    def build(cls):
        """Has the launcher build what is missing or has changed: what is measured is the program that users run."""
        run(os.path.join(ROOT, "weft"), "version")


class WeftAccelerated(Weft):
    """The same proxy with loopback connections joined in the kernel (weft kernel attach): its clients and backends are in the group too."""

    name = "weft+ebpf"

    def backends(self):
        return self.world.accelerated_ports() if self.shape.upstream == "plain" else self.world.tls_ports(accelerated=True)

    def wrapper(self):
        return self.world.group_wrapper()


API = "type.googleapis.com/envoy.extensions"


def _address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _tls_context(world, kind, http2, downstream):
    """Envoy's transport socket for one side; kind is tls or mtls."""
    common = {"tls_params": {"tls_minimum_protocol_version": "TLSv1_3"}}
    if downstream or kind == "mtls":
        common["tls_certificates"] = [{"certificate_chain": {"filename": world.certificate}, "private_key": {"filename": world.key}}]
    if not downstream or kind == "mtls":
        common["validation_context"] = {"trusted_ca": {"filename": world.authority}}
    if downstream:
        common["alpn_protocols"] = ["h2", "http/1.1"] if http2 else ["http/1.1"]
        context = {"@type": f"{API}.transport_sockets.tls.v3.DownstreamTlsContext", "common_tls_context": common}
        if kind == "mtls":
            context["require_client_certificate"] = True
    else:
        common["validation_context"]["match_typed_subject_alt_names"] = [{"san_type": "DNS", "matcher": {"exact": HOSTS[0]}}]
        context = {"@type": f"{API}.transport_sockets.tls.v3.UpstreamTlsContext", "sni": HOSTS[0], "common_tls_context": common}
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}


def weft_bootstrap(world, port, shape, ports):
    """The Envoy-style bootstrap of one shape."""
    if shape.tcp:
        chain = {"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": {
            "@type": f"{API}.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": "bench", "cluster": f"backend{len(ports) - 1}"}}]}
    else:
        chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
            "@type": f"{API}.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "bench",
            "route_config": {"name": "bench", "virtual_hosts": [
                {"name": host, "domains": [host], "routes": [
                    {"name": f"route{i}", "match": {"prefix": prefix}, "route": {"cluster": f"backend{i}"}}
                    for prefix, i in ROUTES]} for host in HOSTS]},
            "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
                "@type": f"{API}.filters.http.router.v3.Router"}}]}}]}
    if shape.downstream != "plain":
        chain["transport_socket"] = _tls_context(world, shape.downstream, shape.http2, downstream=True)
    clusters = [
        {"name": f"backend{i}", "type": "STATIC", "connect_timeout": "5s",
         "circuit_breakers": {"thresholds": [{"max_connections": 8192, "max_pending_requests": 8192, "max_requests": 8192}]},
         "load_assignment": {"cluster_name": f"backend{i}", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(backend)}}]}]}}
        for i, backend in enumerate(ports)]
    if shape.upstream != "plain":
        for cluster in clusters:
            cluster["transport_socket"] = _tls_context(world, shape.upstream, False, downstream=False)
    return {
        "node": {"id": "bench", "cluster": "bench"},
        "admin": {"address": _address(free_port())},
        "static_resources": {"listeners": [{"name": "front", "address": _address(port), "filter_chains": [chain]}], "clusters": clusters}}


def available(names):
    """The proxy classes for the names, without those whose program is not there."""
    classes = {kind.name: kind for kind in (Weft, WeftAccelerated, Nginx, Haproxy, Floor)}
    found = []
    for name in names:
        kind = classes.get(name) or sys.exit(f"No proxy is called {name}; there are {', '.join(classes)}.")
        program = kind.program if issubclass(kind, Weft) else compile_native(name) if kind is Floor else name
        if kind is WeftAccelerated and (os.geteuid() != 0 or not os.path.exists(ControlGroup.WEFT)):
            print(f"{name} is left out: it needs root and a built {ControlGroup.WEFT}.", file=sys.stderr)
        elif shutil.which(program) or os.path.exists(program):
            found.append(kind)
        else:
            print(f"{name} is left out: {program} does not exist.", file=sys.stderr)
    return found
