"""HTTPS and MQTT over TLS, with certificates and with keys of GetPSK, against
nginx, Mosquitto and openssl; and all of it in a chip-to-chip session."""
import os
import pathlib
import re
import socket
import subprocess
import time

import pytest

from conftest import PATIENCE, free_port, program, wait_until
from test_c2c import hosts  # noqa: F401
from test_module_http import Nginx
from test_module_mqtt import Broker
from test_module_security import openssl, pki, store  # noqa: F401

OK = b"\r\nOK\r\n"


@pytest.fixture(scope="module")
def server_pki(pki):
    """A certificate of the CA for localhost, beside those that there are."""
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", str(pki / "server.key"), "-out",
            str(pki / "server.csr"), "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost")
    openssl("x509", "-req", "-in", str(pki / "server.csr"), "-CA",
            str(pki / "ca.pem"), "-CAkey", str(pki / "ca.key"), "-copy_extensions",
            "copy", "-out", str(pki / "server.pem"), "-days", "30")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            str(pki / "other.key"), "-out", str(pki / "other.pem"), "-subj",
            "/CN=Other CA", "-days", "30")
    return pki


def ask(module, line, *codes):
    """Types a line, which has to be good, and reads up to one of the codes."""
    module.socket.sendall(line.encode() + b"\r")
    got = module.read_until(*(code.encode() + b"\r\n" for code in codes))
    assert got.startswith(OK), (line, got)
    return got


def run(module, *lines):
    """Types lines; each has to be answered with OK."""
    for line in lines:
        got = module.command(line)
        assert got.endswith(OK) and b"ERROR" not in got, (line, got)


def file_of(module, name):
    """AT+URDFILE."""
    module.socket.sendall(f'AT+URDFILE="{name}"\r'.encode())
    got = module.read_until(b'"\r\n\r\nOK\r\n')
    return got.partition(b',"')[2][:-9]


class Terminator:
    """psk-server before another server: keys come from GetPSK."""

    def __init__(self, account, port):
        self.process = subprocess.Popen(
            [program("psk-server"), "127.0.0.1:0", account.service.url,
             f"127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "HOLDFAST_TOKEN": account.token})
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def nginx(tmp_path, server_pki):
    server = Nginx(tmp_path / "nginx", server_pki)
    yield server
    server.stop()


def test_https_checks_the_server_as_the_profile_says(
        module, nginx, server_pki):
    store(module, 0, "ours", (server_pki / "ca.pem").read_bytes())
    store(module, 0, "other", (server_pki / "other.pem").read_bytes())
    run(module, "AT+USECPRF=1", "AT+USECPRF=1,0,3", 'AT+USECPRF=1,3,"ours"',
        "AT+UHTTP=1", 'AT+UHTTP=1,1,"localhost"', "AT+UHTTP=1,6,1,1",
        f"AT+UHTTP=1,5,{nginx.tls}")
    run(module, )
    ask(module, 'AT+UHTTPC=1,1,"/","r"', "+UUHTTPCR: 1,1,1")
    assert file_of(module, "r").endswith(b"\r\n\r\nhello from nginx\n")
    # Another CA; then the right one and another name.
    run(module, 'AT+USECPRF=1,3,"other"')
    ask(module, 'AT+UHTTPC=1,1,"/","r"', "+UUHTTPCR: 1,1,0")
    assert b"+UHTTPER: 1,3,73" in module.command("AT+UHTTPER=1")
    run(module, 'AT+USECPRF=1,3,"ours"', 'AT+USECPRF=1,4,"example.com"')
    ask(module, 'AT+UHTTPC=1,1,"/","r"', "+UUHTTPCR: 1,1,0")
    assert b"+UHTTPER: 1,3,73" in module.command("AT+UHTTPER=1")
    # A CA that is not there.
    run(module, 'AT+USECPRF=1,4,""', 'AT+USECPRF=1,3,"none"')
    ask(module, 'AT+UHTTPC=1,1,"/","r"', "+UUHTTPCR: 1,1,0")
    assert b"+UHTTPER: 1,3,73" in module.command("AT+UHTTPER=1")
    # Nothing is checked where the profile says so.
    run(module, "AT+USECPRF=1", "AT+USECPRF=1,0,0")
    ask(module, 'AT+UHTTPC=1,1,"/","r"', "+UUHTTPCR: 1,1,1")
    run(module, "AT+USECPRF=1", "AT+UHTTP=1", 'AT+USECMNG=2,0,"ours"',
        'AT+USECMNG=2,0,"other"')


def test_https_with_a_key_of_getpsk(module, account):
    """The key that the host fetched, and the one that its server asks for."""
    identity, _ = module.psk()
    key = account.run("psk", "--hex", identity).strip()
    port = free_port()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", str(port), "-nocert", "-psk", key,
         "-psk_identity", identity, "-www", "-quiet"],
        stdout=subprocess.DEVNULL)
    try:
        run(module, "AT+USECPRF=2", f'AT+USECPRF=2,8,"{key}",1',
            f'AT+USECPRF=2,9,"{identity}"', "AT+UHTTP=2",
            'AT+UHTTP=2,0,"127.0.0.1"', "AT+UHTTP=2,6,1,2",
            f"AT+UHTTP=2,5,{port}")

        def asked():
            got = ask(module, 'AT+UHTTPC=2,1,"/","r"', "+UUHTTPCR: 2,1,1",
                      "+UUHTTPCR: 2,1,0")
            return got.endswith(b",1\r\n")
        wait_until(asked, "s_server")
        page = file_of(module, "r")
        assert page.startswith(b"HTTP/1.0 200 ok\r\n")
        # The wrong key.
        run(module, f'AT+USECPRF=2,8,"{"00" * 16}",1')
        assert not asked()
        assert b"+UHTTPER: 2,3,73" in module.command("AT+UHTTPER=2")
    finally:
        server.kill()
        server.wait()
    run(module, "AT+USECPRF=2", "AT+UHTTP=2")


def test_the_seeds_https_example(new_module, account, nginx, tmp_path):
    """Section 6.1.1.2 as it is printed: the key is made per connection."""
    terminator = Terminator(account, nginx.port)
    (tmp_path / "hosts").write_text("127.0.0.1 localhost myservice.com\n")
    module = new_module(wrapper=(
        "unshare", "-rm", "sh", "-c",
        f'mount --bind {tmp_path}/hosts /etc/hosts && exec "$@"', "sh"),
        seal=account.profile)
    module.complete()
    try:
        assert module.command("AT+USECPRF=0,11,1") == OK
        assert module.command('AT+UHTTP=0,1,"myservice.com"') == OK
        assert module.command("AT+UHTTP=0,6,1,0") == OK
        run(module, f"AT+UHTTP=0,5,{terminator.port}")
        got = ask(module, 'AT+UHTTPC=0,1,"/"', "+UUHTTPCR: 0,1,1")
        assert got == OK + b"\r\n+UUHTTPCR: 0,1,1\r\n"
        assert file_of(module, "http_last_response_0").endswith(
            b"\r\n\r\nhello from nginx\n")
        # Each connection has a new key: a second works as well.
        run(module, )
        ask(module, 'AT+UHTTPC=0,1,"/"', "+UUHTTPCR: 0,1,1")
        run(module, "AT+USECPRF=0,11,0")
        ask(module, 'AT+UHTTPC=0,1,"/"', "+UUHTTPCR: 0,1,0")
        # Without the network.
        run(module, "AT+CFUN=4")
        assert module.error('AT+UHTTPC=0,1,"/"') == \
            "+CME ERROR: No connection to phone"
    finally:
        terminator.stop()


def test_silent_name_servers_hold_nobody_up(new_module, account, tmp_path):
    """A request whose name is not found in time ends, and others go on."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        silent.bind(("127.0.0.77", 53))
    except PermissionError:
        pytest.skip("port 53 is root's here")
    (tmp_path / "resolv.conf").write_text(
        "nameserver 127.0.0.77\noptions timeout:30 attempts:1\n")
    module = new_module(wrapper=(
        "unshare", "-rm", "sh", "-c", f"mount --bind {tmp_path}/resolv.conf "
        '/etc/resolv.conf && exec "$@"', "sh"), seal=account.profile)
    module.complete()
    for profile in range(3):
        run(module, f'AT+UHTTP={profile},1,"silent.example.com"',
            f"AT+UHTTP={profile},7,1")
    start = time.monotonic()
    for profile in range(3):
        ask(module, f'AT+UHTTPC={profile},1,"/"', f"+UUHTTPCR: {profile},1,0")
        assert b"+UHTTPER: %d,3,14\r\n" % profile in \
            module.command(f"AT+UHTTPER={profile}")
        assert module.command("AT") == OK
    # Of 3 seconds; whoever waits for one name takes 30.
    assert time.monotonic() - start < 30
    # A name that is given up goes on for a while; there are so many at most.
    run(module, "AT+USOCR=6")
    errors = set()
    for _ in range(20):
        module.command('AT+USOCO=0,"silent.example.com",1,1')
        module.command("AT+USOCL=0")
        module.command("AT+USOCR=6")
        errors.add(module.command("AT+USOER"))
    assert b"\r\n+USOER: 11\r\n" + OK in errors
    assert len(list(pathlib.Path(
        f"/proc/{module.process.pid}/task").iterdir())) <= 17
    silent.close()


def test_the_seeds_encryption_example(module, account):
    """Section 6.2.3 as it is printed: 13 bytes give 45 that open again."""
    module.command('AT+USECOPCMD="e2e_enc",0')
    message = module.encrypt(b"datatoencrypt")
    assert len(message) == 45
    done = subprocess.run(
        [program("holdfast"), "decrypt", "-"], input=message,
        capture_output=True, check=True, timeout=PATIENCE,
        env={"HOLDFAST_URL": account.service.url,
             "HOLDFAST_CREDENTIALS": str(account.credentials)})
    assert done.stdout == b"datatoencrypt"


def mqtt_round(module, port):
    """Logs in, subscribes, publishes, reads, logs out."""
    run(module, f'AT+UMQTT=2,"localhost",{port}')
    ask(module, "AT+UMQTTC=1", "+UUMQTTC: 1,1")
    ask(module, 'AT+UMQTTC=4,0,"t"', '+UUMQTTC: 4,1,0,"t"')
    # The message may be back before it is acknowledged.
    module.socket.sendall(b'AT+UMQTTC=2,1,0,0,"t","secure"\r')
    got = module.read(lambda got: all(
        code in got for code in (b"\r\n+UUMQTTC: 2,1\r\n",
                                 b"\r\n+UUMQTTC: 6,1\r\n")), PATIENCE)
    assert got.startswith(OK), got
    assert b'+UMQTTC: 6,0,7,1,"t",6,"secure"' in \
        module.command("AT+UMQTTC=6,1")
    ask(module, "AT+UMQTTC=0", "+UUMQTTC: 0,1")


def test_mqtt_over_tls(module, server_pki, tmp_path):
    broker = Broker(
        tmp_path / "broker", "allow_anonymous true",
        f"cafile {server_pki}/ca.pem", f"certfile {server_pki}/server.pem",
        f"keyfile {server_pki}/server.key", "require_certificate true",
        "use_identity_as_username true")
    try:
        store(module, 0, "ca", (server_pki / "ca.pem").read_bytes())
        store(module, 1, "cert", (server_pki / "client.pem").read_bytes())
        store(module, 2, "key", (server_pki / "client.key").read_bytes())
        run(module, "AT+USECPRF=3", "AT+USECPRF=3,0,2", 'AT+USECPRF=3,3,"ca"',
            "AT+UMQTTNV=0", "AT+UMQTT=11,1,3")
        # The broker wants a certificate.
        run(module, f'AT+UMQTT=2,"localhost",{broker.port}')
        ask(module, "AT+UMQTTC=1", "+UUMQTTC: 1,0", "+UUMQTTC: 0,101")
        run(module, 'AT+USECPRF=3,5,"cert"', 'AT+USECPRF=3,6,"key"')
        mqtt_round(module, broker.port)
        assert "u'client'" in broker.log()
        # Another name than that of the certificate.
        run(module, 'AT+USECPRF=3,4,"example.com"')
        ask(module, "AT+UMQTTC=1", "+UUMQTTC: 1,0")
        assert b"+UMQTTER: 13,7" in module.command("AT+UMQTTER")
    finally:
        broker.stop()
    run(module, "AT+USECPRF=3", "AT+UMQTTNV=0", 'AT+USECMNG=2,0,"ca"',
        'AT+USECMNG=2,1,"cert"', 'AT+USECMNG=2,2,"key"')


def test_mqtt_with_a_key_of_getpsk(module, account, tmp_path):
    """Mosquitto's own PSK, its file fed by GetPSK."""
    identity, _ = module.psk()
    key = account.run("psk", "--hex", identity).strip()
    (tmp_path / "psk").write_text(f"{identity}:{key}\n")
    broker = Broker(tmp_path / "broker", "allow_anonymous true",
                    "psk_hint hint", f"psk_file {tmp_path}/psk",
                    "use_identity_as_username true", "tls_version tlsv1.2")
    try:
        run(module, "AT+USECPRF=4", f'AT+USECPRF=4,8,"{key}",1',
            f'AT+USECPRF=4,9,"{identity}"', "AT+UMQTTNV=0",
            "AT+UMQTT=11,1,4")
        mqtt_round(module, broker.port)
        assert f"u'{identity}'" in broker.log()
    finally:
        broker.stop()
    run(module, "AT+USECPRF=4", "AT+UMQTTNV=0")


def test_mqtt_with_a_key_of_the_root_of_trust(module, account, tmp_path):
    """The key is made for the connection, and GetPSK tells it the server."""
    broker = Broker(tmp_path / "broker", "allow_anonymous true")
    terminator = Terminator(account, broker.port)
    try:
        run(module, "AT+USECPRF=4", "AT+USECPRF=4,11,1", "AT+UMQTTNV=0",
            "AT+UMQTT=11,1,4")
        mqtt_round(module, terminator.port)
    finally:
        terminator.stop()
        broker.stop()
    run(module, "AT+USECPRF=4", "AT+UMQTTNV=0")


def test_in_a_chip_to_chip_session(new_module, hosts, nginx, server_pki,
                                   tmp_path):
    """HTTPS and MQTT inside frames, their result codes too."""
    broker = Broker(tmp_path / "broker", "allow_anonymous true")
    module = new_module("--offline", "--pty", str(tmp_path / "tty"))
    host = hosts(str(tmp_path / "tty"))
    host.open(host.pair())
    try:
        for line in ("AT+USECMODE=0", "AT+CEREG=1", "AT+USECPRF=0,0,0",
                     'AT+UHTTP=0,1,"localhost"', "AT+UHTTP=0,6,1,0",
                     f"AT+UHTTP=0,5,{nginx.tls}"):
            assert host.ask(line).endswith(OK), line
        host.write(b"AT+CFUN=1\r")
        host.read(rb"OK\r\n.*\+CEREG: 1\r\n$")
        host.write(b'AT+UHTTPC=0,1,"/","r"\r')
        host.read(rb"OK\r\n\r\n\+UUHTTPCR: 0,1,1\r\n$")
        host.write(b'AT+URDFILE="r"\r')
        got = host.read(rb"OK\r\n$")
        assert b"\r\n\r\nhello from nginx\n" in got
        assert host.ask(f'AT+UMQTT=3,"127.0.0.1",{broker.port}') == OK
        host.write(b"AT+UMQTTC=1\r")
        host.read(rb"\+UUMQTTC: 1,1\r\n$")
        host.write(b'AT+UMQTTC=4,0,"t"\r')
        host.read(rb'\+UUMQTTC: 4,1,0,"t"\r\n$')
        data = bytes(range(256)) * 8
        host.write(b'AT+UMQTTC=9,0,0,"t",%d\r' % len(data))
        host.read(rb">$")
        host.write(data)
        host.read(rb"\+UUMQTTC: 6,1\r\n")
        host.write(b"AT+UMQTTC=6,1\r")
        got = host.read(rb"OK\r\n$")
        assert b'6,0,2049,1,"t",2048,"' + data + b'"' in got
        assert host.shut() == OK
    finally:
        broker.stop()
    assert module.process.poll() is None
