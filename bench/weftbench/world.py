"""What every proxy under test is configured for: the same hosts, paths, backends and certificate."""

import os
import resource
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(ROOT, "bench")
OUTPUT = os.path.join(ROOT, "artifacts", "bench")

HOSTS = [f"shop{n}.bench.local" for n in range(8)]
# Path prefix -> which of the four backends answers; longest prefix first, as every proxy here decides.
ROUTES = [("/api/orders/", 0), ("/api/", 1), ("/static/", 2), ("/", 3)]
# What the load generators ask for, in turn: each route of the first, a middle and the last host.
TARGETS = [(host, path) for host in (HOSTS[0], HOSTS[4], HOSTS[7])
           for path in ("/api/orders/17", "/api/users?page=2", "/static/site.css", "/about")]

PROXY_CPU = 0
LOAD_CPU = 1


def free_port():
    """An unused loopback port. Another process could take it before its user binds; the user then fails by name."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_descriptor_limit():
    """Lets this process and those that it starts use as many descriptors as they may; returns how many."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def run(*command, **options):
    """Runs a command to its end; prints what it said and ends the benchmark when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stdout}")
    return done.stdout


def compile_native(name):
    """Compiles bench/native/NAME.c when its source is newer than the program; returns the program's path."""
    source, program = os.path.join(BENCH, "native", name + ".c"), os.path.join(OUTPUT, name)
    os.makedirs(OUTPUT, exist_ok=True)
    if not os.path.exists(program) or os.path.getmtime(program) < os.path.getmtime(source):
        run("clang", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source)
    return program


def make_certificates(folder):
    """A P-256 authority and one leaf for all hosts, as server and as client; in the folder: ca.crt, tls.crt, tls.key, both.pem."""
    path = lambda name: os.path.join(folder, name)
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run("openssl", "req", "-x509", *key, "-days", "30", "-subj", "/CN=bench authority", "-addext", "basicConstraints=critical,CA:TRUE",
        "-keyout", path("ca.key"), "-out", path("ca.crt"))
    run("openssl", "req", *key, "-subj", "/CN=bench.local", "-keyout", path("tls.key"), "-out", path("tls.csr"))
    with open(path("leaf.ext"), "w") as extensions:
        extensions.write(f"subjectAltName={names}\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n")
    run("openssl", "x509", "-req", "-in", path("tls.csr"), "-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "30",
        "-extfile", path("leaf.ext"), "-out", path("tls.crt"))
    with open(path("both.pem"), "w") as both:
        for part in ("tls.crt", "tls.key"):
            both.write(open(path(part)).read())


class ControlGroup:
    """A control group whose processes' loopback connections weft joins in the kernel (weft kernel attach)."""

    WEFT = os.path.join(ROOT, "artifacts/weft/weft")

    def __init__(self):
        root = next(line.split()[1] for line in open("/proc/self/mounts") if line.split()[2] == "cgroup2")
        self.name = f"bench-{os.getpid()}"
        self.path = os.path.join(root, self.name)
        os.makedirs(self.path)
        run(self.WEFT, "kernel", "attach", "--name", self.name, "--cgroup", self.path)

    def wrap(self):
        """What to put before a command so that it starts in the group."""
        return ["sh", "-c", f'echo 0 > {self.path}/cgroup.procs && exec "$@"', "sh"]

    def close(self):
        run(self.WEFT, "kernel", "detach", "--name", self.name)
        os.rmdir(self.path)


class World:
    """Backends, certificates and a scratch folder, alive for one benchmark."""

    def __init__(self):
        self.descriptors = min(65536, raise_descriptor_limit())
        self.folder = tempfile.mkdtemp(prefix="weft-bench-")
        os.chmod(self.folder, 0o755)
        make_certificates(self.folder)
        self.certificate, self.key, self.authority = (os.path.join(self.folder, name) for name in ("tls.crt", "tls.key", "ca.crt"))
        self.processes, self.group, self._accelerated, self._tls = [], None, None, {}
        self.backend_ports = self._start_backends([])

    def _start_backends(self, wrapper):
        ports = [free_port() for _ in range(4)]
        self.processes.append(subprocess.Popen([*wrapper, "taskset", "-c", str(LOAD_CPU), compile_native("backend"), *map(str, ports)]))
        return ports

    def group_wrapper(self):
        """What to put before a command so that it starts in the control group whose connections are joined, which is made when first asked for."""
        if self.group is None:
            self.group = ControlGroup()
        return self.group.wrap()

    def accelerated_ports(self):
        """Backends in that group; started when first asked for."""
        if self._accelerated is None:
            self._accelerated = self._start_backends(self.group_wrapper())
        return self._accelerated

    def tls_ports(self, accelerated=False):
        """Backends behind TLS 1.3 (nginx in front of the plain ones' answers would be a proxy too, so it answers itself), in the control group on request."""
        if accelerated not in self._tls:
            wrapper = self.group_wrapper() if accelerated else []
            ports = self._tls[accelerated] = [free_port() for _ in range(4)]
            folder = os.path.join(self.folder, f"tls-backend-{ports[0]}")
            os.makedirs(folder)
            servers = "\n".join(f"""  server {{ listen 127.0.0.1:{port} ssl; location / {{
    default_type text/plain; set $probe ""; if ($http_x_probe) {{ set $probe "port={port}\nx\r\nx-request-id: $http_x_request_id\r\n"; }}
    if ($probe) {{ return 200 $probe; }} return 200 "{'w' * 128}"; }} }}""" for port in ports)
            with open(os.path.join(folder, "nginx.conf"), "w") as file:
                file.write(f"""daemon off; user root; worker_processes 1; pid {folder}/pid; events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 3600s; ssl_protocols TLSv1.3;
  ssl_certificate {self.certificate}; ssl_certificate_key {self.key};
{servers}
}}""")
            self.processes.append(subprocess.Popen([*wrapper, "taskset", "-c", str(LOAD_CPU), "nginx", "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf"]))
        return self._tls[accelerated]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            process.wait()
        if self.group:
            self.group.close()


def machine_line():
    """One line that names the machine a report was made on."""
    info = {line.split(":")[0].strip(): line.split(":", 1)[1].strip()
            for line in open("/proc/cpuinfo") if ":" in line}
    memory = int(open("/proc/meminfo").readline().split()[1]) // 1048576
    return (f"{info.get('model name', 'unknown CPU')}, {os.cpu_count()} CPUs, {memory} GiB, "
            f"Linux {os.uname().release}, load average {os.getloadavg()[0]:.1f} at the end of the run")
