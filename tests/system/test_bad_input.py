"""Whatever comes in: a clear error each, nothing lost, no growth."""
import json
import pathlib
import re
import socket
import subprocess
import threading
import time

import pytest

from conftest import PATIENCE, SANITIZED, Account, wait_until


def resident_kib(pid):
    """Resident memory of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+)", status).group(1))


def problem(account, path, status, **kwargs):
    """A call that has to fail with problem+json; the document."""
    got, text = account.curl(path, **kwargs)
    assert got == status, text
    document = json.loads(text)
    assert document["status"] == status
    assert document["title"] and document["type"]
    return document


@pytest.mark.parametrize("raw", [
    "", "{", "}", "[]", "null", "1", '"x"', "{\"KeyID\":}", "{" * 5000,
    "[" * 5000, '{"KeyID": "a", "KeyID": "b"}', '{"KeyID": 1}',
    '{"KeyID": null}', '{"KeyID": ["11"]}', '{"KeyID": {"a": 1}}',
    '{"KeyID": "11"} x', '{"KeyID": "\\u0000"}', "\xff\xfe", '{"KeyID": true}',
    '{"Other": 1}', '{}'])
def test_malformed_json(account, raw):
    problem(account, "/v1/GetPSK", 400, raw=raw)


@pytest.mark.parametrize("path,body,pointer", [
    ("/v1/GetPSK", {"KeyID": "1101" + "00" * 12, "Extra": 1}, "/Extra"),
    ("/v1/GetPSK", {"KeyID": 5}, "/KeyID"),
    ("/v1/GetE2EDecryptionParameters", {"EncryptedHeader": []},
     "/EncryptedHeader"),
    ("/v1/authenticate", {"APIKey": 1, "APISecret": "x"}, "/APIKey"),
    ("/v1/deviceprofiles", {"Name": 7}, "/Name"),
    ("/v1/deviceprofiles", {"Name": "x", "Colour": "red"}, "/Colour")])
def test_bad_fields_are_named(account, path, body, pointer):
    assert pointer in json.dumps(problem(account, path, 400, body=body))


def test_paths_and_methods(account):
    problem(account, "/v1/nothing", 404)
    problem(account, "/v1/GetPSK", 405)
    assert account.curl("/v1/devices/zzzz")[0] in (400, 404)


def test_tokens(account):
    """No token, a wrong one, a foreign one, one in the wrong place."""
    body = {"KeyID": "1101" + "00" * 12}
    for token in ("", "x", "Bearer", "Bearer x", "A" * 43, "A" * 4000):
        problem(account, "/v1/GetPSK", 401, body=body, token=token)
    assert account.curl("/v1/GetPSK", body,
                        token="Bearer " + account.token)[0] == 404


def test_wrong_secret(account):
    known = json.loads(account.credentials.read_text())
    problem(account, "/v1/authenticate", 401, token="",
            body={"APIKey": known["APIKey"], "APISecret": "wrong"})
    problem(account, "/v1/authenticate", 401, token="",
            body={"APIKey": "unknown", "APISecret": known["APISecret"]})
    good = json.loads(account.curl("/v1/Authorize", token="", body={
        "APIKey": known["APIKey"], "APISecret": known["APISecret"]})[1])
    assert good["AuthToken"] and good["RefreshToken"]
    fresh = account.curl("/v1/token/refresh", token="",
                         body={"RefreshToken": good["RefreshToken"]})
    assert fresh[0] == 200 and json.loads(fresh[1])["AuthToken"]
    problem(account, "/v1/token/refresh", 401, token="",
            body={"RefreshToken": good["AuthToken"]})


def test_expired_token(new_service, tmp_path):
    """A token of one second dies; a fresh one lives."""
    service = new_service()
    account = Account(service, tmp_path)
    service.stop()
    service.options = ("--set", "api.token_s=1")
    service.start()
    body = {"KeyID": "1101" + "00" * 12}
    token = account.run("token").strip()
    wait_until(lambda: account.curl("/v1/GetPSK", body, token=token)[0] == 401,
               "the token's end")
    wait_until(lambda: account.curl("/v1/GetPSK", body,
                                    token=account.run("token").strip())[0]
               == 404, "an answer to a fresh one")


def test_large_bodies(account, service):
    """1 MiB where 64 KiB are allowed: 413, and no memory kept."""
    before = resident_kib(service.child("api"))
    for _ in range(20):
        status, text = account.curl("/v1/GetPSK", raw="x" * (1 << 20))
        assert status == 413 and json.loads(text)["status"] == 413
    growth = resident_kib(service.child("api")) - before
    assert growth < (40000 if SANITIZED else 4096), growth


def test_slow_clients(account, service):
    """400 clients that never finish do not keep others out."""
    host, port = service.api.rsplit(":", 1)
    slow = []
    for i in range(400):
        client = socket.create_connection((host, int(port)), PATIENCE)
        client.sendall(b"POST /v1/GetPSK HTTP/1.1\r\nHost: x\r\n"
                       b"Content-Length: 100\r\n\r\n{" [:20 + i % 60])
        slow.append(client)
    started = time.monotonic()
    assert account.curl("/healthz", token="")[0] == 200
    assert time.monotonic() - started < PATIENCE
    for client in slow:
        client.close()
    assert account.curl("/healthz", token="")[0] == 200


def test_thousand_connections(account, service):
    """1,000 at once are served, each of them."""
    host, port = service.api.rsplit(":", 1)
    clients = [socket.create_connection((host, int(port)), PATIENCE)
               for _ in range(1000)]
    for client in clients:
        client.settimeout(PATIENCE)
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    for client in clients:
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
        client.close()


def test_half_requests(account, service):
    """Connections cut at every byte of a request lose nothing."""
    host, port = service.api.rsplit(":", 1)
    request = (b"POST /v1/GetPSK HTTP/1.1\r\nHost: x\r\nAuthorization: " +
               account.token.encode() + b"\r\nContent-Length: 16\r\n\r\n"
               b'{"KeyID": "11"}\n')
    for cut in range(0, len(request), 3):
        with socket.create_connection((host, int(port)), PATIENCE) as client:
            client.sendall(request[:cut])
    assert account.curl("/healthz", token="")[0] == 200


def test_random_datagrams(account, service, module, rng):
    """10,000 random datagrams, and mutated CoAP, at the device port."""
    devices = service.child("devices")
    before = resident_kib(devices)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    to = ("127.0.0.1", service.device_port)
    seeds = [bytes.fromhex(text) for text in (
        "40021234b165ff", "400212345102652fff",
        "40021234b165fff50302" "5820" + "11" * 32 + "01",
        "400212349c0d" + "010203040506070809aabb" + "ff" + "02" * 9,
        "40011234bb2e77656c6c2d6b6e6f776e04636f7265",
        "4002123492090037c0ff" + "52" + "33" * 18 + "44" * 30)]
    for i in range(10000):
        if i % 2:
            data = rng.randbytes(rng.randrange(0, 200))
        else:
            data = bytearray(rng.choice(seeds))
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            data = bytes(data[:rng.randrange(len(data) + 1)])
        sock.sendto(data, to)
    sock.sendto(rng.randbytes(1400), to)
    sock.sendto(rng.randbytes(9000), to)
    assert service.child("devices") == devices, "the process was replaced"
    growth = resident_kib(devices) - before
    assert growth < (100000 if SANITIZED else 16384), growth


def test_bootstrap_after_the_flood(account, new_module):
    """The flood before has locked nobody out."""
    module = new_module(seal=account.profile)
    module.complete(patience=60)


def test_at_lines(module):
    """64 KiB lines, control bytes, wrong counts and types."""
    module.socket.sendall(b"AT+" + b"A" * 65536 + b"\r")
    got = module.read_until(b"\r\n")
    while b"ERROR" not in got:
        got += module.read_until(b"\r\n")
    assert got.count(b"ERROR") == 1
    assert module.command("AT") == b"\r\nOK\r\n"
    for bad in ("AT+USECPSK=15", "AT+USECPSK=", "AT+USECPSK", "AT+USECPSK=16,1",
                "AT+USECPSK=99999999999999999999", 'AT+USECPSK="16"',
                "AT+USECPSK=-16", "AT+USECE2EDATAENC=0", "AT+USECE2EDATAENC=-1",
                "AT+USECE2EDATAENC=16777216", 'AT+USECOPCMD="e2e_enc",2',
                'AT+USECOPCMD="other",0', 'AT+USECDEVINFO="short"',
                'AT+USECDEVINFO="x","y"', "AT+CMEE=9", "AT+NOSUCH", "AT+",
                'AT+URDFILE="no-such-file"', 'AT+UDWNFILE="../x",3',
                'AT+UDWNFILE="a/b",3', "AT+USECROTUID=1", "AT\x01"):
        assert "ERROR" in module.error(bad), bad
    assert module.psk()


def test_half_lines_of_a_lost_terminal(module, account):
    """A terminal that goes away within a prompt takes nothing with it."""
    host, port = module.ready["tcp"].rsplit(":", 1)
    for half in (b"AT+USECPS", b"AT+USECE2EDATAENC=100\rhalf of it",
                 b'AT+UDWNFILE="half",100\rhalf', b"\r\r\r", b"\0\0\0"):
        with socket.create_connection((host, int(port)), PATIENCE) as line:
            line.sendall(half)
    assert module.psk()
    assert b"half" not in module.command("AT+ULSTFILE=0")
