"""The example programs of libholdfast-host against a real module."""
import base64
import json
import subprocess

import pytest
from Cryptodome.Cipher import AES

from conftest import PATIENCE, program


@pytest.fixture(params=["pty", "tcp"])
def line(request, account, new_module, tmp_path):
    """A bootstrapped module, and the line to it as the programs name it."""
    pty = tmp_path / "line"
    module = new_module("--pty", str(pty), seal=account.profile)
    module.complete()
    return str(pty) if request.param == "pty" else module.ready["tcp"]


def run(name, *args, check=True):
    done = subprocess.run([program(name), *args], capture_output=True,
                          text=True, timeout=PATIENCE)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def ask(account, path, body):
    """The answer of a call that has to succeed."""
    status, text = account.curl(path, body)
    assert status == 200, text
    return json.loads(text)


@pytest.mark.parametrize("length", ["16", "32"])
def test_hello_psk(line, account, length):
    words = run("hello-psk", line, length).stdout.split()
    identity, key = words[1], words[3]
    answer = ask(account, "/v1/GetPSK",
                 {"KeyID": identity, "KeyLength": str(8 * int(length))})
    assert base64.b64decode(answer["Key"]).hex() == key


@pytest.mark.parametrize("version", ["1", "2"])
def test_hello_e2e(line, account, version):
    text = "HELLO" + 300 * "x"
    message = bytes.fromhex(run("hello-e2e", line, text, version).stdout)
    header_len, tag_len = (16, 16) if version == "1" else (11, 8)
    answer = ask(account, "/v1/GetE2EDecryptionParameters",
                 {"EncryptedHeader": message[:header_len].hex()})
    cipher = AES.new(base64.b64decode(answer["Key"]), AES.MODE_CCM,
                     nonce=base64.b64decode(answer["Nonce"]),
                     mac_len=tag_len)
    assert cipher.decrypt_and_verify(
        message[header_len:-tag_len], message[-tag_len:]) == text.encode()


def test_module_refuses(account, new_module):
    """What the module says is what the program says."""
    module = new_module("--offline")
    failed = run("hello-psk", module.ready["tcp"], check=False)
    assert failed.returncode == 1
    assert "the module says: " in failed.stderr


def test_no_module(tmp_path):
    assert run("hello-psk", str(tmp_path / "none"), check=False).returncode == 1
    assert run("hello-psk", "127.0.0.1:1", check=False).returncode == 1
    assert run("hello-psk", check=False).returncode == 2
