"""Messages to a device (the seed's 6.2.2): PyCryptodome encrypts with what the
REST call gave, the module decrypts, once."""
import http.client
import json
import re
from base64 import b64decode

import pytest
from Cryptodome.Cipher import AES

from conftest import PATIENCE, Account

PATH = "/v1/e2e/downlink/protectionparameters/get"
BAD_DATA = "SEC data inconsistent or unsupported"


def ask(account, uid, version):
    """What encrypts one message to a device."""
    return account.post(PATH, {"ROTPublicUID": uid, "Version": version})


def seal(answer, plaintext):
    """A message as a customer's back end makes it."""
    mac_len = answer["MACLength"] // 8
    cipher = AES.new(b64decode(answer["Key"]), AES.MODE_CCM,
                     nonce=b64decode(answer["Nonce"]), mac_len=mac_len)
    ciphertext, mac = cipher.encrypt_and_digest(plaintext)
    return bytes.fromhex(answer["EncryptedHeader"]) + ciphertext + mac


def open_on(module, message):
    """AT+USECE2EDATADEC: the plaintext, or the error's text."""
    module.socket.sendall(b"AT+USECE2EDATADEC=%d\r" % len(message))
    module.read_until(b">")
    module.socket.sendall(message)
    got = module.receive()
    while not got.endswith((b"\r\nOK\r\n", b"\r\n")) or (
            b"USECE2EDATADEC" in got and not got.endswith(b"\r\nOK\r\n")):
        got += module.receive()
    error = re.fullmatch(rb"\r\n\+CME ERROR: ([^\r]*)\r\n", got)
    if error:
        return error[1].decode()
    head = re.match(rb'\r\n\+USECE2EDATADEC: (\d+),"', got)
    end = head.end() + int(head[1])
    assert got[end:] == b'"\r\n\r\nOK\r\n', got
    return got[head.end():end]


@pytest.mark.parametrize("version", [1, 2])
def test_a_message_opens_once(module, account, version):
    answer = ask(account, module.ready["uid"], version)
    message = seal(answer, b"HELLO")
    assert len(message) == (37 if version == 1 else 24)
    assert message[0] == (0x12 if version == 1 else 0x22)
    assert open_on(module, message) == b"HELLO"
    # A second time, and as a message of the other way.
    assert open_on(module, message) == BAD_DATA
    status, _ = account.curl("/v1/GetE2EDecryptionParameters",
                             {"EncryptedHeader": answer["EncryptedHeader"]})
    assert status == 400


@pytest.mark.parametrize("version", [1, 2])
def test_any_order_any_bytes(module, account, version, rng):
    messages = []
    for size in (0, 1, 15, 16, 17, 1024):
        plaintext = rng.randbytes(size)
        messages.append((plaintext, seal(
            ask(account, module.ready["uid"], version), plaintext)))
    rng.shuffle(messages)
    for plaintext, message in messages:
        assert open_on(module, message) == plaintext


def test_every_changed_byte_is_an_error(module, account):
    message = seal(ask(account, module.ready["uid"], 2), b"HELLO")
    for place in range(len(message)):
        bad = bytearray(message)
        bad[place] ^= 0x10
        assert open_on(module, bytes(bad)) == BAD_DATA, place
    # None of them has used it up.
    assert open_on(module, message) == b"HELLO"
    assert open_on(module, message[:-1]) == BAD_DATA


def test_another_device_opens_nothing(module, new_module, account):
    other = new_module(seal=account.profile, serial="SN-0002")
    other.complete()
    message = seal(ask(account, other.ready["uid"], 1), b"HELLO")
    assert open_on(module, message) == BAD_DATA
    assert open_on(other, message) == b"HELLO"


def test_only_its_owner_writes_to_a_device(module, account):
    uid = module.ready["uid"]
    status, _ = account.curl(PATH, {"ROTPublicUID": uid}, token="")
    assert status == 401
    status, text = account.curl(PATH, {"ROTPublicUID": "0002FFFFFFFFFFFF"})
    assert status == 404
    assert json.loads(text)["type"].endswith("unknown-device")
    for body in ({}, {"ROTPublicUID": uid[:-1]}, {"ROTPublicUID": uid,
                                                 "Version": 3}):
        assert account.curl(PATH, body)[0] == 400
    account.run("features", "set", uid, "E2EDataProtection=off")
    try:
        status, text = account.curl(PATH, {"ROTPublicUID": uid})
        assert status == 403
        assert json.loads(text)["type"].endswith("service-disabled")
    finally:
        account.run("features", "set", uid, "E2EDataProtection=on")


def test_counters_outlive_kill_9_of_the_service(new_service, tmp_path,
                                                new_module):
    service = new_service()
    account = Account(service, tmp_path)
    module = new_module(owner=account, seal=account.profile)
    module.complete()
    uid = module.ready["uid"]
    seen = [ask(account, uid, version)["EncryptedHeader"]
            for version in (1, 1, 2, 2)]
    service.kill()
    service.start()
    account.token = account.run("token").strip()
    last = [ask(account, uid, version) for version in (1, 2)]
    assert int(last[0]["EncryptedHeader"][16:28], 16) > \
        int(seen[1][16:28], 16)
    assert int(last[1]["EncryptedHeader"][14:], 16) > int(seen[3][14:], 16)
    for answer in last:
        assert open_on(module, seal(answer, b"after")) == b"after"


def test_version_2_has_a_counter_a_second(module, account):
    uid = module.ready["uid"]
    body = json.dumps({"ROTPublicUID": uid, "Version": 2})
    # Over one connection: a program for each call may be as slow as the clock.
    api = http.client.HTTPConnection(account.service.api, timeout=PATIENCE)
    for _ in range(400):
        api.request("POST", PATH, body, {"Authorization": account.token,
                                         "Content-Type": "application/json"})
        answer = api.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            break
    api.close()
    assert answer.status == 503, text
    assert "clock" in json.loads(text)["detail"]
    ask(account, uid, 1)


def test_the_command_line(module, account, tmp_path):
    uid = module.ready["uid"]
    answer = json.loads(account.run("downlink", uid))
    assert list(answer) == ["EncryptedHeader", "CipherSuite", "Key",
                            "MACLength", "Nonce"]
    assert open_on(module, seal(answer, b"by hand")) == b"by hand"
    (tmp_path / "text").write_bytes(b"from a file\n")
    account.run("encrypt", uid, str(tmp_path / "text"), "--out",
                str(tmp_path / "message"))
    assert open_on(module, (tmp_path / "message").read_bytes()) == \
        b"from a file\n"
    assert account.run("encrypt", uid, str(tmp_path / "none"),
                       check=False).returncode == 3
    assert account.run("encrypt", "0002FFFFFFFFFFFF", str(tmp_path / "text"),
                       check=False).returncode == 1
