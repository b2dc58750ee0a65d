"""Chip-to-chip against a real module, spoken by an implementation of its own.

The frames and V1 and V2 are written from the description of the commands and
share no code with the module; the example program brings V3.
"""
import re
import select
import socket
import subprocess
import threading
import time

import pytest
import serial
from Cryptodome.Cipher import AES
from Cryptodome.Hash import HMAC, SHA256

from conftest import PATIENCE, make_devices, program, wait_until

OK = b"\r\nOK\r\n"
TE = "A0324CFF236F458048656C6C6F6F497D"
NOT_PAIRED = b"SEC C2C pairing not present"
USED_UP = b"SEC resource not available"


def fcs16(data):
    """RFC 1662: reflected 8408, start FFFF, final xor FFFF."""
    fcs = 0xFFFF
    for byte in data:
        fcs ^= byte
        for _ in range(8):
            fcs = fcs >> 1 ^ (0x8408 if fcs & 1 else 0)
    return fcs ^ 0xFFFF


def frame(body):
    inner = len(body).to_bytes(2, "little") + body
    return b"\xf9" + inner + fcs16(inner).to_bytes(2, "little") + b"\xf9"


def padded(text):
    return text + bytes([16 - len(text) % 16]) * (16 - len(text) % 16)


def unpadded(text):
    assert 1 <= text[-1] <= 16 and text.endswith(bytes([text[-1]]) * text[-1])
    return text[:-text[-1]]


class V2:
    """Encrypt, then MAC."""

    def __init__(self, te, key, hmac_key):
        self.te, self.key, self.hmac_key = te, key, hmac_key

    def mac(self, data):
        return HMAC.new(self.hmac_key, data + self.te,
                        digestmod=SHA256).digest()[:16]

    def seal(self, text, iv):
        made = iv + AES.new(self.key, AES.MODE_CBC, iv).encrypt(padded(text))
        return made + self.mac(made)

    def open(self, body):
        assert self.mac(body[:-16]) == body[-16:]
        return unpadded(AES.new(self.key, AES.MODE_CBC,
                                body[:16]).decrypt(body[16:-16]))


class V1(V2):
    """Hash, then encrypt."""

    def seal(self, text, iv):
        text = padded(text)
        text += SHA256.new(text).digest()
        return AES.new(self.key, AES.MODE_CBC, iv).encrypt(text) + iv

    def open(self, body):
        text = AES.new(self.key, AES.MODE_CBC,
                       body[-16:]).decrypt(body[:-16])
        assert SHA256.new(text[:-32]).digest() == text[-32:]
        return unpadded(text[:-32])


class Host:
    """An MCU: a line to the module, plain or in a session."""

    def __init__(self, where, rng):
        self.rng = rng
        self.session = None
        self.raw = b""
        self.frames = []
        if ":" in where:
            host, port = where.rsplit(":", 1)
            self.line = socket.create_connection((host, int(port)), PATIENCE)
            self.send, self.fileno = self.line.sendall, self.line.fileno
            self.recv = lambda: self.line.recv(65536)
        else:
            self.line = serial.Serial(where, 115200, timeout=0)
            self.send, self.fileno = self.line.write, self.line.fileno
            self.recv = lambda: self.line.read(65536)
        assert self.ask("ATE0").endswith(OK)
        assert self.ask("AT+CMEE=2").endswith(OK)

    def close(self):
        self.line.close()

    def more(self, end):
        left = end - time.monotonic()
        assert left > 0, f"silence after {self.raw!r}"
        if select.select([self.fileno()], [], [], left)[0]:
            data = self.recv()
            assert data, "the module closed the line"
            self.raw += data

    def take_frames(self):
        """What whole frames hold; inside a session nothing else may come."""
        text = b""
        while len(self.raw) >= 3:
            assert self.raw[0] == 0xF9, self.raw
            size = int.from_bytes(self.raw[1:3], "little") + 6
            if len(self.raw) < size:
                break
            one, self.raw = self.raw[:size], self.raw[size:]
            assert frame(one[3:-3]) == one
            text += self.session.open(one[3:-3])
            self.frames.append(len(one))
        return text

    def read(self, pattern):
        """Reads plain text, in or out of a session, up to a pattern."""
        end = time.monotonic() + PATIENCE
        text = b""
        while True:
            if self.session:
                text += self.take_frames()
            else:
                text, self.raw = text + self.raw, b""
            if re.search(pattern, text, re.S):
                return text
            self.more(end)

    def seal(self, text):
        return frame(self.session.seal(text, self.rng.randbytes(16)))

    def write(self, text):
        for at in range(0, len(text), 255) if self.session else ():
            self.send(self.seal(text[at:at + 255]))
        if not self.session:
            self.send(text)

    def ask(self, command):
        """A command; the whole answer."""
        self.write(command.encode() + b"\r")
        return self.read(rb"\r\n(OK|ERROR|\+CME ERROR: [^\r]*)\r\n$")

    def fails(self, command, text):
        assert self.ask(command) == b"\r\n+CME ERROR: %s\r\n" % text

    def pair(self, te=TE, confirm=True):
        """Pairs for V2, and confirms as the module's documents say."""
        got = self.ask(f'AT+USECC2C=0,"{te}"')
        match = re.fullmatch(
            rb'\r\n\+USECC2C: 0,0,"([0-9A-F]{32})","([0-9A-F]{32})",'
            rb'"([0-9A-F]{32})"\r\n\r\nOK\r\n', got)
        assert match, got
        return self.finish(te, match.groups(), confirm)

    def finish(self, te, keys, confirm=True):
        key, hmac_key, tag = (bytes.fromhex(k.decode()) for k in keys)
        pair = V2(bytes.fromhex(te), key, hmac_key)
        body = pair.seal(tag, self.rng.randbytes(16))
        if confirm:
            assert self.ask(f'AT+USECC2C=4,"{te}","{body.hex()}"') == OK
        return pair

    def open(self, pair):
        te = pair.te.hex().upper()
        assert self.ask(f'AT+USECC2C=1,"{te}"') == OK
        self.session = pair

    def shut(self, command="AT+USECC2C=2"):
        got = self.ask(command)
        assert not self.raw
        self.session = None
        return got


@pytest.fixture
def hosts(rng):
    """Makes hosts: hosts(line)."""
    made = []

    def make(where):
        made.append(Host(where, rng))
        return made[-1]
    yield make
    for host in made:
        host.close()


@pytest.fixture
def offline(new_module, tmp_path):
    """A device that never met its service: the trial."""
    return new_module("--offline", "--pty", str(tmp_path / "tty"))


def test_offline_stays_offline(offline):
    """A reset does not take the trial away."""
    assert b"+CFUN: 0,0\r\n" in offline.command("AT+CFUN?")
    assert offline.command("AT+CFUN=16").endswith(OK)
    assert b"+CFUN: 0,0\r\n" in offline.command("AT+CFUN?")


@pytest.fixture(params=["pty", "tcp"])
def host(request, offline, hosts):
    return hosts(offline.ready[request.param])


def test_vectors():
    """The frames of the description, byte for byte."""
    te = bytes.fromhex("0001020304050607f8f9fafbfcfdfeff")
    key = bytes.fromhex("1011121314151617e8e9eaebecedeeef")
    hmac_key = bytes.fromhex("2021222324252627d8d9dadbdcdddedf")
    iv = bytes(range(0xA0, 0xB0))
    assert fcs16(b"123456789") == 0x906E
    assert frame(V1(te, key, b"").seal(b"AT\r", iv)).hex() == (
        "f940007164519c59ce789eaa0acd15344902d45a6ada5370d5bf7e18ceb40cfc4227"
        "26346ed59f1d11ac6809d4509f4a35bc95a0a1a2a3a4a5a6a7a8a9aaabacadaeaf7e"
        "c9f9")
    v2 = V2(te, key, hmac_key)
    assert frame(v2.seal(b"AT\r", iv)).hex() == (
        "f93000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf7164519c59ce789eaa0acd15344902"
        "d42f2f1e875405e2e4dd2331b8088a6ac608cef9")
    assert frame(v2.seal(OK, iv)).hex() == (
        "f93000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf5e441456e4f7d2ba4ff2542817c576"
        "0935b2953771cb43412b64c1bbc514e7eb8ca4f9")
    assert frame(v2.seal(b"Hello world!", iv)).hex() == (
        "f93000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf36f04257dfa10b4d00de564f6b494c"
        "fe0f7442329624ae92a00840827bb0476ae415f9")
    pair = V2(bytes.fromhex("0001020304050607FFFEFDFCFBFAF9F8"),
              bytes.fromhex("83CF07F23851A7CD9014C4304738D432"),
              bytes.fromhex("AB16DE1D3CCFDD9CA9B5A569DFE3307A"))
    assert pair.open(bytes.fromhex(
        "67C6697351FF4AEC29CDBAABF2FBE34671774706B8A64FCEAE898FC3EA69B6AFF510"
        "E7AF77AC0E53D7CC07C243E42F800FD9EB9EBB6E7812E2209B420E1BF111")) == \
        bytes.fromhex("5D8944D46EEB37F2D5C50EACAF78D66B")


def test_session(host, offline):
    """Pair, confirm, open, commands, binary data both ways, close."""
    pair = host.pair()
    host.open(pair)
    uid = offline.ready["uid"].encode()
    assert host.ask("AT+USECROTUID") == \
        b'\r\n+USECROTUID: "%s"\r\n' % uid + OK
    host.fails("AT+NOSUCH", b"unknown")
    data = host.rng.randbytes(5000).replace(b"\r", b"\0") + b"\xf9\xf9"
    host.write(b'AT+UDWNFILE="blob",%d\r' % len(data))
    assert host.read(rb">$") == b">"
    host.write(data)
    assert host.read(rb"OK\r\n$") == OK
    host.frames.clear()
    got = host.ask('AT+URDFILE="blob"')
    assert got == b'\r\n+URDFILE: "blob",%d,"%s"\r\n' % (
        len(data), data) + OK
    assert max(host.frames) == 6 + 32 + 1040 // 16 * 16 + 16
    assert len(host.frames) <= 6
    # Neither opening nor pairing is for inside.
    host.fails(f'AT+USECC2C=1,"{TE}"', b"operation not allowed")
    host.fails(f'AT+USECC2C=0,"{TE[::-1]}"', b"operation not allowed")
    assert host.shut() == OK
    assert host.ask("AT") == OK
    host.fails("AT+USECC2C=2", b"operation not allowed")
    host.fails("AT+USECC2C=3", b"operation not allowed")


def test_close_names_its_session(host):
    pair = host.pair()
    host.open(pair)
    host.fails(f'AT+USECC2C=2,"{TE[::-1]}"', NOT_PAIRED)
    assert host.shut(f'AT+USECC2C=2,"{TE}"') == OK
    assert host.ask("AT") == OK


def test_a_lost_byte_costs_a_frame(host):
    """Wherever the line loses, adds or turns a byte, the session goes on."""
    host.open(host.pair())
    whole = host.seal(b"AT+CMEE?\r")
    for at in range(len(whole)):
        host.send(whole[:at] + whole[at + 1:])
        # The end of a frame that never ends comes with what follows it.
        host.write(b"\r")
        host.write(b"AT+USECROTUID\r")
        host.read(rb'USECROTUID: "[0-9A-F]{16}"\r\n\r\nOK\r\n$')
    host.send(b"\xf9noise" + host.seal(b"AT\r"))
    assert host.read(rb"OK\r\n$") == OK
    host.send(bytes([whole[0]]) + whole[1:9] + bytes([whole[9] ^ 1])
              + whole[10:])
    assert host.ask("AT") == OK
    # Plain text is noise, never a command.
    host.send(b"AT+CMEE=0\r")
    assert host.ask("AT+CMEE?") == b"\r\n+CMEE: 2\r\n" + OK
    assert host.shut() == OK


def test_an_opening_that_was_not_heard(host):
    """The OK got lost: plain text ends the session, until a frame came."""
    pair = host.pair()
    host.open(pair)
    host.session = None
    assert host.ask("AT+CMEE?") == b"\r\n+CMEE: 2\r\n" + OK
    host.open(pair)
    host.session = None
    host.open(pair)
    assert host.ask("AT") == OK
    host.send(b"AT+CMEE=0\r")
    assert host.ask("AT+CMEE?") == b"\r\n+CMEE: 2\r\n" + OK
    assert host.shut() == OK


def test_cut_and_joined(host):
    """The serial line cuts frames and commands anywhere."""
    host.open(host.pair())
    for byte in host.seal(b"AT+CMEE?\r"):
        host.send(bytes([byte]))
    assert host.read(rb"OK\r\n$") == b"\r\n+CMEE: 2\r\n" + OK
    host.send(b"".join(host.seal(part) for part in
                       (b"A", b"T", b"\rAT+CM", b"EE?\r", b"AT\r")))
    assert host.read(rb"OK.*OK.*OK\r\n$") == \
        OK + b"\r\n+CMEE: 2\r\n" + OK + OK
    assert host.shut() == OK


def test_reports_inside(host, offline):
    """Result codes that nobody asked for are in frames, too."""
    host.open(host.pair())
    assert host.ask("AT+CEREG=1") == OK
    assert offline.command("AT+CFUN=1").endswith(OK)
    assert b"+CEREG: 1" in host.read(rb"\+CEREG: 1\r\n")
    assert host.shut() == OK
    assert offline.command("AT+CFUN=0").endswith(OK)
    assert b"+CEREG: 0" in host.read(rb"\+CEREG: 0\r\n")


def test_rekey(host):
    """New keys wait for their confirmation; the old ones stand meanwhile."""
    old = host.pair()
    host.open(old)
    got = host.shut("AT+USECC2C=3")
    match = re.fullmatch(
        rb'\r\n\+USECC2C: 3,0,"([0-9A-F]{32})","([0-9A-F]{32})",'
        rb'"([0-9A-F]{32})"\r\n\r\nOK\r\n', got)
    assert match, got
    host.open(old)
    assert host.shut() == OK
    new = host.finish(TE, match.groups())
    assert new.key != old.key and new.hmac_key != old.hmac_key
    host.open(new)
    host.session = old
    host.write(b"AT\r")
    host.session = new
    assert host.ask("AT+CMEE?") == b"\r\n+CMEE: 2\r\n" + OK
    assert host.shut() == OK


def test_two_terminals(offline, hosts):
    """Sessions of their own at once; a pair belongs to its terminal."""
    one, two = hosts(offline.ready["pty"]), hosts(offline.ready["tcp"])
    first, second = one.pair(), two.pair()
    assert first.key != second.key
    one.open(first)
    assert two.ask("AT") == OK
    two.open(second)
    for _ in range(3):
        one.write(b"AT+USECROTUID\r")
        two.write(b"AT+CMEE?\r")
        assert b"USECROTUID" in one.read(rb"OK\r\n$")
        assert b"+CMEE: 2" in two.read(rb"OK\r\n$")
    assert one.shut() == OK
    assert two.ask("AT") == OK
    assert two.shut() == OK
    other = "F" * 32
    one.pair(other)
    two.fails(f'AT+USECC2C=1,"{other}"', NOT_PAIRED)


def test_trial_rules(host, offline):
    """Before the bootstrap: once a name, confirmed, fifty; nothing erased."""
    host.fails(f'AT+USECC2C=1,"{TE}"', NOT_PAIRED)
    host.pair(confirm=False)
    host.fails(f'AT+USECC2C=1,"{TE}"', NOT_PAIRED)
    # The answer was lost: asked again, until it is confirmed.
    pair = host.pair()
    host.fails(f'AT+USECC2C=0,"{TE}"', b"SEC C2C already paired")
    host.fails(f'AT+USECC2C=4,"{TE}","{"00" * 64}"',
               b"SEC data inconsistent or unsupported")
    host.fails(f'AT+USECC2C=5,"{TE}"', b"operation not allowed")
    host.fails("AT+USECC2C=5", b"operation not allowed")
    # What was never confirmed gives way, what was never does.
    for n in range(12):
        host.pair(f"{n:032X}", confirm=False)
    host.fails(f'AT+USECC2C=1,"{4:032X}"', NOT_PAIRED)
    host.fails(f'AT+USECC2C=1,"{5:032X}"', NOT_PAIRED)
    for _ in range(50 - 14):
        host.pair(f"{0:032X}", confirm=False)
    host.fails(f'AT+USECC2C=0,"{0:032X}"', USED_UP)
    host.open(pair)
    assert host.shut() == OK
    for _ in range(49):
        host.open(pair)
        assert host.shut() == OK
    host.fails(f'AT+USECC2C=1,"{TE}"', USED_UP)


@pytest.mark.parametrize("bad", [
    "", "6", '0', '5,"00"', '5,"",1', '0,""', f'0,"{TE[1:]}"', f'0,"{TE}0"', f'0,{TE[:8]}',
    f'0,"{TE[:-1]}g"', f'0,"{TE}",1', f'0,"{TE}",2', f'0,"{TE}",3,3', '1',
    f'1,"{TE}","{TE}0"', f'1,"{TE}","{TE}","{TE}"', f'4,"{TE}"',
    f'4,"{TE}","{TE}"'])
def test_bad_parameters(module, bad):
    assert module.error(f"AT+USECC2C={bad}") == \
        "+CME ERROR: Incorrect parameters"


def test_last_on_its_line(host):
    """Nothing follows what opens or closes, not even on the same line."""
    pair = host.pair()
    host.fails(f'AT+USECC2C=1,"{TE}";+CMEE?', b"operation not allowed")
    assert host.ask("AT") == OK
    assert host.ask(f'AT+CMEE?;+USECC2C=1,"{TE}"') == \
        b"\r\n+CMEE: 2\r\n" + OK
    host.session = pair
    host.fails("AT+USECC2C=2;+CMEE?", b"operation not allowed")
    assert host.ask("AT") == OK


def test_power(offline, hosts, new_module, tmp_path):
    """Reset and power-off end sessions; pairs stay."""
    host = hosts(offline.ready["pty"])
    pair = host.pair()
    host.open(pair)
    assert host.ask("AT+CFUN=16") == OK
    host.session = None
    assert host.ask("ATE0").endswith(OK)
    host.open(pair)
    assert host.ask("AT+CPWROFF") == OK
    assert offline.process.wait(PATIENCE) == 0
    again = new_module("--offline", "--pty", str(tmp_path / "again"),
                       state=offline.state)
    host = hosts(again.ready["pty"])
    host.open(pair)
    assert host.ask("AT") == OK


def test_records_are_sealed(offline, hosts, account, new_module, tmp_path):
    """The file says nothing, and no other module can use it."""
    host = hosts(offline.ready["pty"])
    host.pair()
    db = offline.state / "USR/usec/c2c_db"
    sealed = db.read_bytes()
    assert bytes.fromhex(TE) not in sealed and b"pty" not in sealed
    state, = make_devices(account, tmp_path / "other", 1)
    (state / "USR/usec").mkdir(parents=True)
    (state / "USR/usec/c2c_db").write_bytes(sealed)
    other = hosts(new_module("--offline", "--pty", str(tmp_path / "o"),
                             state=state).ready["pty"])
    other.fails(f'AT+USECC2C=1,"{TE}"', NOT_PAIRED)
    for at in range(0, len(sealed), 7):
        db.write_bytes(sealed[:at] + bytes([sealed[at] ^ 1])
                       + sealed[at + 1:])
        host.fails(f'AT+USECC2C=1,"{TE}"', NOT_PAIRED)
    db.write_bytes(sealed)
    assert host.ask(f'AT+USECC2C=1,"{TE}"') == OK


@pytest.mark.parametrize("damage", [
    lambda b: b[:-1], lambda b: b + bytes(4096), lambda b: b"x",
    lambda b: b[:20] + bytes([b[20] ^ 1]) + b[21:]])
def test_damaged_records(offline, hosts, damage):
    """They count as lost, are kept beside, and it says so once."""
    host = hosts(offline.ready["pty"])
    host.pair()
    db = offline.state / "USR/usec/c2c_db"
    damaged = damage(db.read_bytes())
    db.write_bytes(damaged)
    host.fails(f'AT+USECC2C=4,"{TE}","{"00" * 64}"', NOT_PAIRED)
    assert db.with_name("c2c_db.damaged").read_bytes() == damaged
    host.fails(f'AT+USECC2C=1,"{TE}"', NOT_PAIRED)
    host.open(host.pair())
    assert host.shut() == OK
    log = (offline.state.parent / (offline.state.name + ".log")).read_text()
    assert log.count("c2c_db are damaged") == 1
    # Nothing of the trial came back: 50 pairings, two of which are used.
    for n in range(48):
        host.pair(f"{n % 3:032X}", confirm=False)
    host.fails(f'AT+USECC2C=0,"{3:032X}"', USED_UP)


def test_old_firmware(new_module, tmp_path, hosts):
    """V1 where it is asked for, and nowhere else."""
    module = new_module("--offline", "--c2c-v1", "--pty", str(tmp_path / "t"))
    host = hosts(module.ready["pty"])
    host.fails(f'AT+USECC2C=0,"{TE}",3', b"Incorrect parameters")
    got = host.ask(f'AT+USECC2C=0,"{TE}"')
    key, = re.fullmatch(rb'\r\n\+USECC2C: 0,0,"([0-9A-F]{32})"\r\n' + OK,
                        got).groups()
    host.open(V1(bytes.fromhex(TE), bytes.fromhex(key.decode()), b""))
    assert host.ask("AT+CMEE?") == b"\r\n+CMEE: 2\r\n" + OK
    assert host.shut() == OK
    module.close()
    strict = new_module("--offline", "--pty", str(tmp_path / "t"),
                        state=module.state)
    hosts(strict.ready["pty"]).fails(
        f'AT+USECC2C=1,"{TE}"', b"command implemented but currently disabled")


def test_not_on_sara_r4(new_module):
    module = new_module("--offline", model="sara-r4")
    assert module.error(f'AT+USECC2C=0,"{TE}"') == "+CME ERROR: unknown"
    assert module.error("AT+USECC2C=?") == "+CME ERROR: unknown"


@pytest.fixture
def features(account):
    """Switches chip-to-chip of the account's profile: features(*on)."""
    def switch(*names):
        account.post("/v1/deviceprofile/bootstrapprovisioning/set", {
            "DeviceProfileUID": account.profile,
            "Features": {name: {"Enabled": name in names}
                         for name in ("LocalC2C", "LocalC2CKeyPairing")}})
    yield switch
    switch()


def test_after_the_bootstrap(account, features, new_module, hosts, tmp_path):
    """Nobody's: not allowed. Claimed: as its features say."""
    state, = make_devices(account, tmp_path / "m", 1)
    trial = new_module("--offline", "--pty", str(tmp_path / "t"), state=state)
    host = hosts(trial.ready["pty"])
    old = host.pair()
    trial.close()
    module = new_module("--pty", str(tmp_path / "t"), state=state)
    host = hosts(module.ready["pty"])
    wait_until(lambda: module.info() == (1, 0, 1), "1,0,1")
    host.fails(f'AT+USECC2C=1,"{TE}"', b"operation not allowed")
    host.fails(f'AT+USECC2C=0,"{TE}"', b"operation not allowed")
    host.fails("AT+USECC2C=5", b"operation not allowed")
    features()
    module.seal(account.profile)
    module.complete()
    for op in "015":
        host.fails(f'AT+USECC2C={op},"{TE}"', b"LocalC2C is not enabled")
    # Another device, whose profile has the feature for sessions alone.
    features("LocalC2C")
    state, = make_devices(account, tmp_path / "n", 1)
    trial = new_module("--offline", "--pty", str(tmp_path / "u"), state=state)
    host = hosts(trial.ready["pty"])
    old = host.pair()
    trial.close()
    module = new_module("--pty", str(tmp_path / "u"), state=state,
                        seal=account.profile, serial="SN-0002")
    module.complete()
    host = hosts(module.ready["pty"])
    for op in "05":
        host.fails(f'AT+USECC2C={op},"{TE}"',
                   b"LocalC2CKeyPairing is not enabled")
    host.open(old)
    got = host.ask("AT+USECPSK=16")
    assert re.fullmatch(rb'\r\n\+USECPSK: "[0-9A-F]{28}","[0-9A-F]{32}"\r\n'
                        + OK, got)
    host.write(b"AT+USECE2EDATAENC=3000\r")
    assert host.read(rb">$") == b">"
    host.write(bytes(3000))
    got = host.read(rb"\r\nOK\r\n$")
    assert got.startswith(b'\r\n+USECE2EDATAENC: 3032,"') and \
        len(got) == 25 + 3032 + 3 + 6
    assert host.shut() == OK


def test_pairing_again(account, features, new_module, hosts, tmp_path):
    """With both features a name is paired again, and its old keys go."""
    features("LocalC2C", "LocalC2CKeyPairing")
    state, = make_devices(account, tmp_path / "m", 1)
    module = new_module("--pty", str(tmp_path / "t"), state=state,
                        seal=account.profile, serial="SN-0003")
    module.complete()
    host = hosts(module.ready["pty"])
    old = host.pair()
    for _ in range(60):
        new = host.pair()
    assert new.key != old.key
    host.open(new)
    assert host.ask("AT") == OK
    assert host.shut() == OK


def test_erase(account, features, new_module, hosts, tmp_path):
    """With both features a terminal's pairs are erased, one or all."""
    features("LocalC2C", "LocalC2CKeyPairing")
    state, = make_devices(account, tmp_path / "m", 1)
    module = new_module("--pty", str(tmp_path / "t"), state=state,
                        seal=account.profile, serial="SN-0004")
    module.complete()
    host, other = hosts(module.ready["pty"]), hosts(module.ready["tcp"])
    names = [f"{n:032X}" for n in range(7)]
    for name in names:
        host.pair(name)
    kept = other.pair()
    host.fails(f'AT+USECC2C=0,"{7:032X}"', b"SEC C2C channels consumed")
    host.fails(f'AT+USECC2C=5,"{TE}"', NOT_PAIRED)
    assert host.ask(f'AT+USECC2C=5,"{names[3]}"') == OK
    host.fails(f'AT+USECC2C=1,"{names[3]}"', NOT_PAIRED)
    host.pair(f"{7:032X}")
    assert host.ask("AT+USECC2C=5") == OK
    for name in names:
        host.fails(f'AT+USECC2C=1,"{name}"', NOT_PAIRED)
    other.open(kept)
    assert other.shut() == OK


@pytest.mark.parametrize("version", ["1", "2", "3"])
@pytest.mark.parametrize("line", ["pty", "tcp"])
def test_hello_c2c(new_module, tmp_path, version, line):
    """The example program of the host library, twice with one pair."""
    options = ["--c2c-v1"] if version == "1" else []
    module = new_module("--offline", "--pty", str(tmp_path / "t"), *options)
    pair = tmp_path / "pair"
    for _ in range(2):
        done = subprocess.run(
            [program("hello-c2c"), module.ready[line], str(pair), version],
            capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"uid {module.ready['uid']}\n")


class BadLine:
    """A line to a module that damages the first confirmation of a pairing.

    "request" takes a digit out of it; "answer" breaks before it is answered.
    """

    def __init__(self, where, damage):
        host, port = where.rsplit(":", 1)
        self.damage = damage
        self.module = socket.create_connection((host, int(port)), PATIENCE)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.where = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.seen = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        host, _ = self.listener.accept()
        held = b""
        while True:
            ready = select.select([host, self.module], [], [], PATIENCE)[0]
            data = b"".join(end.recv(65536) for end in ready[:1])
            if not data:
                break
            if ready[0] is self.module:
                if not (self.seen and self.damage == "answer"):
                    host.sendall(data)
                    continue
                break
            held += data
            if not held.endswith(b"\r"):
                continue
            self.seen = self.seen or b"=4," in held
            if self.damage == "request":
                held = re.sub(rb"(=4,.*)[0-9A-F]\"", rb'\1"', held)
            self.module.sendall(held)
            held = b""
        for end in (host, self.module, self.listener):
            end.close()

    def close(self):
        self.thread.join(PATIENCE)
        assert self.seen and not self.thread.is_alive()


@pytest.mark.parametrize("version", ["2", "3"])
@pytest.mark.parametrize("damage", ["request", "answer"])
def test_hello_c2c_confirms_again(new_module, tmp_path, version, damage):
    """A confirmation that came to nothing is repeated by the next start."""
    module = new_module("--offline")
    pair = tmp_path / "pair"

    def hello(line):
        return subprocess.run(
            [program("hello-c2c"), line, str(pair), version],
            capture_output=True, text=True, timeout=PATIENCE)
    bad = BadLine(module.ready["tcp"], damage)
    failed = hello(bad.where)
    bad.close()
    assert failed.returncode == 1
    assert "AT+USECC2C=4: " in failed.stderr
    kept = pair.read_bytes()
    for _ in range(2):
        done = hello(module.ready["tcp"])
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"uid {module.ready['uid']}\n")
        # The pair stays; what confirmed it is not needed any more.
        assert kept.startswith(pair.read_bytes())
        assert len(kept) - len(pair.read_bytes()) == 16


@pytest.mark.parametrize("size", [0, 48, 50, 64, 66])
def test_hello_c2c_bad_file(tmp_path, new_module, size):
    """A file that is no pair stays as it is."""
    pair = tmp_path / "pair"
    pair.write_bytes(bytes([3] * size))
    done = subprocess.run(
        [program("hello-c2c"), new_module("--offline").ready["tcp"],
         str(pair)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert "no pair" in done.stderr
    assert pair.read_bytes() == bytes([3] * size)
