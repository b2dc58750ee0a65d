"""Real programs, no mocks: what the system tests start, and how they talk.

HOLDFAST_BUILD names the build folder (default build). Every test that draws
random numbers takes them from the fixture rng, whose seed is printed and can
be given again in HOLDFAST_SEED.
"""
import json
import os
import pathlib
import random
import re
import select
import signal
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("HOLDFAST_BUILD", "build")
SANITIZED = "asan" in BUILD.name
PATIENCE = 60 if SANITIZED else 30
STARTED = []  # programs of this run: none outlives it
HELD = []  # sockets that keep ports from others
FINAL = re.compile(rb"\r\n(OK|ERROR|\+CM[ES] ERROR: [^\r\n]*)\r\n\Z")


def program(name):
    """The path of one of our programs in the build that is tested."""
    for folder in ("cloud", "module", "cli", "factory", "client", "host",
                   "tests/bench"):
        path = BUILD / folder / name
        if path.exists():
            return str(path)
    raise FileNotFoundError(f"{name} is not built in {BUILD}")


def pytest_sessionfinish():
    """What a test that failed has left running ends with the tests."""
    for process in STARTED:
        if process.poll() is None:
            process.kill()


def open_files(pid):
    """What the descriptors of a process lead to."""
    links = []
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(fd))
        except FileNotFoundError:  # closed since it was listed
            continue
    return links


def wait_until(condition, what, patience=None):
    """Polls a condition; its first true value, or a failure that says what."""
    end = time.monotonic() + (patience or PATIENCE)
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited in vain for {what}")


class Service:
    """One holdfastd with a data directory of its own, on ports of its own."""

    def __init__(self, data, *options, wrapper=()):
        self.data = pathlib.Path(data)
        self.wrapper = wrapper
        self.options = options
        self.process = None
        self.log_path = self.data.parent / (self.data.name + ".log")
        self.start()

    def start(self):
        """Starts the daemon and waits until it serves."""
        endpoints = self.data / "endpoints"
        endpoints.unlink(missing_ok=True)
        self.log = open(self.log_path, "ab")
        ports = getattr(self, "ports", ("0", "0"))
        env = dict(os.environ)
        if self.wrapper:
            # The search for leaks does not work under strace.
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + \
                ":detect_leaks=0"
        self.process = subprocess.Popen(
            [*self.wrapper, program("holdfastd"), "--data", str(self.data),
             "--set", f"api.listen=127.0.0.1:{ports[0]}",
             "--set", f"devices.listen=[::]:{ports[1]}",
             *self.options], stderr=self.log, stdout=self.log, env=env)
        STARTED.append(self.process)

        def ready():
            assert self.process.poll() is None, self.log_path.read_text()
            return endpoints.exists()
        wait_until(ready, "the service")
        self.endpoints = dict(line.split("=", 1) for line in
                              endpoints.read_text().split() if "=" in line)
        self.api = self.endpoints["api"]
        self.url = f"http://{self.api}"
        port = self.endpoints["devices"].rsplit(":", 1)[1]
        self.device_port = int(port)
        self.coap = f"coap://127.0.0.1:{port}"
        self.ports = (self.api.rsplit(":", 1)[1], port)

    def stop(self):
        """Stops it as systemd would; its exit status."""
        if self.process and self.process.poll() is None:
            os.kill(int(self.endpoints["pid"]), signal.SIGTERM)
            self.process.wait(PATIENCE)
        self.log.close()
        return self.process.returncode

    def kill(self):
        """kill -9 of the whole daemon, and a wait for its children's end."""
        children = [child for child, _ in self.children()]
        self.process.kill()
        self.process.wait()
        for child in children:
            wait_until(lambda: process_gone(child), "a child's end")

    def children(self):
        """(pid, name) of the three processes; the name is keys, ..."""
        found = []
        supervisor = self.endpoints["pid"]
        task = f"/proc/{supervisor}/task/{supervisor}/children"
        for pid in pathlib.Path(task).read_text().split():
            try:
                name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            found.append((int(pid), name.removeprefix("holdfastd-")))
        return found

    def child(self, name):
        """The pid of keys, devices or api."""
        return wait_until(lambda: dict((n, p) for p, n in self.children())
                          .get(name), f"the process {name}")

    def logged(self):
        """Everything that was logged so far."""
        return self.log_path.read_text(errors="replace")


def process_gone(pid):
    """Whether a process has ended, be it waited for or not."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return re.search(r"State:\s*(\S)", status).group(1) == "Z"


class Account:
    """A tenant that `holdfast init` made, and its API."""

    def __init__(self, service, folder, tenant="example", plan="Freedom"):
        self.service = service
        self.credentials = pathlib.Path(folder) / f"{tenant}.credentials"
        self.init_output = self.run(
            "init", "--data", str(service.data), "--tenant", tenant,
            "--admin", "admin@example.com", "--profile", "thermometer",
            "--plan", plan)
        self.token = self.run("token").strip()
        items = self.get("/v1/deviceprofiles")["Items"]
        self.profile = items[0]["DeviceProfileUID"]

    def run(self, *args, check=True):
        """Runs the command line; what it printed."""
        done = subprocess.run(
            [program("holdfast"), *args],
            env={"HOLDFAST_URL": self.service.url,
                 "HOLDFAST_CREDENTIALS": str(self.credentials)},
            capture_output=True, text=True, timeout=PATIENCE * 4)
        if check:
            assert done.returncode == 0, done.stderr + done.stdout
            return done.stdout
        return done

    def curl(self, path, body=None, token=None, raw=None, headers=(),
             method=None):
        """A call with curl as a customer types it: (status, text)."""
        command = ["curl", "-s", "-g", "-w", "\n%{http_code}",
                   self.service.url + path, "-H", "accept: application/json"]
        if token != "":
            command += ["-H", f"Authorization: {token or self.token}"]
        for header in headers:
            command += ["-H", header]
        if method:
            command += ["-X", method]
        stdin = None
        if body is not None or raw is not None:
            stdin = raw if raw is not None else json.dumps(body)
            command += ["-X", method or "POST", "--data-binary", "@-",
                        "-H", "Content-Type: application/json"]
        if isinstance(stdin, str):
            stdin = stdin.encode()
        done = subprocess.run(command, input=stdin, capture_output=True,
                              timeout=PATIENCE)
        text, _, status = done.stdout.decode().rpartition("\n")
        return int(status), text

    def get(self, path):
        """GET that has to succeed; the decoded answer."""
        status, text = self.curl(path)
        assert status == 200, text
        return json.loads(text)

    def post(self, path, body):
        """POST that has to succeed; the decoded answer."""
        status, text = self.curl(path, body)
        assert status in (200, 201), text
        return json.loads(text)

    def device(self, uid):
        """What the service says of a device, or None."""
        status, text = self.curl(f"/v1/devices/{uid}")
        return json.loads(text) if status == 200 else None


class Tenant(Account):
    """Another tenant, made by the operator: the first account."""

    def __init__(self, operator, folder, name, plan="Freedom"):
        self.service = operator.service
        self.credentials = pathlib.Path(folder) / f"{name}.credentials"
        made = operator.run("tenants", "create", name, "--plan", plan,
                            "--out", str(self.credentials))
        self.tenant = int(re.search(r"TenantID: +(\d+)", made)[1])
        self.token = self.run("token").strip()
        self.profile = self.run("profiles", "create", "thermometer").strip()


def make_devices(account, folder, count):
    """Secure production of virtual devices, imported: their state folders."""
    folder = pathlib.Path(folder)
    start = f"{random.Random(str(folder)).getrandbits(48):016X}"
    subprocess.run([program("holdfast-factory"), "--service",
                    str(account.service.data / "service.json"), "--count",
                    str(count), "--start", start, "--out", str(folder)],
                   check=True, capture_output=True, timeout=PATIENCE * 4)
    account.run("import", str(folder / "import.jsonl"))
    return sorted(path for path in folder.iterdir() if path.is_dir())


class Module:
    """One holdfast-module, driven over TCP as a host MCU would.

    seal is the profile that a new device is sealed with before it has the
    network: one that bootstraps first has a first root that is nobody's.
    """

    def __init__(self, state, coap, *options, model="sara-r5", wrapper=(),
                 seal=None, serial="SN-0001"):
        if seal:
            options = ("--register-ms", "0", *options, "--offline")
        self.state = pathlib.Path(state)
        self.log = open(self.state.parent / (self.state.name + ".log"), "ab")
        self.process = subprocess.Popen(
            [*wrapper, program("holdfast-module"), "--state", str(state),
             "--service", coap, "--model", model, "--tcp", "127.0.0.1:0",
             *options], stdout=subprocess.PIPE, stderr=self.log, text=True)
        STARTED.append(self.process)
        line = self.process.stdout.readline()
        assert line.startswith("ready"), line
        self.ready = dict(part.split("=", 1) for part in line.split()[1:])
        host, port = self.ready["tcp"].rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), PATIENCE)
        self.socket.settimeout(PATIENCE)
        self.command("ATE0")
        self.command("AT+CMEE=2")
        if seal:
            assert b"OK" in self.seal(seal, serial)
            assert b"OK" in self.command("AT+CFUN=1")

    def close(self):
        """Ends the program and the line to it."""
        self.socket.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.log.close()

    def kill(self):
        """kill -9 of the module's first process."""
        self.process.kill()
        self.process.wait()
        self.socket.close()

    def receive(self):
        """What has come, which is something: the module has not gone."""
        data = self.socket.recv(65536)
        assert data, "the module closed the line"
        return data

    def read(self, done, patience):
        """Reads until done says so of what has come."""
        got = b""
        deadline = time.monotonic() + (patience or PATIENCE)
        while not done(got):
            left = deadline - time.monotonic()
            assert left > 0, f"no end in {got!r}"
            readable, _, _ = select.select([self.socket], [], [], left)
            if readable:
                got += self.receive()
        return got

    def read_until(self, *ends, patience=None):
        """Reads until the answer ends with one of ends."""
        return self.read(lambda got: got.endswith(ends), patience)

    def final(self, *ends, patience=None):
        """Reads until a final result, or one of ends, ends the answer."""
        return self.read(lambda got: FINAL.search(got)
                         or ends and got.endswith(ends), patience)

    def command(self, text, data=None, patience=None):
        """Sends a command, and data at its prompt; the whole answer."""
        self.socket.sendall(text.encode() + b"\r")
        if data is not None:
            got = self.final(b">")
            if not got.endswith(b">"):
                return got
            self.socket.sendall(data)
        return self.final(patience=patience)

    def error(self, text):
        """Sends a command that has to fail; the error line."""
        self.socket.sendall(text.encode() + b"\r")
        got = self.final()
        assert not got.endswith(b"\r\nOK\r\n"), got
        return got.strip().decode()

    def info(self):
        """The numbers of AT+USECDEVINFO?, or None while it is an error."""
        self.socket.sendall(b"AT+USECDEVINFO?\r")
        match = re.search(rb"\+USECDEVINFO: (\d),(\d),(\d)", self.final())
        return tuple(map(int, match.groups())) if match else None

    def seal(self, profile, serial="SN-0001"):
        """Seals profile and serial."""
        return self.command(f'AT+USECDEVINFO="{profile}","{serial}"')

    def complete(self, patience=None):
        """Waits until the bootstrap is complete, its ticket too: a module
        that has it has nothing more to say by itself."""
        wait_until(lambda: self.info() == (1, 1, 1), "1,1,1", patience)
        wait_until((self.state / "rot" / "ticket").exists, "its ticket",
                   patience)
        return self

    def psk(self, length=16, name="USECPSK"):
        """(identity, psk) as upper-case hex."""
        got = self.command(f"AT+{name}={length}")
        match = re.search(
            rb'\+%s: "([0-9A-F]{28})","([0-9A-F]+)"' % name.encode(), got)
        assert match, got
        return match.group(1).decode(), match.group(2).decode()

    def encrypt(self, plaintext):
        """AT+USECE2EDATAENC; the message."""
        self.socket.sendall(b"AT+USECE2EDATAENC=%d\r" % len(plaintext))
        self.read_until(b">")
        self.socket.sendall(plaintext)
        got = b""
        head = None
        while True:
            got += self.receive()
            head = head or re.search(rb'\+USECE2EDATAENC: (\d+),"', got)
            if head and len(got) >= head.end() + int(head[1]) + 9:
                break
            assert b"ERROR" not in got or head, got
        message = got[head.end():head.end() + int(head[1])]
        assert got[head.end() + int(head[1]):] == b'"\r\n\r\nOK\r\n', got
        return message


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """A service that most tests share."""
    running = Service(tmp_path_factory.mktemp("service") / "data")
    yield running
    assert running.stop() == 0, running.logged()[-4000:]
    assert "ERROR: AddressSanitizer" not in running.logged()
    assert "runtime error:" not in running.logged()


@pytest.fixture(scope="session")
def account(service, tmp_path_factory):
    """The first account of the shared service."""
    return Account(service, tmp_path_factory.mktemp("account"))


@pytest.fixture
def new_service(tmp_path):
    """Makes services of a test's own: new_service(*options)."""
    made = []

    def make(*options):
        made.append(Service(tmp_path / f"data{len(made)}", *options))
        return made[-1]
    yield make
    for running in made:
        running.stop()


@pytest.fixture
def new_module(account, tmp_path):
    """Makes modules: new_module(*options, account=..., state=..., ...)."""
    made = []

    def make(*options, owner=account, state=None, **kwargs):
        if state is None:
            state, = make_devices(owner, tmp_path / f"made{len(made)}", 1)
        made.append(Module(state, owner.service.coap, *options, **kwargs))
        return made[-1]
    yield make
    for module in made:
        module.close()


@pytest.fixture(scope="session")
def module(account, tmp_path_factory):
    """A bootstrapped module that tests share which do not change it."""
    state, = make_devices(account, tmp_path_factory.mktemp("module") / "m", 1)
    running = Module(state, account.service.coap, seal=account.profile)
    yield running.complete()
    running.close()


@pytest.fixture
def rng(request):
    """Random numbers from a seed that is printed."""
    seed = os.environ.get("HOLDFAST_SEED", request.node.name)
    print(f"HOLDFAST_SEED={seed}")
    return random.Random(seed)


def listened_at(port):
    """Whether somebody listens at a TCP port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port(keep=True):
    """A TCP port that is given to nobody else: who sets SO_REUSEADDR may
    listen at it, and until somebody does a connection is refused. One that
    is not kept was free a moment ago."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port = held.getsockname()[1]
    if keep:
        HELD.append(held)
    else:
        held.close()
    return port
