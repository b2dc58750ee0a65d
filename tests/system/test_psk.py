"""The seed's PSK example (6.1.1.1, option 1) from its first step to its last."""
import base64
import json
import subprocess

import pytest

from conftest import PATIENCE, free_port, program, wait_until


def listening(port):
    """Whether something listens, by the kernel's table, without a connect."""
    table = open("/proc/net/tcp").read() + open("/proc/net/tcp6").read()
    return any(f":{port:04X} " in line and " 0A " in line
               for line in table.splitlines())


def s_client(port, identity, psk, *options, expect=b"\n"):
    """
    openssl s_client as the seed types it: sends a line; what came back when
    it holds what was expected, or when the client gave up.
    """
    client = subprocess.Popen(
        ["openssl", "s_client", "-psk_identity", identity, "-psk", psk,
         "-connect", f"127.0.0.1:{port}", "-quiet", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    got = b""
    try:
        client.stdin.write(b"hello from the device\n")
        client.stdin.flush()
        while expect not in got:
            chunk = client.stdout.read1(4096)
            if not chunk:
                break
            got += chunk
    except BrokenPipeError:
        got += client.stdout.read()
    finally:
        client.kill()
        client.communicate()
    return got


@pytest.fixture
def s_server():
    """openssl s_server that knows one PSK and turns lines round."""
    running = []

    def start(identity, psk, *options):
        port = free_port()
        running.append(subprocess.Popen(
            ["openssl", "s_server", "-nocert", "-psk", psk, "-psk_identity",
             identity, "-accept", str(port), "-rev", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        wait_until(lambda: listening(port), "s_server")
        return port
    yield start
    for process in running:
        process.kill()
        process.communicate()


def get_psk(account, identity, length="128"):
    """GetPSK with curl, as the seed types it."""
    done = subprocess.run(
        ["curl", "-s", "-X", "POST", f"{account.service.url}/v1/GetPSK",
         "-H", "accept: application/json",
         "-H", f"Authorization: {account.token}",
         "-H", "Content-Type: application/json",
         "-d", json.dumps({"KeyID": identity, "KeyLength": length})],
        capture_output=True, text=True, check=True, timeout=PATIENCE)
    return done.stdout


def test_answer_is_as_printed(module, account):
    identity, psk = module.psk(16)
    uid = module.ready["uid"]
    key = base64.b64encode(bytes.fromhex(psk)).decode()
    assert get_psk(account, identity).strip() == (
        '{\n  "Key": "%s",\n  "ROTPublicUID": "%s"\n}' % (key, uid))


@pytest.mark.parametrize("name", ["USECPSK", "USECPK"])
@pytest.mark.parametrize("length", [16, 32])
def test_both_sides_derive_the_same(module, account, name, length):
    identity, psk = module.psk(length, name)
    assert identity.startswith("1101") and len(psk) == 2 * length
    answer = json.loads(get_psk(account, identity, str(8 * length)))
    assert base64.b64decode(answer["Key"]).hex().upper() == psk


def test_every_call_gives_another_identity(module):
    seen = {module.psk() for _ in range(20)}
    assert len({identity for identity, _ in seen}) == 20
    assert len({psk for _, psk in seen}) == 20


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_connects(module, account, s_server, version):
    identity, psk = module.psk(16)
    answer = json.loads(get_psk(account, identity))
    fetched = base64.b64decode(answer["Key"]).hex()
    port = s_server(identity, fetched, version)
    turned = b"ecived eht morf olleh"
    assert turned in s_client(port, identity, psk, version, expect=turned)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_wrong_key_is_refused(module, account, s_server, version):
    identity, psk = module.psk(16)
    answer = json.loads(get_psk(account, identity))
    fetched = base64.b64decode(answer["Key"]).hex()
    port = s_server(identity, fetched, version)
    wrong = f"{int(psk, 16) ^ 1:032X}"
    turned = b"ecived eht morf olleh"
    got = s_client(port, identity, wrong, version, expect=turned)
    assert turned not in got and b"alert" in got


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_callback_program(module, account, version):
    """A server after the seed's C example asks GetPSK during the handshake."""
    server = subprocess.Popen(
        [program("psk-server"), "127.0.0.1:0", account.service.url],
        env={"HOLDFAST_TOKEN": account.token}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        port = int(line.rsplit(":", 1)[1])
        identity, psk = module.psk(16)
        hello = b"hello from the device"
        assert hello in s_client(port, identity, psk, version, expect=hello)
        wrong = f"{int(psk, 16) ^ 1:032X}"
        got = s_client(port, identity, wrong, version, expect=hello)
        assert hello not in got and b"alert" in got
        unknown = "1101" + "00" * 12
        got = s_client(port, unknown, psk, version, expect=hello)
        assert hello not in got and b"alert" in got
        identity, psk = module.psk(16)
        assert hello in s_client(port, identity, psk, version, expect=hello)
    finally:
        server.kill()
        server.communicate()


def refused(account, body, status):
    """A GetPSK that has to fail with a problem document; that document."""
    got, text = account.curl("/v1/GetPSK", body)
    problem = json.loads(text)
    assert got == status, text
    assert problem["status"] == status and problem["title"], text
    assert "Key" not in problem
    return problem


def test_three_conditions(module, account):
    """Step 5: the customer, the device's owner, the service on the device."""
    identity, _ = module.psk()
    status, _ = account.curl("/v1/GetPSK", {"KeyID": identity}, token="")
    assert status == 401
    status, _ = account.curl("/v1/GetPSK", {"KeyID": identity}, token="x" * 43)
    assert status == 401
    unknown = refused(account, {"KeyID": "1101" + "AB" * 12}, 404)
    assert unknown["type"]
    for bad in ("", "1101", identity + "00", identity[:-1] + "g",
                "2" + identity[1:], identity[:2] + "02" + identity[4:]):
        refused(account, {"KeyID": bad}, 400)
    for length in ("64", 64, "abc", 129, None, []):
        refused(account, {"KeyID": identity, "KeyLength": length}, 400)


def test_curl_writes_no_secret_to_the_log(module, account, service):
    identity, psk = module.psk()
    key = json.loads(get_psk(account, identity))["Key"]
    log = service.logged()
    assert key not in log and psk not in log and account.token not in log
