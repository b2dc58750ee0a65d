"""Secure boot: what is signed starts, and nothing else does."""
import os
import pathlib
import random
import select
import shutil
import socket
import subprocess
import time

import pytest
from Cryptodome.Hash import SHA256
from Cryptodome.PublicKey import ECC
from Cryptodome.Signature import DSS

from conftest import PATIENCE, program


@pytest.fixture(scope="module")
def vendor(tmp_path_factory):
    """The vendor's key, and somebody else's: folder with *.pem."""
    folder = tmp_path_factory.mktemp("vendor")
    for name in ("vendor", "other"):
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey",
                        "-noout", "-out", str(folder / f"{name}.pem")],
                       check=True)
        subprocess.run(["openssl", "ec", "-in", str(folder / f"{name}.pem"),
                        "-pubout", "-out", str(folder / f"{name}.pub")],
                       check=True, capture_output=True)
    return folder


class Board:
    """A device that starts signed firmware only, and an image for it."""

    def __init__(self, service, vendor, folder):
        self.vendor, self.folder, self.service = vendor, folder, service
        start = f"{random.Random(str(folder)).getrandbits(48):016X}"
        subprocess.run(
            [program("holdfast-factory"), "--service",
             str(service.data / "service.json"), "--count", "1", "--start",
             start, "--boot-key", str(vendor / "vendor.pub"), "--out",
             str(folder / "made")], check=True, timeout=PATIENCE)
        self.state = folder / "made" / start
        self.image = folder / "image"
        shutil.copy(program("holdfast-module"), self.image)

    def sign(self, version=1, key="vendor", name="1.0"):
        """Makes the manifest of the image as it is."""
        subprocess.run(
            [program("holdfast-factory"), "sign", "--key",
             str(self.vendor / f"{key}.pem"), "--version", str(version),
             "--name", name, str(self.image)], check=True, timeout=PATIENCE)

    def change(self, offset, to=None):
        """Flips a bit of the image, or of another file, by a new one."""
        path = to or self.image
        content = bytearray(path.read_bytes())
        content[offset] ^= 1
        mode = path.stat().st_mode
        path.unlink()
        path.write_bytes(content)
        path.chmod(mode)

    def start(self, *options):
        """Starts the image; its first line of output."""
        self.process = subprocess.Popen(
            [str(self.image), "--state", str(self.state), "--service",
             self.service.coap, "--tcp", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self.process.stdout.readline()

    def stop(self):
        """Switches it off; exit status and what it complained of."""
        self.process.terminate()
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


@pytest.fixture
def board(service, vendor, tmp_path):
    made = Board(service, vendor, tmp_path)
    yield made
    if getattr(made, "process", None) and made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def tcp_of(line):
    return next(part for part in line.split() if part.startswith("tcp="))[4:]


def exchange(descriptor, read, write, command, until=b"\r\n"):
    """Writes a line and reads until what was read ends as it shall."""
    got = b""
    if command:
        write(command)
    end = time.monotonic() + PATIENCE
    while not got.endswith(until):
        assert time.monotonic() < end, got
        if select.select([descriptor], [], [], 0.2)[0]:
            got += read(4096)
    return got


def on_tcp(line, command=b""):
    """What a terminal says when it is opened, or to a command then."""
    host, port = tcp_of(line).rsplit(":", 1)
    with socket.create_connection((host, int(port)), PATIENCE) as s:
        greeting = exchange(s, s.recv, s.sendall, b"")
        return greeting, exchange(s, s.recv, s.sendall, command,
                                  b"ERROR\r\n")


def refused(board, why, *options):
    """It does not start, and says why: on the terminal and on standard error."""
    line = board.start(*options)
    assert line.startswith("refused ") and line.endswith(f"({why})\n"), line
    greeting, answer = on_tcp(line, b"AT+USECROTUID\r")
    assert greeting == f"\r\nBOOT REFUSED: {why}\r\n".encode()
    assert b"ERROR" in answer and b"+USECROTUID:" not in answer
    status, errors = board.stop()
    assert status == 3
    assert why in errors


def starts(board, name):
    line = board.start()
    assert line.startswith("ready ") and line.endswith(f" boot={name}\n"), line
    status, _ = board.stop()
    assert status == 0


def test_signed_firmware_starts(board):
    board.sign(name="7.1")
    line = board.start()
    assert line.endswith(" boot=7.1\n")
    host, port = tcp_of(line).rsplit(":", 1)
    with socket.create_connection((host, int(port)), PATIENCE) as s:
        answer = exchange(s, s.recv, s.sendall, b"ATE0+CGMR\r",
                          b"OK\r\n")
        assert b"\r\n7.1\r\n" in answer
    assert board.stop()[0] == 0


def test_no_manifest(board):
    refused(board, "no manifest")


@pytest.mark.parametrize("offset", [-1, 4096, -5000])
def test_changed_image(board, offset):
    """A bit of it, anywhere that leaves it a program: its very end too."""
    with board.image.open("ab") as f:
        f.write(bytes(8192))
    board.sign()
    starts(board, "1.0")
    content = board.image.read_bytes()
    board.change(offset if offset < 0 else len(content) - offset)
    refused(board, "image changed")


def test_longer_image(board):
    board.sign()
    with board.image.open("ab") as f:
        f.write(b"x")
    refused(board, "image changed")


def test_another_image_of_the_vendor(board):
    """A manifest goes with its own image only."""
    board.sign()
    kept = board.image.with_suffix(".manifest").read_bytes()
    with board.image.open("ab") as f:
        f.write(b"x")
    board.sign(version=2)
    starts(board, "1.0")
    board.image.with_suffix(".manifest").write_bytes(kept)
    refused(board, "image changed")


def test_every_bit_of_the_manifest_counts(board):
    board.sign()
    manifest = board.image.with_suffix(".manifest")
    good = manifest.read_bytes()
    for offset in random.Random(1).sample(range(len(good)), 12):
        manifest.write_bytes(good)
        board.change(offset, manifest)
        refused(board, "manifest not signed by the vendor")
    for cut in (0, 1, len(good) - 1):
        manifest.write_bytes(good[:cut])
        refused(board, "manifest not signed by the vendor")
    manifest.write_bytes(good + b"\0")
    refused(board, "manifest not signed by the vendor")
    manifest.write_bytes(good)
    starts(board, "1.0")


def test_another_key(board):
    board.sign(key="other")
    refused(board, "manifest not signed by the vendor")


def test_version_never_goes_back(board):
    for version in (1, 3, 3):
        board.sign(version=version)
        starts(board, "1.0")
    board.sign(version=2)
    refused(board, "version too old")
    board.sign(version=3)
    starts(board, "1.0")


def test_terminal_on_a_pty(board):
    """It says so to whoever opens the serial line."""
    link = board.folder / "pty"
    board.start("--pty", str(link))
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
    got = exchange(fd, lambda n: os.read(fd, n), lambda b: os.write(fd, b),
                   b"AT\r", b"ERROR\r\n")
    assert b"BOOT REFUSED: no manifest" in got
    os.close(fd)
    assert board.stop()[0] == 3


def test_version_from_production(board, vendor, tmp_path):
    """Production can rule out what is known to be bad."""
    start = f"{random.Random(str(tmp_path)).getrandbits(47):016X}"
    subprocess.run(
        [program("holdfast-factory"), "--service",
         str(board.service.data / "service.json"), "--count", "1", "--start",
         start, "--boot-key", str(vendor / "vendor.pub"), "--boot-version",
         "5", "--out", str(tmp_path / "later")], check=True, timeout=PATIENCE)
    board.state = tmp_path / "later" / start
    board.sign(version=4)
    refused(board, "version too old")
    board.sign(version=5)
    starts(board, "1.0")


def test_file_exchanged_while_it_runs(board):
    """What runs is what was measured, whatever its name stands for now."""
    board.sign()
    line = board.start()
    assert line.endswith(" boot=1.0\n")
    with pytest.raises(OSError):
        board.image.open("r+b")
    other = board.image.with_suffix(".other")
    other.write_bytes(b"#!/bin/false\n")
    other.replace(board.image)
    greeting = socket.create_connection(
        (lambda h, p: (h, int(p)))(*tcp_of(line).rsplit(":", 1)), PATIENCE)
    with greeting as s:
        assert b"OK" in exchange(s, s.recv, s.sendall, b"AT\r", b"OK\r\n")
    assert board.stop()[0] == 0


def test_device_without_a_key(new_module):
    """What production gave no key starts anything, and says so."""
    assert new_module().ready["boot"] == "unsigned"


@pytest.mark.parametrize("args, words", [
    (["--version", "0"], "--version"), (["--version", "x"], "--version"),
    (["--name", "123456789"], "--name"), (["--name", "a b"], "--name"),
    (["--key", "/nonexistent"], "/nonexistent"),
    (["--key", "/etc/passwd"], "no PEM")])
def test_bad_wishes(board, args, words):
    wanted = {"--key": str(board.vendor / "vendor.pem"), "--version": "1",
              "--name": "1", **dict([args])}
    done = subprocess.run(
        [program("holdfast-factory"), "sign",
         *[x for pair in wanted.items() for x in pair], str(board.image)],
        capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (1, 2) and words in done.stderr, done.stderr
    assert not pathlib.Path(f"{board.image}.manifest").exists()


def test_manifest_is_a_cose_sign1(board):
    """Taken apart and verified by PyCryptodome, by RFC 9052 alone."""
    board.sign(version=7, name="1.2.3")
    manifest = board.image.with_suffix(".manifest").read_bytes()
    head = bytes.fromhex("84 43a10126 a0 58")
    assert manifest.startswith(head)
    length = manifest[len(head)]
    payload = manifest[len(head) + 1:len(head) + 1 + length]
    rest = manifest[len(head) + 1 + length:]
    assert rest[:2] == b"\x58\x40" and len(rest) == 66
    signed = b"\x84\x6aSignature1\x43\xa1\x01\x26\x40\x58" + \
        bytes([length]) + payload
    key = ECC.import_key((board.vendor / "vendor.pub").read_text())
    DSS.new(key, "fips-186-3").verify(SHA256.new(signed), rest[2:])
    image = board.image.read_bytes()
    assert payload == b"\xa4\x01\x07\x02\x1a" + \
        len(image).to_bytes(4, "big") + b"\x03\x58\x20" + \
        SHA256.new(image).digest() + b"\x04\x651.2.3"
