"""What every proxy under test is configured for: the same hosts, paths, backends and certificate."""

import os
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


def make_certificate(folder):
    """A self-signed P-256 certificate for all hosts; returns (certificate file, key file)."""
    certificate, key = os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key")
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
        "-subj", "/CN=bench.local", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate)
    with open(os.path.join(folder, "both.pem"), "w") as both:
        for part in (certificate, key):
            both.write(open(part).read())
    return certificate, key


class World:
    """Backends, certificate and a scratch folder, alive for one benchmark."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="weft-bench-")
        os.chmod(self.folder, 0o755)
        self.certificate, self.key = make_certificate(self.folder)
        self.backend_ports = [free_port() for _ in range(4)]
        self.backend = subprocess.Popen(
            ["taskset", "-c", str(LOAD_CPU), compile_native("backend"), *map(str, self.backend_ports)])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.backend.kill()
        self.backend.wait()

    def expected_port(self, path):
        """The backend port that a path must reach."""
        return self.backend_ports[next(index for prefix, index in ROUTES if path.startswith(prefix))]


def machine_line():
    """One line that names the machine a report was made on."""
    info = {line.split(":")[0].strip(): line.split(":", 1)[1].strip()
            for line in open("/proc/cpuinfo") if ":" in line}
    memory = int(open("/proc/meminfo").readline().split()[1]) // 1048576
    return (f"{info.get('model name', 'unknown CPU')}, {os.cpu_count()} CPUs, {memory} GiB, "
            f"Linux {os.uname().release}, load average {os.getloadavg()[0]:.1f} at the end of the run")
