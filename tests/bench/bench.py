#!/usr/bin/python3
"""make bench: what is measured, as ratios against a peer in the same run.

Prints "name value >= limit" or "name value <= limit", one line a figure, and
writes all of them, with the raw numbers behind the ratios, to
build/bench.json. The service runs on the first core and its load on the
second. docs/benchmarks.md says how to read the figures.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import protection

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SERVICE_CORE, LOAD_CORE = "0", "1"
ROUNDS, HEARTBEAT_ROUNDS = 3, 7
WINDOW = "2048"
BOOTSTRAP_ROUNDS, BOOTSTRAP_WINDOW = 10, 768
SECONDS = 6


class Figures:
    """What was measured; a figure that misses its limit is said to."""

    def __init__(self, path):
        self.path = path
        self.figures = []
        self.raw = {}

    def add(self, name, value, relation, limit):
        met = value >= limit if relation == ">=" else value <= limit
        self.figures.append({"name": name, "value": value,
                             "relation": relation, "limit": limit, "met": met})
        text = f"{value:.3f}" if isinstance(value, float) else str(value)
        print(f"{name} {text} {relation} {limit}" +
              ("" if met else "   MISSED"), flush=True)

    def report(self, name, value):
        """A figure that nothing is asked of."""
        self.figures.append({"name": name, "value": value})
        print(name, f"{value:.3f}" if isinstance(value, float) else value,
              flush=True)

    def note(self, **raw):
        self.raw.update(raw)

    def write(self):
        self.path.write_text(json.dumps(
            {"figures": self.figures, "raw": self.raw,
             "machine": machine(), "date": time.strftime("%Y-%m-%d")},
            indent=2) + "\n")


def machine():
    """Processor, cores and kernel, as far as the system tells."""
    cpu = re.search(r"model name\s*:\s*(.*)", open("/proc/cpuinfo").read())
    return {"processor": cpu.group(1) if cpu else "unknown",
            "cores": os.cpu_count(), "kernel": os.uname().release}


def pinned(core, *command):
    """A command on one core."""
    return ["taskset", "-c", core, *map(str, command)]


def children(pid):
    """pid -> name of a daemon's processes."""
    task = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {int(p): pathlib.Path(f"/proc/{p}/comm").read_text().strip()
            for p in task.split()}


def resident_kib(pid):
    """Resident memory."""
    return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(
        f"/proc/{pid}/status").read_text()).group(1))


def peak_kib(pid):
    """The most resident memory that a process ever had."""
    return int(re.search(r"VmHWM:\s*(\d+)", pathlib.Path(
        f"/proc/{pid}/status").read_text()).group(1))


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def settled_cpu(daemon):
    """Processor seconds of the service, once it has nothing left to do."""
    last = None
    while True:
        now = sum(cpu_seconds(pid) for pid in children(daemon.process.pid))
        if now == last:
            return now
        last = now
        time.sleep(0.3)


class Daemon:
    """holdfastd on the service's core."""

    def __init__(self, build, data):
        self.build, self.data = build, data
        self.start()

    def start(self):
        """Starts it; the seconds until it serves."""
        endpoints = self.data / "endpoints"
        endpoints.unlink(missing_ok=True)
        began = time.monotonic()
        self.log = open(self.data.parent / "holdfastd.log", "ab")
        self.process = subprocess.Popen(
            pinned(SERVICE_CORE, self.build / "cloud/holdfastd", "--data",
                   self.data, "--set", "api.listen=127.0.0.1:0", "--set",
                   "devices.listen=127.0.0.1:0", "--set",
                   "api.token_s=86400"), stderr=self.log)
        while not endpoints.exists():
            if self.process.poll() is not None:
                sys.exit("holdfastd did not start: " + open(
                    self.data.parent / "holdfastd.log").read()[-2000:])
            time.sleep(0.002)
        took = time.monotonic() - began
        found = dict(line.split("=", 1)
                     for line in endpoints.read_text().split() if "=" in line)
        self.api, self.devices = found["api"], found["devices"]
        return took

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def openssl_ecdh():
    """ECDH operations a second of openssl speed on the service's core."""
    out = subprocess.run(
        pinned(SERVICE_CORE, "openssl", "speed", "-seconds", "2",
               "ecdhp256"), capture_output=True, text=True, check=True).stdout
    return float(re.search(r"nistp256\)\s+\S+\s+([\d.]+)", out).group(1))


def wrk(url, connections, script, env):
    """Requests a second of one run, and answers that were not 200."""
    out = subprocess.run(
        pinned(LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s",
               "--timeout", "10s", "-s", script, url),
        capture_output=True, text=True, check=True,
        env={**os.environ, **env}).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    lost = re.search(r"Socket errors: (.*)", out)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    return rate, int(bad.group(1)) if bad else 0, lost.group(1) if lost else ""


class Nginx:
    """nginx with one worker that answers a fixed JSON of 200 bytes."""

    def __init__(self, folder):
        body = json.dumps({"Key": "x" * 40, "Fill": "y" * 200})[:198] + '"}'
        assert len(body) == 200
        self.port = 18080
        (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{self.port}; default_type application/json;
    location / {{ return 200 '{body}'; }} }} }}
""")
        self.process = subprocess.Popen(
            pinned(SERVICE_CORE, shutil.which("nginx") or "/usr/sbin/nginx",
                   "-p", folder, "-c", folder / "nginx.conf"))
        self.url = f"http://127.0.0.1:{self.port}"
        for _ in range(500):
            if subprocess.run(["curl", "-s", "-o", "/dev/null", self.url],
                              check=False).returncode == 0:
                return
            time.sleep(0.01)
        sys.exit("nginx did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def bench_getpsk(figures, daemon, token, identities, folder):
    """GetPSK against nginx, in turns, at 64 and at 1,000 connections."""
    script = str(ROOT / "tests/bench/getpsk.lua")
    env = {"TOKEN": token, "IDENTITIES": str(identities)}
    nginx = Nginx(folder)
    ours = {64: [], 1000: []}
    theirs = {64: [], 1000: []}
    ratios = []
    try:
        for _ in range(ROUNDS):
            for connections in (64, 1000):
                base, _, _ = wrk(nginx.url, connections, script, env)
                rate, bad, lost = wrk(f"http://{daemon.api}", connections,
                                      script, env)
                if bad:
                    sys.exit(f"GetPSK: {bad} answers were not 200")
                theirs[connections].append(base)
                ours[connections].append(rate)
                if lost:
                    figures.note(**{f"getpsk_lost_{connections}": lost})
            ratios.append(ours[64][-1] / theirs[64][-1])
    finally:
        nginx.stop()
    at64 = statistics.median(ours[64])
    at1000 = statistics.median(ours[1000])
    figures.note(getpsk_per_s_64=ours[64], getpsk_per_s_1000=ours[1000],
                 nginx_per_s_64=theirs[64], nginx_per_s_1000=theirs[1000])
    figures.add("getpsk_to_nginx_64", statistics.median(ratios), ">=", 0.35)
    figures.add("getpsk_1000_to_64", at1000 / at64, ">=", 0.6)
    many = statistics.median(o / t for o, t in zip(ours[1000], theirs[1000]))
    figures.add("getpsk_to_nginx_1000", many, ">=",
                round(0.6 * statistics.median(ratios), 3))


def bench_bootstraps(figures, build, daemon, fleet, profile, count):
    """
    Bootstraps a second against three ECDH each, a part of the fleet at a time:
    a neighbour that comes or goes meanwhile spoils one of the ratios.
    """
    rounds = []
    pids = children(daemon.process.pid)
    ecdh = openssl_ecdh()
    for part in range(BOOTSTRAP_ROUNDS):
        first = count * part // BOOTSTRAP_ROUNDS
        some = count * (part + 1) // BOOTSTRAP_ROUNDS - first
        before = sum(map(cpu_seconds, pids))
        out = subprocess.run(
            pinned(LOAD_CORE, build / "tests/bench/fleet", "bootstrap",
                   "--out", fleet, "--to", daemon.devices, "--profile",
                   profile, "--first", first, "--count", some, "--window",
                   BOOTSTRAP_WINDOW, "--timeout", 300),
            capture_output=True, text=True, check=False)
        if out.returncode != 0:
            sys.exit("fleet: " + out.stdout[-500:] + out.stderr[-500:])
        seconds = json.loads(out.stdout.splitlines()[-1])["seconds"]
        cpu = sum(map(cpu_seconds, pids)) - before
        after = openssl_ecdh()
        rounds.append({"ecdh_per_s": (ecdh + after) / 2, "cpu_us":
                       1e6 * cpu / some, "per_s": some / seconds})
        ecdh = after
    figures.note(bootstraps=rounds)
    figures.add("bootstraps_to_three_ecdh", statistics.median(
        r["per_s"] / (r["ecdh_per_s"] / 3) for r in rounds), ">=", 0.5)
    # openssl speed counts its own processor time: so does this one.
    figures.add("bootstraps_to_three_ecdh_cpu", statistics.median(
        1e6 / r["cpu_us"] / (r["ecdh_per_s"] / 3) for r in rounds), ">=", 0.5)


def storm(build, fleet, to, *options):
    """One heartbeat of every device; None when not all were served."""
    out = subprocess.run(
        pinned(LOAD_CORE, build / "tests/bench/storm", "--out", fleet, "--to",
               to, *options), capture_output=True, text=True, check=False)
    if not out.stdout:
        sys.exit("storm: " + out.stderr[-500:])
    return json.loads(out.stdout.splitlines()[-1])


def echo_rate(build, fleet):
    """Datagrams a second of a server that only sends them back."""
    server = subprocess.Popen(
        pinned(SERVICE_CORE, build / "tests/bench/peers", "echo"),
        stdout=subprocess.PIPE, text=True)
    port = server.stdout.readline().strip()
    result = storm(build, fleet, f"127.0.0.1:{port}", "--window", WINDOW,
                   "--echo")
    server.terminate()
    server.wait()
    return result["served"] / result["seconds"]


def commit_rate(build, daemon, folder):
    """Heartbeats a second when each is a transaction: SQLite alone."""
    copy = folder / "copy.db"
    source = sqlite3.connect(daemon.data / "db/holdfast.db")
    target = sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()
    out = subprocess.run(
        pinned(SERVICE_CORE, build / "tests/bench/peers", "commits", copy,
               str(SECONDS)), capture_output=True, text=True, check=True)
    for path in folder.glob("copy.db*"):
        path.unlink()
    return float(out.stdout)


def bench_heartbeats(figures, build, daemon, fleet, folder):
    """
    Durable heartbeats a second, as a burst; and what one costs in all, with
    what is put off until the service is quiet again.
    """
    rounds, costs = [], []
    for _ in range(HEARTBEAT_ROUNDS):
        before = settled_cpu(daemon)
        echo = echo_rate(build, fleet)
        result = storm(build, fleet, daemon.devices, "--window", WINDOW)
        if result["served"] != result["of"]:
            sys.exit(f"heartbeats: {result}")
        rounds.append((result["served"] / result["seconds"], echo))
        costs.append((settled_cpu(daemon) - before) / result["served"])
    rate = statistics.median(rate for rate, _ in rounds)
    commits = commit_rate(build, daemon, folder)
    figures.note(heartbeats_per_s=[r for r, _ in rounds],
                 echo_per_s=[e for _, e in rounds], commits_per_s=commits)
    figures.add("heartbeats_to_echo", statistics.median(
        rate / echo for rate, echo in rounds), ">=", 0.15)
    figures.add("heartbeats_to_single_commits", rate / commits, ">=", 4.0)
    figures.note(heartbeat_cpu_us=[cost * 1e6 for cost in costs])


def bench_storm(figures, build, daemon, fleet):
    """After an outage: 100,000 devices, and none waits for another."""
    daemon.stop()
    daemon.start()
    result = storm(build, fleet, daemon.devices)
    peak = {name: peak_kib(pid) / 1024
            for pid, name in children(daemon.process.pid).items()}
    figures.note(storm=result, storm_peak_mib=peak)
    figures.add("storm_seconds", result["seconds"], "<=", 60.0)
    figures.add("storm_lost", result["of"] - result["served"], "<=", 0)
    figures.add("storm_peak_mib", sum(peak.values()), "<=", 256)


def captured(build, daemon, folder, *fleet):
    """Bytes of IP packets of a fleet run, as tshark counts them."""
    port = daemon.devices.rsplit(":", 1)[1]
    pcap = folder / "capture.pcap"
    tshark = subprocess.Popen(
        ["tshark", "-q", "-i", "lo", "-f", f"udp port {port}", "-w", pcap],
        stderr=subprocess.PIPE, text=True)
    for line in tshark.stderr:
        if "Capturing on" in line:
            break
    time.sleep(1.0)
    subprocess.run([build / "tests/bench/fleet", *fleet, "--to",
                    daemon.devices, "--timeout", "30"], check=True,
                   capture_output=True)
    time.sleep(1.0)
    tshark.send_signal(signal.SIGINT)
    tshark.wait(20)
    out = subprocess.run(["tshark", "-r", pcap, "-T", "fields", "-e",
                          "ip.len"], capture_output=True, text=True,
                         check=True).stdout
    return [int(n) for n in out.split()]


def fleet_make(build, daemon, cli, count, start, out):
    """Devices from production, known to the service; seconds of import."""
    subprocess.run([build / "tests/bench/fleet", "make", "--service",
                    daemon.data / "service.json", "--count", str(count),
                    "--start", start, "--out", out], check=True)
    began = time.monotonic()
    cli("import", out / "import.jsonl")
    return time.monotonic() - began


def bench_bytes(figures, build, daemon, cli, profile, folder):
    """A bootstrap and a heartbeat on the wire, IPv4 and UDP included."""
    rich = cli("profiles", "create", "rich", "--features", "LocalDPR,LocalC2C,"
               "LocalC2CKeyPairing,ZTPV1").strip()
    for name, uid, start in (("", profile, "00B0000000000000"),
                             ("_features", rich, "00B1000000000000")):
        fleet = folder / f"one{name}"
        fleet_make(build, daemon, cli, 1, start, fleet)
        packets = captured(build, daemon, folder, "bootstrap", "--out", fleet,
                           "--profile", uid)
        figures.note(**{f"bootstrap{name}_packets": packets})
        figures.add(f"bootstrap{name}_bytes", sum(packets), "<=", 505)
        if not name:
            figures.add("bootstrap_bytes_before_keys", sum(packets[:4]), "<=",
                        367)
    packets = captured(build, daemon, folder, "heartbeat", "--out", fleet)
    figures.note(heartbeat_packets=packets)
    figures.add("heartbeat_bytes", sum(packets), "<=", 110)


def bench_service(figures, build, devices):
    """All that needs a running service."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    daemon = Daemon(build, folder / "data")
    credentials = folder / "credentials"

    def cli(*words):
        return subprocess.run(
            [build / "cli/holdfast", *words], check=True,
            env={"HOLDFAST_URL": f"http://{daemon.api}",
                 "HOLDFAST_CREDENTIALS": str(credentials)},
            capture_output=True, text=True).stdout

    try:
        cli("init", "--data", daemon.data, "--tenant", "example", "--admin",
            "admin@example.com", "--profile", "bench")
        profile = cli("profiles", "list").splitlines()[0].split()[0]
        fleet = folder / "fleet"
        took = fleet_make(build, daemon, cli, devices,
                          "0100000000000000", fleet)
        figures.note(import_per_s=devices / took)
        bench_bootstraps(figures, build, daemon, fleet, profile, devices)
        bench_heartbeats(figures, build, daemon, fleet, folder)
        bench_storm(figures, build, daemon, fleet)
        bench_bytes(figures, build, daemon, cli, profile, folder)
        daemon.stop()
        figures.add("start_up_seconds", daemon.start(), "<=", 2.0)
        bench_getpsk(figures, daemon, cli("token").strip(),
                     fleet / "psk.jsonl", folder)
        resident = {name: resident_kib(pid) / 1024 for pid, name
                    in children(daemon.process.pid).items()}
        figures.note(resident_mib=resident)
        figures.add("resident_mib", sum(resident.values()), "<=", 256)
        daemon.stop()
    finally:
        daemon.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def bench_protection(figures, build):
    """All that needs none."""
    pin = pinned(SERVICE_CORE)
    protection.bench_c2c(figures, build, pin)
    protection.bench_e2e(figures, build, pin)
    protection.bench_tls(figures)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--devices", type=int, default=100000)
    parser.add_argument("--only", choices=["service", "protection"])
    args = parser.parse_args()
    build = (ROOT / args.build).resolve()
    figures = Figures(build / "bench.json")
    figures.note(load_before=os.getloadavg())
    try:
        if args.only != "service":
            bench_protection(figures, build)
        if args.only != "protection":
            bench_service(figures, build, args.devices)
    finally:
        figures.note(load_after=os.getloadavg())
        figures.write()


if __name__ == "__main__":
    main()
