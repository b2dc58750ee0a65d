"""The module alone: AT over every kind of line, without any service."""
import base64
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import time

import pytest
import serial

from conftest import (PATIENCE, SANITIZED, open_files, process_gone, program,
                      wait_until)

OK = b"\r\nOK\r\n"
# What memory may grow by under load; the sanitizers keep freed memory back.
GROWTH_KIB = 262144 if SANITIZED else 2048


def public_point():
    """The public half of a fresh P-256 key pair: 65 bytes."""
    pem = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
         "ec_paramgen_curve:P-256"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"],
                         input=pem, capture_output=True, check=True).stdout
    return der[-65:]


@pytest.fixture
def device(tmp_path):
    """The state of a device whose service nobody runs."""
    (tmp_path / "service.json").write_text(json.dumps({
        "ImportKey": base64.b64encode(public_point()).decode(),
        "Credentials": [{"Kid": 1, "PublicKey": base64.b64encode(
            public_point()).decode()}]}))
    subprocess.run([program("holdfast-factory"), "--service",
                    str(tmp_path / "service.json"), "--count", "1",
                    "--start", "0002000089282245", "--out",
                    str(tmp_path / "made")], check=True, timeout=PATIENCE)
    return tmp_path / "made" / "0002000089282245"


class Service:
    """A UDP port that hears and never answers."""

    def __init__(self, family=socket.AF_INET, host="127.0.0.1"):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(PATIENCE)
        self.port = self.socket.getsockname()[1]

    def quiet(self):
        """Whether no datagram is there."""
        return not select.select([self.socket], [], [], 0)[0]


@pytest.fixture
def service():
    port = Service()
    yield port
    port.socket.close()


@pytest.fixture
def start(device, service, tmp_path):
    """Starts modules: start(*options) gives the process, ready in .ready."""
    started = []

    def run(*options, state=device, stdin=subprocess.DEVNULL, uri=None):
        process = subprocess.Popen(
            [program("holdfast-module"), "--state", str(state), "--service",
             uri or f"coap://127.0.0.1:{service.port}", "--register-ms", "20",
             *options], stdin=stdin, stdout=subprocess.PIPE, bufsize=0)
        started.append(process)
        line = process.stdout.readline().decode()
        assert line.startswith("ready ") and line.endswith("\n"), line
        process.ready = dict(p.split("=", 1) for p in line.split()[1:])
        return process
    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


class Tcp:
    """A host on a TCP terminal."""

    def __init__(self, process):
        host, port = process.ready["tcp"].rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), PATIENCE)

    def send(self, data):
        self.socket.sendall(data)

    def read(self, count):
        got = b""
        while len(got) < count:
            data = self.socket.recv(count - len(got))
            assert data, got
            got += data
        return got

    def ask(self, line, answer):
        """Types a line; the answer is exactly this."""
        self.send(line + b"\r")
        got = self.read(len(answer))
        assert got == answer


class Pty(Tcp):
    """A host on a pseudo-terminal, as pyserial opens a serial port."""

    def __init__(self, path):
        self.port = serial.Serial(str(path), 115200, timeout=PATIENCE)

    def send(self, data):
        self.port.write(data)

    def read(self, count):
        return self.port.read(count)


def test_pty_as_a_serial_port(start, tmp_path):
    process = start("--pty", str(tmp_path / "tty"))
    assert process.ready["pty"] == str(tmp_path / "tty")
    assert process.ready["uid"] == "0002000089282245"
    host = Pty(tmp_path / "tty")
    host.ask(b"AT", b"AT\r" + OK)
    host.ask(b"ATE0", b"ATE0\r" + OK)
    host.ask(b"AT+USECROTUID",
             b'\r\n+USECROTUID: "0002000089282245"\r\n' + OK)
    host.ask(b"AT+NOSUCH", b"\r\nERROR\r\n")
    host.port.close()


def test_pty_is_transparent(start, tmp_path):
    """Every byte value passes both ways; no CR is turned into anything."""
    data = bytes(range(256)) * 64
    process = start("--pty", str(tmp_path / "tty"))
    host = Pty(tmp_path / "tty")
    host.ask(b"ATE0", b"ATE0\r" + OK)
    host.ask(b'AT+UDWNFILE="all",%d' % len(data), b">")
    host.send(data)
    assert host.read(len(OK)) == OK
    host.ask(b'AT+URDFILE="all"', b'\r\n+URDFILE: "all",%d,"' % len(data)
             + data + b'"\r\n' + OK)
    assert process.poll() is None
    host.port.close()


def holds(process, path):
    """Whether a process has this file open."""
    return os.path.realpath(path) in open_files(process.pid)


def test_pty_host_leaves_in_the_middle(start, tmp_path):
    """Half a line, a prompt: the next host finds a fresh line."""
    process = start("--pty", str(tmp_path / "tty"))
    for half in (b"AT+CMEE=2;+X", b'AT+UDWNFILE="a",100\r123', b'AT+X="'):
        host = Pty(tmp_path / "tty")
        host.send(b"ATE0\r" + half)
        host.read(len(OK))
        assert not holds(process, tmp_path / "tty")
        host.port.close()
        # Nobody has it: the module holds the slave for the next host.
        wait_until(lambda: holds(process, tmp_path / "tty"), "a free line")
        host = Pty(tmp_path / "tty")
        host.ask(b"AT", OK)  # echo stays off
        host.ask(b"AT+CMEE?", b"\r\n+CMEE: 0\r\n" + OK)
        host.ask(b"AT+ULSTFILE=0", b"\r\n+ULSTFILE: \r\n" + OK)
        host.port.close()


def test_pty_link(start, tmp_path):
    """An old link is replaced, a file is not; SIGTERM takes the link away."""
    link = tmp_path / "tty"
    link.symlink_to("/nowhere")
    process = start("--pty", str(link))
    assert os.readlink(link).startswith("/dev/pts/")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert not os.path.lexists(link)
    link.write_text("precious")
    done = subprocess.run(
        [program("holdfast-module"), "--state", str(tmp_path / "made" /
                                                    "0002000089282245"),
         "--pty", str(link)], capture_output=True, text=True,
        timeout=PATIENCE)
    assert done.returncode == 2
    assert "exists" in done.stderr
    assert link.read_text() == "precious"


def test_tcp_terminals_have_their_own_settings(start):
    process = start("--tcp", "127.0.0.1:0")
    one, two = Tcp(process), Tcp(process)
    one.ask(b"ATE0;+CMEE=2", b"ATE0;+CMEE=2\r" + OK)
    two.ask(b"AT+CMEE?", b"AT+CMEE?\r\r\n+CMEE: 0\r\n" + OK)
    one.ask(b"AT+CMEE?", b"\r\n+CMEE: 2\r\n" + OK)
    # One hangs in a prompt, and goes: the other does not notice.
    one.ask(b'AT+UDWNFILE="a",100', b">")
    two.ask(b"AT", b"AT\r" + OK)
    one.socket.close()
    two.ask(b"AT", b"AT\r" + OK)
    two.ask(b"AT+ULSTFILE=0", b"AT+ULSTFILE=0\r\r\n+ULSTFILE: \r\n" + OK)


def test_tcp_ipv6(start):
    process = start("--tcp", "[::1]:0")
    assert re.fullmatch(r"\[::1\]:\d+", process.ready["tcp"])
    port = int(process.ready["tcp"].rsplit(":", 1)[1])
    with socket.create_connection(("::1", port), PATIENCE) as host:
        host.sendall(b"AT\r")
        assert host.recv(100).startswith(b"AT\r")


def test_tcp_too_many(start):
    """The seventeenth terminal is turned away, the others go on."""
    process = start("--tcp", "127.0.0.1:0")
    hosts = [Tcp(process) for _ in range(16)]
    for host in hosts:
        host.ask(b"AT", b"AT\r" + OK)
    more = Tcp(process)
    assert more.socket.recv(1) == b""
    hosts[0].socket.close()

    def free():
        again = Tcp(process)
        again.send(b"AT\r")
        try:
            return again.socket.recv(1) == b"A"
        except ConnectionResetError:
            return False
    wait_until(free, "a free terminal")


def test_tcp_half_closed(start):
    """A host that sends all it has and then only listens gets its answers."""
    process = start("--tcp", "127.0.0.1:0")
    host = Tcp(process)
    host.send(b"ATE0\rAT+CMEE?\rAT+CMEE=1\rAT+CMEE?\r")
    host.socket.shutdown(socket.SHUT_WR)
    got = b""
    while data := host.socket.recv(4096):
        got += data
    assert got == (b"ATE0\r" + OK + b"\r\n+CMEE: 0\r\n" + OK + OK
                   + b"\r\n+CMEE: 1\r\n" + OK)


def test_stdin(start):
    """A pipe as the only terminal: its end is the end, after the answers."""
    process = start("--stdin", stdin=subprocess.PIPE)
    process.stdin.write(b"ATE0\nAT+CMEE?\r\nAT+CMEE=2\n\nAT+X\n")
    process.stdin.close()
    assert process.stdout.read() == (
        b"ATE0\n" + OK + b"\r\n+CMEE: 0\r\n" + OK + OK
        + b"\r\n+CME ERROR: unknown\r\n")
    assert process.wait(PATIENCE) == 0


def test_stdin_from_a_file(start, tmp_path):
    (tmp_path / "script").write_bytes(b"ATE0\r" + b"AT\r" * 5000)
    with open(tmp_path / "script", "rb") as script:
        process = start("--stdin", stdin=script)
        assert process.stdout.read() == b"ATE0\r" + OK * 5001
    assert process.wait(PATIENCE) == 0


def registered(host):
    """Asks, without an echo, until the module has found its network."""
    answer = b"\r\n+CEREG: 0,1\r\n" + OK
    got = b""
    while got != answer:
        host.send(b"AT+CEREG?\r")
        got = host.read(len(answer))
        assert got[:12] == answer[:12]


def test_all_at_once(start, tmp_path):
    process = start("--pty", str(tmp_path / "a"), "--pty",
                    str(tmp_path / "b"), "--tcp", "127.0.0.1:0", "--stdin",
                    stdin=subprocess.PIPE)
    hosts = [Pty(tmp_path / "a"), Pty(tmp_path / "b"), Tcp(process)]
    for host in hosts:
        host.ask(b"ATE0", b"ATE0\r" + OK)
        registered(host)  # or it would be told of that
        host.ask(b"AT+CEREG=1", OK)
    process.stdin.write(b"ATE0\r")
    assert process.stdout.read(11) == b"ATE0\r" + OK
    process.stdin.write(b"AT+CFUN=4\r")
    assert process.stdout.read(6) == OK
    for host in hosts:  # all are told what one did
        assert host.read(13) == b"\r\n+CEREG: 0\r\n"
    process.stdin.close()
    hosts[0].ask(b"AT", OK)  # standard input's end is not the module's
    hosts[0].ask(b"AT+CPWROFF", OK)
    assert process.wait(PATIENCE) == 0
    assert not os.path.lexists(tmp_path / "b")


def test_long_lines(start):
    """64 KiB without and with quotes: one error each, nothing else lost."""
    host = Tcp(start("--tcp", "127.0.0.1:0"))
    host.ask(b"ATE0;+CMEE=2", b"ATE0;+CMEE=2\r" + OK)
    for line in (b"AT+CMEE=" + b"1" * 65536, b'AT+X="' + b"x" * 65536 + b'"',
                 b'AT+X="' + b"x" * 65536 + b'\rAT+CMEE=0\r",1',
                 b"A" * 65536, b"\xff" * 65536):
        host.ask(line, b"\r\n+CME ERROR: Command line too long\r\n")
        host.ask(b"AT+CMEE?", b"\r\n+CMEE: 2\r\n" + OK)


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+)", status).group(1))


def test_garbage(start, rng):
    """Random bytes: the module stays, does not grow, and answers after."""
    process = start("--tcp", "127.0.0.1:0")

    def round_of(count):
        host = Tcp(process)
        for _ in range(count):
            host.send(bytes(rng.choice(b'\r\n";,=?+AT0\0\x1b\xfe')
                            for _ in range(200)))
            while select.select([host.socket], [], [], 0)[0]:
                assert host.socket.recv(65536)
        host.socket.close()
        last = Tcp(process)
        last.ask(b"AT", b"AT\r" + OK)
        last.socket.close()
    round_of(200)
    before = resident_kib(process.pid)
    round_of(1000)
    assert resident_kib(process.pid) < before + GROWTH_KIB
    assert process.poll() is None


def test_host_that_never_reads(start):
    """It fills its own pipe; the module does not grow, others are served."""
    process = start("--tcp", "127.0.0.1:0")
    deaf, other = Tcp(process), Tcp(process)
    before = resident_kib(process.pid)
    deaf.socket.setblocking(False)
    sent = 0
    end = time.monotonic() + 1
    while time.monotonic() < end and sent < 1 << 24:
        try:
            sent += deaf.socket.send(b"ATI\r" * 1000)
        except BlockingIOError:
            other.ask(b"AT", b"AT\r" + OK)
    assert resident_kib(process.pid) < before + GROWTH_KIB
    other.ask(b"AT", b"AT\r" + OK)


def test_prompt_runs_out_of_time(start):
    host = Tcp(start("--tcp", "127.0.0.1:0", "--idle-s", "1"))
    host.ask(b"ATE0;+CMEE=1", b"ATE0;+CMEE=1\r" + OK)
    # At once: what comes later than the time would be a line of its own.
    host.send(b'AT+UDWNFILE="a",10\r12345')
    assert host.read(21) == b">\r\n+CME ERROR: 1649\r\n"
    host.ask(b'AT+USECMNG=0,0,"a",10', b">")
    assert host.read(20) == b"\r\n+CME ERROR: 1910\r\n"
    host.ask(b'AT+URDFILE="a"', b"\r\n+CME ERROR: 1612\r\n")


def test_files_outlive_the_program(start):
    process = start("--tcp", "127.0.0.1:0")
    host = Tcp(process)
    host.ask(b"ATE0", b"ATE0\r" + OK)
    host.ask(b'AT+UDWNFILE="kept",5', b">")
    host.send(b"HELLO")
    assert host.read(len(OK)) == OK
    process.kill()
    process.wait()
    host = Tcp(start("--tcp", "127.0.0.1:0"))
    host.ask(b"ATE0", b"ATE0\r" + OK)
    host.ask(b'AT+URDFILE="kept"', b'\r\n+URDFILE: "kept",5,"HELLO"\r\n' + OK)
    host.ask(b'AT+UDELFILE="kept"', OK)


def test_large_file(start):
    """16 MiB less one byte in, and out again; one byte more has no room."""
    size = (1 << 24) - 1
    data = os.urandom(1 << 16) * 256
    host = Tcp(start("--tcp", "127.0.0.1:0"))
    host.ask(b"ATE0;+CMEE=1", b"ATE0;+CMEE=1\r" + OK)
    host.ask(b'AT+UDWNFILE="a",%d' % (size + 1), b"\r\n+CME ERROR: 1637\r\n")
    host.ask(b'AT+UDWNFILE="a",%d' % size, b">")
    host.send(data[:size])
    assert host.read(len(OK)) == OK
    host.ask(b'AT+UDWNFILE="a",1', b">")
    host.send(b"x")
    assert host.read(20) == b"\r\n+CME ERROR: 1637\r\n"
    host.send(b'AT+URDFILE="a"\r')
    head = b'\r\n+URDFILE: "a",%d,"' % size
    got = host.read(len(head) + size + 3 + len(OK))
    assert got == head + data[:size] + b'"\r\n' + OK


def test_seal_once(start):
    """Survives kill -9; a second sealing is OK and changes nothing."""
    profile = b"ZqHcyMcPQ3aZDZ8gGEQW2A"
    process = start("--tcp", "127.0.0.1:0", "--offline")
    host = Tcp(process)
    host.ask(b"ATE0;+CMEE=1", b"ATE0;+CMEE=1\r" + OK)
    for bad in (b'"short","1"', b'"%s",""' % profile,
                b'"%s","12345678901234567"' % profile,
                b'"AAAAAAAAAAAAAAAAAAAAAA","1"'):
        host.ask(b"AT+USECDEVINFO=" + bad, b"\r\n+CME ERROR: 50\r\n")
    host.ask(b'AT+USECDEVINFO="%s","SN-1"' % profile, OK)
    process.kill()
    process.wait()
    host = Tcp(start("--tcp", "127.0.0.1:0", "--offline"))
    host.ask(b"ATE0", b"ATE0\r" + OK)
    host.ask(b'AT+USECDEVINFO="%s", "SN-2"' % profile, OK)
    host.ask(b"AT+USECDEVINFO?", b"\r\n+USECDEVINFO: 0,0,0\r\n" + OK)


def test_before_bootstrap(start):
    """Nothing that needs a service works yet, and each says so."""
    host = Tcp(start("--tcp", "127.0.0.1:0", "--register-ms", "0"))
    host.ask(b"ATE0;+CMEE=2", b"ATE0;+CMEE=2\r" + OK)
    not_yet = b"\r\n+CME ERROR: SEC ROT not personalized\r\n"
    host.ask(b"AT+USECPSK=16", not_yet)
    host.ask(b"AT+USECPK=32", not_yet)
    host.ask(b"AT+USECCONN", not_yet)
    host.ask(b"AT+USECE2EDATAENC=5", not_yet)
    host.ask(b'AT+USECOPCMD="e2e_enc"',
             b'\r\n+USECOPCMD: "e2e_enc",0\r\n' + OK)
    host.ask(b'AT+USECOPCMD="e2e_enc",1', OK)
    host.ask(b"AT+CFUN=4", OK)
    host.ask(b"AT+USECCONN",
             b"\r\n+CME ERROR: No connection to phone\r\n")


def info(host):
    """The answer to AT+USECDEVINFO?, echo off."""
    host.send(b"AT+USECDEVINFO?\r")
    got = b""
    while not got.endswith((OK, b"ERROR\r\n")):
        got += host.read(1)
    return got


def test_service_not_reachable(start):
    """0,0,0 after a moment, on both models; the SARA-R4 blocks until then."""
    unreachable = b"\r\n+USECDEVINFO: 0,0,0\r\n" + OK
    host = Tcp(start("--tcp", "127.0.0.1:0", "--model", "sara-r4"))
    host.ask(b"ATE0", b"ATE0\r" + OK)
    assert info(host) == unreachable


def test_r5_says_that_it_is_busy(start, service):
    """An error while the bootstrap is under way, 0,0,0 when it is not."""
    host = Tcp(start("--tcp", "127.0.0.1:0"))
    host.ask(b"ATE0", b"ATE0\r" + OK)
    service.socket.recv(2000)  # message_1 is out
    assert info(host) == b"\r\nERROR\r\n"
    wait_until(lambda: info(host) ==
               b"\r\n+USECDEVINFO: 0,0,0\r\n" + OK, "0,0,0")


def test_network_off_is_off(start, service):
    """A datagram goes out by itself with the network, none without."""
    host = Tcp(start("--tcp", "127.0.0.1:0", "--offline"))
    host.ask(b"ATE0", b"ATE0\r" + OK)
    host.ask(b"AT+CEREG=4", OK)
    host.ask(b"AT+CEREG?", b"\r\n+CEREG: 4,0\r\n" + OK)
    host.ask(b"AT+CFUN?", b"\r\n+CFUN: 0,0\r\n" + OK)
    assert service.quiet()
    host.ask(b"AT+CFUN=1", OK)
    urcs = (b"\r\n+CEREG: 2\r\n"
            b'\r\n+CEREG: 1,"1A2B","01A2B3C4",7\r\n')
    assert host.read(len(urcs)) == urcs
    datagram, _ = service.socket.recvfrom(2000)
    assert datagram[0] >> 6 == 1 and datagram[1] == 2  # CoAP 1, POST
    host.ask(b"AT+CFUN=0", OK + b"\r\n+CEREG: 0\r\n")


@pytest.mark.parametrize("family, host, uri", [
    (socket.AF_INET, "127.0.0.1", "coap://127.0.0.1:%d"),
    (socket.AF_INET, "127.0.0.1", "coap://localhost:%d/"),
    (socket.AF_INET6, "::1", "coap://[::1]:%d"),
])
def test_service_address(start, family, host, uri):
    port = Service(family, host)
    start("--tcp", "127.0.0.1:0", uri=uri % port.port)
    if "localhost" in uri and \
            socket.getaddrinfo("localhost", 1)[0][0] != family:
        pytest.skip("localhost is IPv6 first here")
    assert port.socket.recv(2000)
    port.socket.close()


def test_reset(start, service):
    """+CFUN=15: OK, then everything anew: settings, network, bootstrap."""
    process = start("--tcp", "127.0.0.1:0")
    one, two = Tcp(process), Tcp(process)
    one.ask(b"ATE0;+CMEE=2", b"ATE0;+CMEE=2\r" + OK)
    two.ask(b'AT+UDWNFILE="a",5', b'AT+UDWNFILE="a",5\r>')
    service.socket.recv(2000)
    one.ask(b"AT+CFUN=15", OK)
    one.ask(b"AT+CMEE?", b"AT+CMEE?\r\r\n+CMEE: 0\r\n" + OK)
    assert two.read(9) == b"\r\nERROR\r\n"
    two.ask(b"AT", b"AT\r" + OK)
    service.socket.recv(2000)


def tee_of(process):
    """The pid of a module's TEE."""
    task = f"/proc/{process.pid}/task/{process.pid}/children"
    pid, = pathlib.Path(task).read_text().split()
    assert pathlib.Path(f"/proc/{pid}/comm").read_text() == "holdfast-tee\n"
    return int(pid)


def test_tee_is_locked_up(start):
    """No network, no new powers, no dump; and it goes with the front end."""
    process = start("--tcp", "127.0.0.1:0")
    tee = tee_of(process)
    status = pathlib.Path(f"/proc/{tee}/status").read_text()
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    if not SANITIZED:  # which make mlock do nothing
        assert int(re.search(r"VmLck:\s*(\d+)", status).group(1)) > 0
    assert re.search(r"Max core file size +0 +0 ",
                     pathlib.Path(f"/proc/{tee}/limits").read_text())
    inodes = set()
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        lines = pathlib.Path(f"/proc/{tee}/net/{table}").read_text()
        inodes |= {line.split()[9] for line in lines.splitlines()[1:]}
    held = open_files(tee)
    assert not set(held) & {f"socket:[{inode}]" for inode in inodes}
    assert sum(name.startswith("socket:") for name in held) == 1
    process.kill()
    wait_until(lambda: process_gone(tee), "the TEE's end")


def test_front_end_holds_no_key_file(start):
    process = start("--tcp", "127.0.0.1:0")
    host = Tcp(process)
    host.ask(b"AT", b"AT\r" + OK)
    assert not [link for link in open_files(process.pid) if "/rot" in link]


def test_dead_tee_is_the_end(start):
    process = start("--tcp", "127.0.0.1:0")
    os.kill(tee_of(process), signal.SIGKILL)
    assert process.wait(PATIENCE) == 2


def run_module(*options):
    return subprocess.run([program("holdfast-module"), *options],
                          capture_output=True, text=True, timeout=PATIENCE)


def test_one_state_one_module(start, device):
    start("--tcp", "127.0.0.1:0")
    second = run_module("--state", str(device), "--stdin")
    assert second.returncode == 2
    assert "another module" in second.stderr


def test_command_line(tmp_path):
    helped = run_module("--help")
    assert helped.returncode == 0
    for option in ("--model", "--state", "--service", "--pty", "--tcp",
                   "--stdin", "--offline", "--version"):
        assert option in helped.stdout
    version = run_module("--version")
    assert re.fullmatch(r"holdfast-module \d+\.\d+\.\d+\n", version.stdout)
    for options in ([], ["--state", "x"], ["--stdin"],
                    ["--state", "x", "--stdin", "--model", "sara-u2"],
                    ["--state", "x", "--stdin", "more"],
                    ["--state", "x", "--stdin", "--idle-s", "0"],
                    ["--state", "x", "--stdin", "--idle-s", "1x"],
                    ["--nosuch"]):
        done = run_module(*options)
        assert done.returncode == 1, options
        assert done.stderr and not done.stdout


def test_bad_state_and_service(device, tmp_path):
    done = run_module("--state", str(tmp_path / "none"), "--stdin")
    assert done.returncode == 2
    assert "holdfast-factory" in done.stderr
    for uri in ("http://127.0.0.1", "coap://", "coap://a:b"):
        done = run_module("--state", str(device), "--stdin", "--service", uri)
        assert done.returncode == 2
        assert "coap://HOST" in done.stderr
    done = run_module("--state", str(device), "--tcp", "192.0.2.1:1")
    assert done.returncode == 2
    assert "192.0.2.1:1" in done.stderr
    for slot in (device / "rot").glob("slot*"):
        slot.write_bytes(os.urandom(slot.stat().st_size))
    done = run_module("--state", str(device), "--stdin")
    assert done.returncode == 2
    assert "cannot be used" in done.stderr
