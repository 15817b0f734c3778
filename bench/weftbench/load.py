"""The two load generators: wrk (a closed loop) for throughput and CPU, steady (an open loop) for latency."""

import json
import os
import re
import subprocess

from .world import LOAD_CPU, ROUTES, TARGETS, compile_native, run

WRK_SCRIPT = """
local targets = { %s }
local requests, at = {}, 0
function init(args)
  for i, target in ipairs(targets) do
    requests[i] = wrk.format("GET", target[2], { ["Host"] = target[1], ["User-Agent"] = "wrk", ["Accept"] = "*/*" })
  end
end
function request()
  at = at %% #requests + 1
  return requests[at]
end
"""

UNITS = {"us": 1, "ms": 1000, "s": 1_000_000, "m": 60_000_000}


def _microseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS[unit]


def targets_for(body):
    """What is asked for, in turn: the usual targets, or the same routes with a body of so many bytes."""
    if not body:
        return TARGETS
    return [(host, f"{prefix}size-{body}") for host in sorted({host for host, _ in TARGETS}) for prefix, _ in ROUTES]


class Wrk:
    """wrk over the targets in turn. A closed loop: it waits for answers, so its latencies leave stalls out."""

    def __init__(self, folder, body=0):
        self.script = os.path.join(folder, f"targets-{body}.lua")
        with open(self.script, "w") as script:
            script.write(WRK_SCRIPT % ", ".join(f'{{ "{host}", "{path}" }}' for host, path in targets_for(body)))

    def start(self, proxy, connections, seconds):
        return subprocess.Popen(
            [*proxy.wrapper(), "taskset", "-c", str(LOAD_CPU), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency",
             "-s", self.script, proxy.url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, process):
        """{requests, per_second, p50, p99} with latencies in microseconds, and how many answers were wrong."""
        text, _ = process.communicate(timeout=120)
        requests = re.search(r"(\d+) requests in ([\d.]+)(s|m)", text)
        percentiles = dict(re.findall(r"(?m)^\s+(50|99)%\s+(\S+)\s*$", text))
        if process.returncode != 0 or not requests or len(percentiles) != 2:
            raise RuntimeError(f"wrk failed:\n{text}")
        bad = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text)))
        bad += sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
        return {
            "requests": int(requests.group(1)),
            "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
            "p50": _microseconds(percentiles["50"]),
            "p99": _microseconds(percentiles["99"]),
            "bad": bad,
        }


class H2load:
    """h2load over the paths of one host: HTTP/2 over TLS, several streams a connection. A closed loop without percentiles."""

    streams = 8

    def __init__(self, _folder, body=0):
        self.host = TARGETS[0][0]
        self.paths = [path for host, path in targets_for(body) if host == self.host]

    def start(self, proxy, connections, seconds):
        return subprocess.Popen(
            [*proxy.wrapper(), "taskset", "-c", str(LOAD_CPU), "h2load", "-t1", f"-c{connections}", f"-m{self.streams}", f"-D{seconds}",
             "-H", f":authority: {self.host}", *[proxy.url.rstrip("/") + path for path in self.paths]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, process):
        """{requests, per_second, bad}."""
        text, _ = process.communicate(timeout=120)
        done = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
        if process.returncode != 0 or not done or "Application protocol: h2" not in text:
            raise RuntimeError(f"h2load failed:\n{text}")
        bad = sum(map(int, done.groups()[2:])) + sum(map(int, re.search(r"(\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text).groups()))
        return {"requests": int(done.group(2)), "per_second": float(re.search(r"([\d.]+) req/s", text).group(1)), "bad": bad}


def steady(address, port, rate, seconds, connections, wrapper=()):
    """Requests at a fixed rate, latency counted from when each was due; returns steady's JSON as a dictionary."""
    arguments = [part for target in TARGETS for part in target]
    text = run(*wrapper, "taskset", "-c", str(LOAD_CPU), compile_native("steady"), address, str(port), str(rate), str(seconds),
               str(connections), *arguments, timeout=seconds + 60)
    return json.loads(text)
