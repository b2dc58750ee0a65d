"""Sockets of a module against real peers: plain, TLS and DTLS.

The host is python3-serial on a pseudo-terminal, as an MCU on its wire; the
peers are openssl s_server and sockets of Python's.
"""
import base64
import contextlib
import json
import re
import socket
import ssl
import subprocess
import threading

import pytest
import serial

from conftest import (PATIENCE, Module, free_port, make_devices, program,
                      wait_until)
from test_c2c import Host
from test_module_security import openssl, store
from test_psk import get_psk, listening

OK = b"\r\nOK\r\n"
FINAL = re.compile(rb"\r\n(OK|ERROR|\+CME ERROR: [^\r]*)\r\n")
HELLO = b"hello from the device\n"
TURNED = b"ecived eht morf olleh\n"
TCP_CLOSE = b"\7"  # the first byte of TCP_INFO


class Wire:
    """A host at a pseudo-terminal: commands, prompts, and what comes by itself."""

    def __init__(self, path):
        self.line = serial.Serial(path, 115200, timeout=0.05)
        self.got = b""
        assert self.ask("ATE0").endswith(OK)
        assert self.ask("AT+CMEE=2").endswith(OK)

    def close(self):
        self.line.close()

    def pull(self, condition, what):
        """Reads until the condition holds of what has come."""
        def look():
            self.got += self.line.read(4096)
            return condition(self.got)
        return wait_until(look, f"{what} in {self.got[-300:]!r}")

    def take(self, end):
        part, self.got = self.got[:end], self.got[end:]
        return part

    def ask(self, text, data=None, prompt=b">"):
        """A command, and data at its prompt; what came until its end."""
        self.line.write(text.encode() + b"\r")
        if data is not None:
            self.pull(lambda got: got.endswith(prompt) or FINAL.search(got),
                      prompt)
            assert self.got.endswith(prompt), self.got
            self.got = self.got[:-1]
            self.line.write(data)
        found = self.pull(FINAL.search, f"an end of {text}")
        return self.take(found.end())

    def good(self, text, *args, **kwargs):
        got = self.ask(text, *args, **kwargs)
        assert got.endswith(OK), (text, got)
        return got

    def error(self, text):
        got = self.ask(text)
        found = re.search(rb"\+CME ERROR: ([^\r]*)\r\n$", got)
        assert found, (text, got)
        return found[1].decode()

    def urc(self, pattern):
        """Waits for a result code; its match."""
        found = self.pull(re.compile(rb"\r\n" + pattern + rb"\r\n").search,
                          pattern)
        self.got = self.got[:found.start()] + self.got[found.end():]
        return found

    def create(self, protocol=6, *options):
        got = self.good(f"AT+USOCR={protocol}" +
                        "".join(f",{o}" for o in options))
        return int(re.search(rb"\+USOCR: (\d)", got)[1])

    def write(self, number, data):
        got = self.good(f"AT+USOWR={number},{len(data)}", data, b"@")
        assert f"+USOWR: {number},{len(data)}".encode() in got, got

    def read(self, number, size=1024, command="USORD"):
        """What +USORD gives, whatever bytes it has."""
        self.line.write(f"AT+{command}={number},{size}\r".encode())
        head = self.pull(re.compile(
            rb'\r\n\+%s: \d,(?:"([^"]*)",(\d+),)?(\d+),"' % command.encode()
        ).search, command)
        end = head.end() + int(head[3])
        self.pull(lambda got: got[end:].startswith(b'"\r\n' + OK), "its end")
        data = self.got[head.end():end]
        self.got = self.got[:head.start()] + self.got[end + 3 + len(OK):]
        if command == "USORF":
            return data, (head[1].decode(), int(head[2]))
        return data

    def receive(self, number, length):
        """Reads until so many bytes have come."""
        data = b""
        while len(data) < length:
            data += self.read(number)
            if len(data) < length:
                self.urc(rb"\+UUSORD: %d,\d+" % number)
        return data


@pytest.fixture(scope="module")
def wired(account, tmp_path_factory):
    """A claimed module with two pseudo-terminals, bootstrapped."""
    folder = tmp_path_factory.mktemp("wired")
    state, = make_devices(account, folder / "made", 1)
    running = Module(state, account.service.coap, "--verbose",
                     "--pty", str(folder / "a"), "--pty", str(folder / "b"),
                     seal=account.profile)
    running.path = folder
    yield running.complete()
    running.close()


@pytest.fixture
def wire(wired):
    """The first terminal, with no socket open."""
    host = Wire(str(wired.path / "a"))
    yield host
    for number in range(8):
        host.ask(f"AT+USOCL={number}")
    for number in range(5):
        host.good(f"AT+USECPRF={number}")
    host.close()


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """Two CAs; of the first a server's certificate, one that has ended, and a
    client's."""
    folder = tmp_path_factory.mktemp("pki")

    def key(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", str(folder / f"{name}.key")]
    for ca in ("ca", "other"):
        openssl("req", "-x509", *key(ca), "-out", str(folder / f"{ca}.pem"),
                "-subj", f"/CN=Example {ca}", "-days", "30")
    for name, days in (("server", "30"), ("ended", "-1"), ("client", "30")):
        openssl("req", *key(name), "-out", str(folder / f"{name}.csr"),
                "-subj", f"/CN={name}", "-addext",
                "subjectAltName=DNS:server.example.com,DNS:localhost")
        if days == "-1":
            # openssl 3.0's x509 cannot date back, its ca can.
            (folder / "index").write_text("")
            (folder / "ca.cnf").write_text(
                "[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\n"
                "default_md=sha256\npolicy=p\nrand_serial=yes\n"
                "copy_extensions=copy\n[p]\ncommonName=supplied\n"
                % (folder, folder))
            openssl("ca", "-batch", "-config", str(folder / "ca.cnf"),
                    "-cert", str(folder / "ca.pem"), "-keyfile",
                    str(folder / "ca.key"), "-in", str(folder / "ended.csr"),
                    "-out", str(folder / "ended.pem"), "-startdate",
                    "20200101000000Z", "-enddate", "20200201000000Z",
                    "-notext")
            continue
        openssl("x509", "-req", "-in", str(folder / f"{name}.csr"), "-CA",
                str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"),
                "-out", str(folder / f"{name}.pem"), "-copy_extensions",
                "copy", "-days", days)
    return folder


def udp_bound(port):
    """Whether a UDP socket has the port, by the kernel's table."""
    table = open("/proc/net/udp").read() + open("/proc/net/udp6").read()
    return f":{port:04X} " in table


@pytest.fixture
def s_server(tmp_path):
    """openssl s_server that turns lines round, by default."""
    running = []

    def start(*options, datagram=False):
        port = free_port()
        log = open(tmp_path / f"s_server{len(running)}.log", "wb")
        process = subprocess.Popen(
            ["stdbuf", "-oL", "openssl", "s_server", "-accept", str(port),
             *([] if datagram else ["-rev"]), *options],
            stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
        running.append((process, log))
        process.log = log.name
        wait_until(lambda: (udp_bound if datagram else listening)(port),
                   "s_server")
        process.port, process.datagram = port, datagram
        return process
    yield start
    for process, log in running:
        process.kill()
        process.communicate()
        log.close()


@contextlib.contextmanager
def listener():
    """A TCP listener of Python's."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(PATIENCE)
        yield made, made.getsockname()[1]


def talks(wire, number, server):
    """Both ways over a socket, which is closed then: s_server serves one."""
    wire.write(number, HELLO)
    if server.datagram:  # s_server turns nothing round over DTLS
        wait_until(lambda: HELLO in open(server.log, "rb").read(), "hello")
        server.stdin.write(TURNED)
        server.stdin.flush()
    good = wire.receive(number, len(TURNED)) == TURNED
    wire.good(f"AT+USOCL={number}")
    return good


# --- plain sockets ---

def test_tcp(wire):
    with listener() as (server, port):
        number = wire.create()
        wire.good(f'AT+USOCO={number},"127.0.0.1",{port}')
        peer, _ = server.accept()
        every = bytes(range(256)) * 4
        wire.write(number, every)
        assert peer.recv(1024, socket.MSG_WAITALL) == every
        peer.sendall(every)
        wire.urc(rb"\+UUSORD: %d,\d+" % number)
        assert wire.receive(number, 1024) == every
        assert b'+USORD: 0,0\r\n' in wire.good(f"AT+USORD={number},0")
        assert f'+USOCTL: {number},4,"127.0.0.1",{port}'.encode() in \
            wire.good(f"AT+USOCTL={number},4")
        assert b",2,1024\r\n" in wire.good(f"AT+USOCTL={number},2")
        assert b",3,1024\r\n" in wire.good(f"AT+USOCTL={number},3")
        assert b",10,4\r\n" in wire.good(f"AT+USOCTL={number},10")
        # What the peer said last may be read; then the socket is gone.
        peer.sendall(b"bye")
        peer.close()
        wire.urc(rb"\+UUSORD: %d,3" % number)
        assert wire.read(number) == b"bye"
        wire.urc(rb"\+UUSOCL: %d" % number)
        assert wire.error(f"AT+USORD={number},1") == "operation not allowed"


@pytest.mark.slow
def test_a_host_that_never_reads(wire):
    """The peer is held back; nothing is lost once it reads."""
    with listener() as (server, port):
        number = wire.create()
        wire.good(f'AT+USOCO={number},"127.0.0.1",{port}')
        peer, _ = server.accept()
        sent = bytes(range(251)) * 200000  # more than any kernel's buffers

        def feed():
            with contextlib.suppress(OSError):
                peer.sendall(sent)
        feeder = threading.Thread(target=feed)
        feeder.start()
        wire.urc(rb"\+UUSORD: %d,\d+" % number)
        wait_until(lambda: b",16384\r\n" in
                   wire.good(f"AT+USORD={number},0"), "a full buffer")
        assert feeder.is_alive()
        got = b""
        while len(got) < 200000:
            got += wire.read(number)
        assert got == sent[:len(got)]
        wire.good(f"AT+USOCL={number}")
        with contextlib.suppress(OSError):
            peer.shutdown(socket.SHUT_RDWR)
        peer.close()
        feeder.join()


def test_quoted_and_hex(wire):
    with listener() as (server, port):
        number = wire.create()
        wire.good(f'AT+USOCO={number},"localhost",{port}')
        peer, _ = server.accept()
        assert b"+USOWR: 0,5" in wire.good(f'AT+USOWR={number},5,"HELLO"')
        wire.good("AT+UDCONF=1,1")
        assert b"+UDCONF: 1,1" in wire.good("AT+UDCONF=1")
        wire.good(f'AT+USOWR={number},3,"00fF0A"')
        wire_got = b""
        while len(wire_got) < 8:
            wire_got += peer.recv(100)
        assert wire_got == b"HELLO\x00\xff\n"
        peer.sendall(b"\x00\"\r\n")
        wire.urc(rb"\+UUSORD: %d,4" % number)
        assert b'+USORD: 0,4,"00220D0A"\r\n' in \
            wire.good(f"AT+USORD={number},4")
        for bad in ('4,"00fF0A"', '3,"00fF0"', '3,"00fFzz"', "0", "1025",
                    '3,"00fF0A",1'):
            assert wire.error(f"AT+USOWR={number},{bad}") == \
                "Incorrect parameters"
        wire.good("AT+UDCONF=1,0")


def test_asynchronous(wire):
    with listener() as (server, port):
        number = wire.create()
        wire.good(f'AT+USOCO={number},"127.0.0.1",{port},1')
        wire.urc(rb"\+UUSOCO: %d,0" % number)
        server.accept()[0].close()
        wire.urc(rb"\+UUSOCL: %d" % number)
        number = wire.create()
        wire.good(f'AT+USOCO={number},"127.0.0.1",{free_port()},1')
        wire.urc(rb"\+UUSOCO: %d,111" % number)
        assert b"+USOER: 111\r\n" in wire.good("AT+USOER")
        wire.good(f"AT+USOCL={number},1")
        wire.urc(rb"\+UUSOCL: %d" % number)


def test_refused_and_unknown(wire):
    number = wire.create()
    assert wire.error(f'AT+USOCO={number},"127.0.0.1",{free_port()}') == \
        "operation not allowed"
    assert b"+USOER: 111\r\n" in wire.good("AT+USOER")
    assert wire.error(f'AT+USOCO={number},"no-such-name.invalid",1') == \
        "not found"
    assert wire.error(f"AT+USOWR={number},5") == "operation not allowed"


def test_eight_at_once(wire):
    with listener() as (server, port):
        numbers = [wire.create() for _ in range(8)]
        assert numbers == list(range(8))
        assert wire.error("AT+USOCR=6") == "operation not allowed"
        peers = []
        for number in numbers:
            wire.good(f'AT+USOCO={number},"127.0.0.1",{port}')
            peers.append(server.accept()[0])
        for number, peer in zip(numbers, peers):
            wire.write(number, b"to %d" % number)
            assert peer.recv(100) == b"to %d" % number
        for number, peer in reversed(list(zip(numbers, peers))):
            peer.sendall(b"from %d" % number)
        for number in numbers:
            wire.urc(rb"\+UUSORD: %d,6" % number)
            assert wire.read(number) == b"from %d" % number
        for peer in peers:
            peer.close()
        for number in numbers:
            wire.urc(rb"\+UUSOCL: %d" % number)


def test_udp(wire):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(PATIENCE)
        port = peer.getsockname()[1]
        number = wire.create(17)
        wire.good(f'AT+USOST={number},"127.0.0.1",{port},5', b"HELLO", b"@")
        data, address = peer.recvfrom(2000)
        assert data == b"HELLO"
        peer.sendto(b"one", address)
        peer.sendto(b"second", address)
        wire.urc(rb"\+UUSORF: %d,\d+" % number)
        assert wire.read(number, command="USORF") == \
            (b"one", ("127.0.0.1", port))
        assert wire.read(number, 3, "USORF")[0] == b"sec"
        assert wire.read(number, 9, "USORF")[0] == b"ond"
        # Many that nobody reads: some are lost, none is cut or mixed.
        for i in range(200):
            peer.sendto(b"%03d" % i * 100, address)
        wire.urc(rb"\+UUSORF: %d,\d+" % number)
        assert int(re.search(rb"\+USORF: \d,(\d+)", wire.good(
            f"AT+USORF={number},0"))[1]) <= 16384
        data, _ = wire.read(number, command="USORF")
        assert len(data) == 300 and data == data[:3] * 100
        assert wire.error(f'AT+USOST={number},"localhost",{port},1,"x"') == \
            "Incorrect parameters"
        # With a peer.
        other = wire.create(17)
        wire.good(f'AT+USOCO={other},"127.0.0.1",{port}')
        wire.write(other, b"connected")
        data, address = peer.recvfrom(2000)
        peer.sendto(b"answer", address)
        wire.urc(rb"\+UUSORD: %d,6" % other)
        assert wire.read(other, command="USORF") == \
            (b"answer", ("127.0.0.1", port))


def test_listen(wire):
    port = free_port()
    number = wire.create()
    wire.good(f"AT+USOSO={number},65535,4,1")
    wire.good(f"AT+USOLI={number},{port}")
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as peer:
        here, there = peer.getsockname()[1], peer.getpeername()[1]
        found = wire.urc(rb'\+UUSOLI: (\d),"127.0.0.1",%d,%d,"127.0.0.1",%d'
                         % (here, number, there))
        child = int(found[1])
        peer.sendall(b"knock")
        wire.urc(rb"\+UUSORD: %d,5" % child)
        assert wire.read(child) == b"knock"
        wire.write(child, b"come in")
        assert peer.recv(100) == b"come in"
    wire.urc(rb"\+UUSOCL: %d" % child)
    wire.good(f"AT+USOCL={number}")


def test_options(wire):
    number = wire.create()
    for level, name, value in ((0, 1, 16), (0, 2, 33), (6, 1, 1),
                               (6, 2, 30000), (65535, 8, 1)):
        wire.good(f"AT+USOSO={number},{level},{name},{value}")
        assert f"+USOGO: {value}\r\n".encode() in \
            wire.good(f"AT+USOGO={number},{level},{name}")
    with listener() as (server, port):
        wire.good(f'AT+USOCO={number},"127.0.0.1",{port}')
        peer, _ = server.accept()
        assert b"+USOGO: 33\r\n" in wire.good(f"AT+USOGO={number},0,2")
        assert b"+USOGO: 30000\r\n" in wire.good(f"AT+USOGO={number},6,2")
        peer.close()
    other = wire.create(17)
    assert wire.error(f"AT+USOSO={other},6,1,1") == "operation not supported"
    assert wire.error(f"AT+USOSO={other},0,2,256") == "Incorrect parameters"


def test_linger(wired):
    """What waits when a socket closes: dropped, or sent all the same."""
    def good(line):
        got = wired.command(line)
        assert got.endswith(OK), (line, got)
        return got
    good("AT+USOCR=6")
    assert b"+USOGO: 0,0\r\n" in good("AT+USOGO=0,65535,128")
    for bad in ("", ",2", ",1,32768", ",1,1,1"):
        assert wired.error(f"AT+USOSO=0,65535,128{bad}") == \
            "+CME ERROR: Incorrect parameters"
    good("AT+USOCL=0")
    good("AT+USOCR=17")
    assert wired.error("AT+USOSO=0,65535,128,1,0") == \
        "+CME ERROR: operation not supported"
    good("AT+USOCL=0")
    for options, whole in (("0", True), ("1,0", False), ("1,500", False)):
        with listener() as (server, port):
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            good("AT+USOCR=6")
            good(f"AT+USOSO=0,65535,128,{options}")
            assert f"+USOGO: {options}".encode() in \
                good("AT+USOGO=0,65535,128")
            good(f'AT+USOCO=0,"127.0.0.1",{port}')
            peer, _ = server.accept()
            write, sent = f'AT+USOWR=0,1024,"{"x" * 1024}"', 0
            while b"+USOWR: 0,1024\r\n" in good(write):
                sent += 1024
            good("AT+USOCL=0")
            if options == "1,500":  # the kernel hears of the end, unread
                wait_until(lambda: peer.getsockopt(
                    socket.IPPROTO_TCP, socket.TCP_INFO, 1) == TCP_CLOSE,
                    "the end of the wait")
            got = 0
            peer.settimeout(PATIENCE)
            try:
                while data := peer.recv(65536):
                    got += len(data)
            except ConnectionResetError:
                assert not whole
            assert (got == sent) == whole
            peer.close()


def test_names(wire):
    assert b'+UDNSRN: "127.0.0.1"\r\n' in wire.good('AT+UDNSRN=0,"127.0.0.1"')
    assert b'+UDNSRN: "' in wire.good('AT+UDNSRN=0,"localhost"')
    assert b'+UDNSRN: "localhost"' in wire.good('AT+UDNSRN=1,"127.0.0.1"')
    wire.good('AT+UDNSRN=0,"127.0.0.1",1')
    wire.urc(rb'\+UUDNSRN: "127.0.0.1"')
    assert wire.error('AT+UDNSRN=0,"no-such-name.invalid"') == "not found"
    assert wire.error('AT+UDNSRN=1,"localhost"') == "Incorrect parameters"


def test_another_terminal_has_no_part_in_it(wired, wire):
    other = Wire(str(wired.path / "b"))
    with listener() as (server, port):
        number = wire.create()
        wire.good(f'AT+USOCO={number},"127.0.0.1",{port}')
        peer, _ = server.accept()
        peer.sendall(b"secret")
        wire.urc(rb"\+UUSORD: %d,6" % number)
        for line in (f"USORD={number},6", f"USOWR={number},1",
                     f"USOCL={number}", f"USOCTL={number},0"):
            assert other.error(f"AT+{line}") == "operation not allowed"
        assert b"UUSO" not in other.got
        mine = other.create()
        assert mine != number
        other.good(f"AT+USOCL={mine}")
        peer.close()
    other.close()


def test_without_the_network(new_module, tmp_path):
    module = new_module("--offline", "--pty", str(tmp_path / "p"))
    host = Wire(str(tmp_path / "p"))
    for line in ("USOCR=6", "USOCR=17", 'UDNSRN=0,"localhost"'):
        assert host.error(f"AT+{line}") == "No connection to phone"
    host.good("AT+CFUN=1")
    wait_until(lambda: b",1" in host.ask("AT+CEREG?"), "registration")
    with listener() as (server, port):
        number = host.create()
        host.good(f'AT+USOCO={number},"127.0.0.1",{port}')
        idle = host.create(17)
        peer, _ = server.accept()
        peer.settimeout(PATIENCE)
        host.good("AT+CFUN=0")
        host.urc(rb"\+UUSOCL: %d" % number)
        host.urc(rb"\+UUSOCL: %d" % idle)
        assert peer.recv(10) == b""
        host.good("AT+CFUN=1")
        wait_until(lambda: b",1" in host.ask("AT+CEREG?"), "registration")
        number = host.create()
        host.good(f'AT+USOCO={number},"127.0.0.1",{port}')
        peer, _ = server.accept()
        peer.settimeout(PATIENCE)
        host.good("AT+CFUN=16")
        assert peer.recv(10) == b""
    host.close()


# --- TLS and DTLS ---

PSK_VERSIONS = pytest.mark.parametrize(
    "version", ["-tls1_2", "-tls1_3", "-dtls1_2"])


def secure(wire, server, datagram=False, host="127.0.0.1", profile=0):
    """A connected secure socket."""
    number = wire.create(17 if datagram else 6)
    wire.good(f"AT+USOSEC={number},1,{profile}")
    wire.good(f'AT+USOCO={number},"{host}",{server.port}')
    return number


def psk_server(s_server, version, identity, psk):
    return s_server("-nocert", "-psk", psk, "-psk_identity", identity,
                    version, datagram="dtls" in version)


@pytest.mark.parametrize("line", [
    'AT+USECPRF=0,9,"{}"', 'AT+USECPRF=0, 9, "{}", 1'],
    ids=["example", "table"])
@PSK_VERSIONS
def test_seed_option_1b(wired, wire, account, s_server, version, line):
    """6.1.1.1, step 2b and its table, typed as they are printed."""
    got = wire.good("AT+USECPK=16")
    found = re.search(rb'\+USECPK: "(\w{28})","(\w{32})"', got)
    identity, psk = found[1].decode(), found[2].decode()
    key = json.loads(get_psk(account, identity))["Key"]
    server = psk_server(s_server, version, identity,
                        base64.b64decode(key).hex())
    wire.good(f'AT+USECPRF=0, 8, "{psk}", 1')
    wire.good(line.format(identity))
    if "dtls" in version:
        number = secure(wire, server, datagram=True)
    else:
        assert b"+USOCR: 0\r\n" in wire.good("AT+USOCR=6")
        wire.good("AT+USOSEC=0,1,0")
        wire.good(f'AT+USOCO=0,"127.0.0.1",{server.port}')
        number = 0
    assert talks(wire, number, server)


@PSK_VERSIONS
def test_wrong_psk_is_refused(wire, s_server, version):
    server = psk_server(s_server, version, "id", "11" * 16)
    wire.good(f'AT+USECPRF=0,8,"{"22" * 16}",1')
    wire.good('AT+USECPRF=0,9,"id"')
    datagram = "dtls" in version
    number = wire.create(17 if datagram else 6)
    wire.good(f"AT+USOSEC={number},1,0")
    assert wire.error(f'AT+USOCO={number},"127.0.0.1",{server.port}') in (
        "operation not allowed", "network timeout")


def test_a_certificate_in_place_of_the_psk(wire, s_server, pki):
    """Who has no PSK gets nowhere with a certificate, nothing validated."""
    server = s_server("-cert", str(pki / "server.pem"), "-key",
                      str(pki / "server.key"))
    wire.good(f'AT+USECPRF=0,8,"{"22" * 16}",1')
    wire.good('AT+USECPRF=0,9,"id"')
    wire.good("AT+USECPRF=0,0,0")
    number = wire.create()
    wire.good(f"AT+USOSEC={number},1,0")
    assert wire.error(f'AT+USOCO={number},"127.0.0.1",{server.port}') == \
        "operation not allowed"
    # Nor where the host lists suites with certificates beside it.
    for low in ("2B", "2F"):
        wire.good(f'AT+USECPRF=0,2,100,"C0","{low}",0')
    assert wire.error(f'AT+USOCO={number},"127.0.0.1",{server.port}') == \
        "operation not allowed"


def asking_server(account):
    """The server of the seed's C example, which asks GetPSK."""
    server = subprocess.Popen(
        [program("psk-server"), "127.0.0.1:0", account.service.url],
        env={"HOLDFAST_TOKEN": account.token}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    server.port = int(server.stdout.readline().rsplit(":", 1)[1])
    return server


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_psk_of_the_root_of_trust(wire, account, version):
    """6.1.1.2: each connection has a PSK that nobody typed."""
    server = asking_server(account)
    try:
        assert b"OK" in wire.good("AT+USECPRF=0,11,1")
        if version == "1.2":
            wire.good('AT+USECPRF=0,2,99,"00","A8"')
        else:
            wire.good("AT+USECPRF=0,1,4")
        for _ in range(3):
            number = secure(wire, server, host="localhost")
            wire.write(number, HELLO)
            wire.urc(rb"\+UUSORD: %d,\d+" % number)
            assert wire.receive(number, len(HELLO)) == HELLO
            wire.good(f"AT+USOCL={number}")
    finally:
        server.kill()
        server.communicate()


def test_seed_option_2_dtls(wire, account, s_server):
    """The seed's lines of 6.1.1.2: a UDP socket, whose identities are new."""
    wire.good("AT+USECPRF=0,11,1")
    seen = set()
    for _ in range(2):
        server = psk_server(s_server, "-dtls1_2", "unknown", "11" * 16)
        assert b"+USOCR: 0\r\n" in wire.good("AT+USOCR=17")
        wire.good("AT+USOSEC=0,1,0")
        wire.good(f'AT+USOCO=0,"localhost",{server.port},1')
        found = wait_until(lambda: re.search(
            rb"got '(1101[0-9A-F]{24})'", open(server.log, "rb").read()),
            "an identity")
        seen.add(found[1].decode())
        wire.good("AT+USOCL=0")
    assert len(seen) == 2
    for identity in seen:
        assert json.loads(get_psk(account, identity))["Key"]


def certificate_server(s_server, pki, name="server", *options):
    return s_server("-cert", str(pki / f"{name}.pem"), "-key",
                    str(pki / f"{name}.key"), *options)


def refused(wire, server, host="localhost"):
    number = wire.create()
    wire.good(f"AT+USOSEC={number},1,0")
    result = wire.error(f'AT+USOCO={number},"{host}",{server.port}')
    wire.good(f"AT+USOCL={number}")
    return result == "operation not allowed"


@pytest.fixture
def trusting(wired, pki):
    """The module's store has both CAs."""
    for name in ("ca", "other"):
        assert store(wired, 0, name, (pki / f"{name}.pem").read_bytes()) \
            .endswith(OK)
    yield
    for line in wired.command("AT+USECMNG=3").split(b"\r\n"):
        found = re.match(rb'"(\w\w)","([^"]*)"', line)
        if found:
            kind = [b"CA", b"CC", b"PK"].index(found[1])
            wired.command(f'AT+USECMNG=2,{kind},"{found[2].decode()}"')


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_validation(wire, s_server, pki, trusting, version):
    good = certificate_server(s_server, pki, "server", version)
    ended = certificate_server(s_server, pki, "ended", version)
    # 1: the CA alone.
    wire.good('AT+USECPRF=0,3,"ca"')
    assert talks(wire, secure(wire, good), good)
    assert talks(wire, secure(wire, ended), ended)
    wire.good('AT+USECPRF=0,3,"other"')
    assert refused(wire, good)
    # Without a name, any that is stored.
    wire.good('AT+USECPRF=0,3,""')
    assert talks(wire, secure(wire, good), good)
    # 2: the host's name too.
    wire.good("AT+USECPRF=0,0,2")
    assert talks(wire, secure(wire, good, host="localhost"), good)
    assert refused(wire, good, "127.0.0.1")
    wire.good('AT+USECPRF=0,4,"server.example.com"')
    assert talks(wire, secure(wire, good), good)
    wire.good('AT+USECPRF=0,4,"other.example.com"')
    assert refused(wire, good)
    wire.good('AT+USECPRF=0,4,""')
    # 3: and its dates.
    assert talks(wire, secure(wire, ended, host="localhost"), ended)
    wire.good("AT+USECPRF=0,0,3")
    assert refused(wire, ended)
    assert talks(wire, secure(wire, good, host="localhost"), good)


def test_default_of_an_r5_trusts_nobody(wire, s_server, pki):
    server = certificate_server(s_server, pki)
    assert refused(wire, server)
    wire.good("AT+USECPRF=0,0,0")
    assert talks(wire, secure(wire, server), server)


def test_client_certificate(wired, wire, s_server, pki, trusting):
    server = certificate_server(s_server, pki, "server", "-Verify", "1",
                                "-CAfile", str(pki / "ca.pem"),
                                "-verify_return_error")
    key = openssl("pkcs8", "-topk8", "-in", str(pki / "client.key"),
                  "-passout", "pass:secret")
    store(wired, 1, "me", (pki / "client.pem").read_bytes())
    store(wired, 2, "me", key)
    wire.good('AT+USECPRF=0,3,"ca"')
    # A server that wants a certificate, and a module that shows none.
    wire.good("AT+USECPRF=0,1,0")
    wire.good('AT+USECPRF=0,2,99,"C0","2B"')
    assert refused(wire, server)
    wire.good('AT+USECPRF=0,5,"me"')
    wire.good('AT+USECPRF=0,6,"me"')
    number = wire.create()
    wire.good(f"AT+USOSEC={number},1,0")
    connect = f'AT+USOCO={number},"localhost",{server.port}'
    assert wire.error(connect) == "operation not allowed"  # no password
    wire.good('AT+USECPRF=0,7,"wrong"')
    assert wire.error(connect) == "operation not allowed"
    wire.good('AT+USECPRF=0,7,"secret"')
    wire.good(connect)
    assert talks(wire, number, server)
    # A key that is not the certificate's.
    store(wired, 2, "me", (pki / "server.key").read_bytes())
    assert refused(wire, server)
    wire.good('AT+USECPRF=0,6,"nobody"')
    number = wire.create()
    wire.good(f"AT+USOSEC={number},1,0")
    assert wire.error(connect) == "not found"


def test_versions_and_suites(wire, s_server, pki):
    old = certificate_server(s_server, pki, "server", "-tls1_2")
    wire.good("AT+USECPRF=0,0,0")
    wire.good("AT+USECPRF=0,1,4")
    assert refused(wire, old)
    wire.good("AT+USECPRF=0,1,3")
    wire.good('AT+USECPRF=0,2,100,"C0","2C",0')
    wire.good('AT+USECPRF=0,2,100,"00","A8",0')
    assert b'+USECPRF: 0,2,100,"C02C;00A8"\r\n' in \
        wire.good("AT+USECPRF=0,2")
    assert talks(wire, secure(wire, old), old)
    assert b"ECDHE-ECDSA-AES256-GCM-SHA384" in open(old.log, "rb").read()
    wire.good('AT+USECPRF=0,2,100,"C0","2C",1')
    assert refused(wire, old)
    wire.good('AT+USECPRF=0,2,99,"13","01"')
    assert refused(wire, old)
    new = certificate_server(s_server, pki, "server", "-tls1_3")
    assert talks(wire, secure(wire, new), new)
    assert wire.error('AT+USECPRF=0,2,99,"FF","FE"') == \
        "operation not supported"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_tls_that_is_cut_off(wire, pki, version):
    """Who closes TCP alone may not be the server: +USOER tells."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    context.maximum_version = ssl.TLSVersion[version]
    wire.good("AT+USECPRF=0,0,0")
    with listener() as (server, port):
        def serve():
            for goodbye in (True, False):
                with context.wrap_socket(server.accept()[0],
                                         server_side=True) as secured:
                    secured.sendall(HELLO)
                    if goodbye:
                        with contextlib.suppress(OSError):
                            secured.unwrap()
        thread = threading.Thread(target=serve)
        thread.start()
        for error in (111, 71):
            refuser = wire.create()
            assert wire.error(
                f'AT+USOCO={refuser},"127.0.0.1",{free_port()}')
            wire.good(f"AT+USOCL={refuser}")
            number = wire.create()
            wire.good(f"AT+USOSEC={number},1,0")
            wire.good(f'AT+USOCO={number},"localhost",{port}')
            assert wire.receive(number, len(HELLO)) == HELLO
            wire.urc(rb"\+UUSOCL: %d" % number)
            assert b"\r\n+USOER: %d\r\n" % error in wire.good("AT+USOER")
        thread.join(PATIENCE)


def connect_error(wire, server):
    """What a TLS socket that cannot connect is told."""
    number = wire.create()
    wire.good(f"AT+USOSEC={number},1,0")
    error = wire.error(f'AT+USOCO={number},"localhost",{server.port}')
    wire.good(f"AT+USOCL={number}")
    return error


@pytest.mark.parametrize("suite,name", [
    ("C0,18", "AECDH-AES128-SHA"), ("00,34", "ADH-AES128-SHA"),
    ("00,3B", "NULL-SHA256"), ("C0,06", "ECDHE-ECDSA-NULL-SHA")])
def test_suites_that_secure_nothing(wire, s_server, pki, trusting, suite,
                                    name):
    """Offered where the host checks nothing, and nowhere else."""
    server = certificate_server(s_server, pki, "server", "-tls1_2",
                                "-cipher", f"{name}:@SECLEVEL=0")
    high, low = suite.split(",")
    for others in ([], ['AT+USECPRF=0,2,100,"C0","2B",0']):
        wire.good("AT+USECPRF=0,2,0")
        for line in others:
            wire.good(line)
        wire.good(f'AT+USECPRF=0,2,100,"{high}","{low}",0')
        expected = ("operation not allowed" if others
                    else "operation not supported")
        for level in range(1, 4):
            wire.good(f"AT+USECPRF=0,0,{level}")
            assert connect_error(wire, server) == expected
        wire.good("AT+USECPRF=0,0,0")
        wire.good(f'AT+USECPRF=0,8,"{"22" * 16}",1')
        wire.good('AT+USECPRF=0,9,"id"')
        assert connect_error(wire, server) == expected
        wire.good('AT+USECPRF=0,8,""')
    if name.startswith(("ECDHE", "AECDH")):
        # The others want a key of RSA, or a group of DH, of the server.
        assert talks(wire, secure(wire, server), server)


def test_suites_of_old(wire, s_server, pki):
    """What OpenSSL has no more is listed, and passed over."""
    server = certificate_server(s_server, pki, "server", "-tls1_2")
    wire.good("AT+USECPRF=0,0,0")
    for high, low in (("C0", "2A"), ("00", "A8"), ("00", "05")):
        wire.good(f'AT+USECPRF=0,2,100,"{high}","{low}",0')
    assert b'+USECPRF: 0,2,100,"C02A;00A8;0005"\r\n' in \
        wire.good("AT+USECPRF=0,2")
    wire.good('AT+USECPRF=0,2,100,"C0","2B",0')
    assert talks(wire, secure(wire, server), server)
    wire.good('AT+USECPRF=0,2,99,"C0","2A"')
    assert connect_error(wire, server) == "operation not supported"
    for high, low in (("00", "00"), ("00", "FF"), ("56", "00"), ("FF", "FE")):
        assert wire.error(f'AT+USECPRF=0,2,100,"{high}","{low}",0') == \
            "operation not supported"


def test_server_name(wire, pki):
    """What a server of another make sees of the name: Python's ssl."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    names = []
    context.sni_callback = lambda _s, name, _c: names.append(name)

    def serve(server):
        for _ in range(3):
            peer = server.accept()[0]
            with contextlib.suppress(OSError), \
                    context.wrap_socket(peer, server_side=True) as secured:
                secured.recv(1)
    wire.good("AT+USECPRF=0,0,0")
    with listener() as (server, port):
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        for host in ("localhost", "127.0.0.1"):
            number = wire.create()
            wire.good(f"AT+USOSEC={number},1,0")
            wire.good(f'AT+USOCO={number},"{host}",{port}')
            wire.good(f"AT+USOCL={number}")
        wire.good('AT+USECPRF=0,10,"server.example.com"')
        number = wire.create()
        wire.good(f"AT+USOSEC={number},1,0")
        wire.good(f'AT+USOCO={number},"localhost",{port}')
        wire.good(f"AT+USOCL={number}")
        thread.join(PATIENCE)
    assert names == ["localhost", None, "server.example.com"]


def resumed(wired):
    """Whether the last handshake was resumed, by the module's log."""
    log = open(wired.log.name, "rb").read()
    return re.findall(rb"tls open .*resumed=(\d)", log)[-1] == b"1"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_resumption(wired, wire, s_server, pki, trusting, version):
    server = certificate_server(s_server, pki, "server", version)
    wire.good('AT+USECPRF=0,3,"ca"')
    wire.good("AT+USECPRF=0,13,1")
    kept = wired.state / "USR" / "usec" / "tls-session-0"
    assert not kept.exists()
    number = secure(wire, server)
    assert talks(wire, number, server) and not resumed(wired)
    wait_until(kept.exists, "the session")
    number = secure(wire, server)
    assert talks(wire, number, server) and resumed(wired)
    # A change to the profile forgets it: nothing skips the new check.
    wire.good('AT+USECPRF=0,3,"other"')
    assert not kept.exists()
    assert refused(wire, server)


class Late:
    """A TLS server of Python's that sends its tickets when it is told to."""

    def __init__(self, pki, tickets=2):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki / "server.pem", pki / "server.key")
        context.num_tickets = tickets
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]

    def accept(self):
        """A handshake; its tickets wait in self.tickets."""
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        secured = self.context.wrap_bio(into, out, server_side=True)
        self.peer = self.listener.accept()[0]
        self.peer.settimeout(PATIENCE)
        while True:
            try:
                secured.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.peer.sendall(out.read())
                into.write(self.peer.recv(65536))
        self.tickets = out.read()
        return secured.session_reused

    def close(self):
        self.peer.close()
        self.listener.close()


@contextlib.contextmanager
def meanwhile(function):
    """Runs it beside; what it returned is in the list."""
    result = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    yield result
    thread.join(PATIENCE)


def test_a_session_of_another_profile_is_not_kept(wire, wired, pki, trusting):
    """Who was not checked when it began is checked the next time, though its
    tickets come after the profile, or a certificate, has changed."""
    kept = wired.state / "USR" / "usec" / "tls-session-0"
    for change in ("AT+USECPRF=0,0,3", 'AT+USECMNG=2,0,"other"'):
        server = Late(pki)
        wire.good("AT+USECPRF=0")
        if "PRF" in change:
            wire.good("AT+USECPRF=0,0,0")
        wire.good("AT+USECPRF=0,13,1")
        with meanwhile(server.accept) as reused:
            number = secure(wire, server)
        assert reused == [False]
        wire.good(change)
        server.peer.sendall(server.tickets)
        wire.good(f"AT+USOCL={number}")
        assert server.peer.recv(99)  # its close_notify
        assert not kept.exists()
        server.close()


@pytest.mark.parametrize("client", ["socket", "http"])
def test_a_handshake_without_end(wire, client):
    """Requests to begin one, which a client in a handshake passes over."""
    record = b"\x16\x03\x03\x40\x00" + b"\x00" * 16384
    done = threading.Event()
    with listener() as (server, port):
        def serve():
            peer = server.accept()[0]
            peer.recv(4096)
            with peer, contextlib.suppress(OSError):
                while not done.is_set():
                    peer.sendall(record * 64)
        if client == "socket":
            lines = ["AT+USOCR=6", "AT+USOSEC=0,1,0",
                     f'AT+USOCO=0,"127.0.0.1",{port},1']
        else:
            lines = ['AT+UHTTP=0,0,"127.0.0.1"', f"AT+UHTTP=0,5,{port}",
                     "AT+UHTTP=0,6,1,0", 'AT+UHTTPC=0,1,"/"']
        with meanwhile(serve):
            try:
                for line in ["AT+USECPRF=0,0,0"] + lines:
                    wire.good(line)
                for _ in range(20):
                    wire.good("AT")
            finally:
                done.set()
        if client == "http":
            wire.urc(rb"\+UUHTTPCR: 0,1,0")
            wire.good("AT+UHTTP=0")


def test_a_flood_of_tickets(wire, wired, pki):
    """The last one is kept, and the module goes on meanwhile."""
    server = Late(pki, tickets=3000)
    kept = wired.state / "USR" / "usec" / "tls-session-0"
    wire.good("AT+USECPRF=0,0,0")
    wire.good("AT+USECPRF=0,13,1")
    with meanwhile(server.accept):
        number = secure(wire, server)
    seen, done = set(), threading.Event()

    def look():
        """Every time that the file is written, or nearly."""
        while not done.wait(0.001):
            with contextlib.suppress(FileNotFoundError):
                seen.add(kept.stat().st_mtime_ns)
    with meanwhile(look):
        server.peer.sendall(server.tickets)
        for _ in range(50):
            wire.good("AT")
        wire.good(f"AT+USOCL={number}")
        wait_until(kept.exists, "the session")
        server.close()
        done.set()
    assert 1 <= len(seen) <= 2


def test_dtls_certificate(wire, s_server, pki, trusting):
    server = s_server("-cert", str(pki / "server.pem"), "-key",
                      str(pki / "server.key"), "-dtls1_2", datagram=True)
    wire.good('AT+USECPRF=0,3,"ca"')
    wire.good("AT+USECPRF=0,0,3")
    number = secure(wire, server, datagram=True, host="localhost")
    assert talks(wire, number, server)
    wire.good("AT+USECPRF=0,1,4")  # there is no DTLS 1.3 here
    other = wire.create(17)
    wire.good(f"AT+USOSEC={other},1,0")
    assert wire.error(f'AT+USOCO={other},"localhost",{server.port}') == \
        "operation not supported"


def test_dtls_resumption(wired, wire, s_server, pki, trusting):
    server = s_server("-cert", str(pki / "server.pem"), "-key",
                      str(pki / "server.key"), "-dtls1_2", datagram=True)
    wire.good('AT+USECPRF=0,3,"ca"')
    wire.good("AT+USECPRF=0,13,1")
    kept = wired.state / "USR" / "usec" / "tls-session-0"
    number = secure(wire, server, datagram=True)
    assert talks(wire, number, server) and not resumed(wired)
    wait_until(kept.exists, "the session")
    number = secure(wire, server, datagram=True)
    assert talks(wire, number, server) and resumed(wired)


def test_what_the_root_of_trust_needs(new_module, tmp_path):
    """Of a device that is nobody's: the service that is off is named."""
    module = new_module("--pty", str(tmp_path / "p"))
    host = Wire(str(tmp_path / "p"))
    wait_until(lambda: module.info() == (1, 0, 1), "the bootstrap")
    host.good("AT+USECPRF=0,14,1")
    host.good("AT+USECPRF=1,11,1")
    for profile, name in ((0, "ZTPV1"), (1, "E2ESymmetricKMS")):
        number = host.create()
        host.good(f"AT+USOSEC={number},1,{profile}")
        assert host.error(f'AT+USOCO={number},"127.0.0.1",1') == \
            f"{name} is not enabled"
    host.close()


def test_the_root_of_trust_before_the_bootstrap(account, tmp_path):
    """Where nothing is bootstrapped no service is off: that is what it says."""
    state, = make_devices(account, tmp_path / "new", 1)
    module = Module(state, "coap://127.0.0.1:9", "--pty", str(tmp_path / "p"))
    try:
        host = Wire(str(tmp_path / "p"))
        wait_until(lambda: b",1" in module.command("AT+CEREG?"),
                   "registration")
        host.good("AT+USECPRF=0,14,1")
        host.good("AT+USECPRF=1,11,1")
        for profile in (0, 1):
            number = host.create()
            host.good(f"AT+USOSEC={number},1,{profile}")
            assert host.error(f'AT+USOCO={number},"127.0.0.1",1') == \
                "SEC ROT not personalized"
        host.close()
    finally:
        module.close()


def test_ztp_credentials(new_module, account, s_server, pki, tmp_path):
    """Op 14: the server asks for the certificate that provisioning made."""
    made = account.post("/v1/ztp/rootca/create", {
        "CAName": "socket-ca", "CACertificateValidity": 30,
        "DeviceCertificateValidity": 20})
    (tmp_path / "ztp.pem").write_text(made["Certificate"])
    server = certificate_server(
        s_server, pki, "server", "-tls1_2", "-Verify", "2", "-CAfile",
        str(tmp_path / "ztp.pem"), "-verify_return_error")
    module = new_module("--heartbeat-min-s", "0", "--pty",
                        str(tmp_path / "p"), seal=account.profile)
    module.complete()
    host = Wire(str(tmp_path / "p"))
    host.good("AT+USECPRF=0,0,0")
    host.good("AT+USECPRF=0,14,1")
    host.good("AT+USOCR=6")
    host.good("AT+USOSEC=0,1,0")
    connect = f'AT+USOCO=0,"localhost",{server.port}'
    assert host.error(connect) == "ZTPV1 is not enabled"
    account.post("/v1/device/provisioning/set", {
        "ROTPublicUID": module.ready["uid"],
        "Features": {"ZTPV1": {"Enabled": True, "CAName": "socket-ca"}}})
    module.command("AT+USECCONN")
    wait_until(lambda: b"+USECDEVCERT: 0,0,0\r\n" in
               module.command("AT+USECDEVCERT?"), "the certificates")
    host.good(connect)
    assert talks(host, 0, server)
    # Without it the server refuses.
    host.good("AT+USECPRF=0,14,0")
    assert refused(host, server)
    host.close()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_tls_socket_inside_a_session(account, s_server, pki, rng, tmp_path,
                                       version):
    """All of it in chip-to-chip frames: commands, prompts, data, codes."""
    server = certificate_server(s_server, pki, "server", version)
    state, = make_devices(account, tmp_path / "made", 1)
    module = Module(state, f"coap://127.0.0.1:{free_port()}",
                    "--pty", str(tmp_path / "p"))
    wait_until(lambda: b",1" in module.command("AT+CEREG?"), "registration")
    host = Host(str(tmp_path / "p"), rng)
    host.open(host.pair())
    ca = (pki / "ca.pem").read_bytes()
    host.write(b'AT+USECMNG=0,0,"ca",%d\r' % len(ca))
    assert host.read(rb">$") == b">"
    host.write(ca)
    host.read(rb"\+USECMNG: 0,0,\"ca\",\"[0-9a-f]{32}\"\r\n\r\nOK\r\n$")
    for line in ("AT+USECPRF=0,0,3", 'AT+USECPRF=0,3,"ca"', "AT+USOCR=6",
                 "AT+USOSEC=0,1,0", f'AT+USOCO=0,"localhost",{server.port}'):
        assert host.ask(line).endswith(OK)
    host.write(b"AT+USOWR=0,%d\r" % len(HELLO))
    assert host.read(rb"@$") == b"@"
    host.write(HELLO)
    host.read(rb"\+UUSORD: 0,%d\r\n" % len(TURNED))
    assert host.ask("AT+USORD=0,1024") == \
        b'\r\n+USORD: 0,%d,"%s"\r\n' % (len(TURNED), TURNED) + OK
    server.kill()
    host.read(rb"\r\n\+UUSOCL: 0\r\n$")
    assert host.shut() == OK
    host.close()
    module.close()
