"""The proxies under test. Each does the same visible work: routing by host and path, a request id added, pooled
keep-alive upstream connections, no access log, one worker on one CPU."""

import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time

from .accounting import family
from .world import HOSTS, PROXY_CPU, ROOT, ROUTES, compile_native, free_port, run

START_SECONDS = 20


class Proxy:
    """One proxy process (with its children) on a free port; subclasses write the configuration."""

    name = ""

    def __init__(self, world, tls, http2=False):
        self.world, self.tls, self.http2, self.port = world, tls, http2, free_port()
        self.folder = os.path.join(world.folder, f"{self.name}-{'http2' if http2 else 'tls' if tls else 'plain'}")
        os.makedirs(self.folder)
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        """Starts it pinned to the proxy's CPU, and returns once it answers."""
        log = open(os.path.join(self.folder, "log"), "w")
        self.process = subprocess.Popen(["taskset", "-c", str(PROXY_CPU), *self.command()], stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.probe(HOSTS[0], "/")
                return
            except OSError:
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
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/"

    def probe(self, host, path):
        """One request that the backend answers with the port it reached and the head as it arrived."""
        if self.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": host, "x-probe": "1"})
            return connection.getresponse().read().decode("latin-1")
        finally:
            connection.close()

    def check(self):
        """Every host and route reaches the right backend with a request id; ends the benchmark otherwise."""
        for host in HOSTS:
            for prefix, _ in ROUTES:
                path = prefix + "x"
                answer = self.probe(host, path)
                if not answer.startswith(f"port={self.world.expected_port(path)}\n"):
                    sys.exit(f"{self.name} sent {host}{path} to the wrong backend or answered itself:\n{answer}")
                if "\r\nx-request-id: " not in answer.lower():
                    sys.exit(f"{self.name} added no request id:\n{answer}")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path


class Nginx(Proxy):
    name = "nginx"

    def command(self):
        ports, listen = self.world.backend_ports, f"listen 127.0.0.1:{self.port}{' ssl' if self.tls else ''}{' http2' if self.http2 else ''};"
        certificate = (f"ssl_certificate {self.world.certificate}; ssl_certificate_key {self.world.key}; "
                       "ssl_protocols TLSv1.3;" if self.tls else "")
        upstreams = "\n".join(
            f"  upstream backend{i} {{ server 127.0.0.1:{port}; keepalive 128; keepalive_requests 100000000; }}"
            for i, port in enumerate(ports))
        locations = "\n".join(f"    location {prefix} {{ proxy_pass http://backend{i}; }}" for prefix, i in ROUTES)
        servers = "\n".join(f"  server {{ {listen} server_name {host};\n{locations}\n  }}" for host in HOSTS)
        return ["nginx", "-p", self.folder, "-e", "stderr", "-c", self.write("nginx.conf", f"""
daemon off;
user root;
worker_processes 1;
pid {self.folder}/pid;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 3600s;
  {certificate}
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
        bind = f"bind 127.0.0.1:{self.port}"
        if self.tls:
            bind += f" ssl crt {self.world.folder}/both.pem ssl-min-ver TLSv1.3 alpn {'h2,' if self.http2 else ''}http/1.1"
        # One lookup in a prefix tree of host and path, HAProxy's own advice for many routes (a rule each is slower).
        routes = self.write("routes.map", "".join(f"{host}{prefix} backend{i}\n" for host in HOSTS for prefix, i in ROUTES))
        backends = "\n".join(f"backend backend{i}\n  server only 127.0.0.1:{port} pool-max-conn 128"
                             for i, port in enumerate(self.world.backend_ports))
        return ["haproxy", "-db", "-f", self.write("haproxy.cfg", f"""
global
  nbthread 1
  maxconn 4096
  tune.ssl.default-dh-param 2048
defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  option http-keep-alive
  http-reuse always
frontend front
  {bind}
  http-request set-header X-Request-ID %[uuid()]
  use_backend %[base,map_beg({routes})]
{backends}
""")]

    @staticmethod
    def version():
        return "HAProxy " + run("haproxy", "-v").splitlines()[0].split()[2]


class Floor(Proxy):
    """Not a proxy but what the kernel alone costs: native/floor.c copies bytes to one backend and looks at none of them."""

    name = "floor"

    def command(self):
        return [compile_native("floor"), str(self.port), str(self.world.backend_ports[-1])]

    def check(self):
        if not self.probe(HOSTS[0], "/").startswith("port="):
            sys.exit("The floor forwards nothing.")

    @staticmethod
    def version():
        return "the floor (bench/native/floor.c)"


class Weft(Proxy):
    name = "weft"
    program = os.path.join(ROOT, "src/Weft.ProxyHost/bin/Release/net10.0/linux-x64/publish/weft-proxy")

    def command(self):
        return [self.program, "-c", self.write("bootstrap.json", json.dumps(self.bootstrap(), indent=1)), "--concurrency", "1"]

    def bootstrap(self):
        return weft_bootstrap(self.world, self.port, self.tls, self.http2)

    @classmethod
    def version(cls):
        return run(cls.program, "--version").strip()

    @classmethod
    def build(cls):
        """Publishes weft-proxy with NativeAOT; incremental, so it costs little when nothing changed."""
        run("dotnet", "publish", os.path.join(ROOT, "src/Weft.ProxyHost"), "-c", "Release", "-v", "quiet", "--nologo")


def weft_bootstrap(world, port, tls, http2=False):
    """The Envoy-style bootstrap for the same routes, with the metrics filter on."""
    api = "type.googleapis.com/envoy.extensions"
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
        "@type": f"{api}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "route_config": {"name": "bench", "virtual_hosts": [
            {"name": host, "domains": [host], "routes": [
                {"name": f"route{i}", "match": {"prefix": prefix}, "route": {"cluster": f"backend{i}"}}
                for prefix, i in ROUTES]} for host in HOSTS]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": f"{api}.filters.http.router.v3.Router"}}]}}]}
    if tls:
        chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": {
            "@type": f"{api}.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"] if http2 else ["http/1.1"],
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_3"},
                "tls_certificates": [{"certificate_chain": {"filename": world.certificate},
                                      "private_key": {"filename": world.key}}]}}}
    address = lambda number: {"socket_address": {"address": "127.0.0.1", "port_value": number}}
    return {
        "node": {"id": "bench", "cluster": "bench"},
        "admin": {"address": address(free_port())},
        "static_resources": {
            "listeners": [{"name": "front", "address": address(port), "filter_chains": [chain]}],
            "clusters": [
                {"name": f"backend{i}", "type": "STATIC", "connect_timeout": "5s", "load_assignment": {
                    "cluster_name": f"backend{i}", "endpoints": [
                        {"lb_endpoints": [{"endpoint": {"address": address(backend)}}]}]}}
                for i, backend in enumerate(world.backend_ports)]}}


def available(names):
    """The proxy classes for the names, without those whose program is not there."""
    classes = {kind.name: kind for kind in (Weft, Nginx, Haproxy, Floor)}
    found = []
    for name in names:
        kind = classes.get(name) or sys.exit(f"No proxy is called {name}; there are {', '.join(classes)}.")
        program = kind.program if kind is Weft else compile_native(name) if kind is Floor else name
        if shutil.which(program) or os.path.exists(program):
            found.append(kind)
        else:
            print(f"{name} is left out: {program} does not exist.", file=sys.stderr)
    return found
