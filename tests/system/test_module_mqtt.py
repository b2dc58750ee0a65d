"""MQTT of the module against a Mosquitto broker and its own clients."""
import re
import socket
import subprocess
import threading

import pytest

from conftest import PATIENCE, free_port, listened_at, wait_until
from test_module_at import device, service, start  # noqa: F401
from test_module_http import host  # noqa: F401


class Broker:
    """A Mosquitto broker on a port of its own; lines go to its settings."""

    def __init__(self, folder, *lines):
        folder.mkdir()
        self.folder = folder
        self.port = free_port()
        self.lines = lines
        self.start()

    def start(self):
        path = self.folder / "mosquitto.conf"
        path.write_text("\n".join([
            f"listener {self.port} 127.0.0.1", "log_type all",
            "log_dest stderr", "user root", *self.lines, ""]))
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/mosquitto", "-c", str(path)], stderr=log)
        wait_until(lambda: listened_at(self.port), "the broker")

    def log(self):
        return (self.folder / "log").read_text()

    def publish(self, *args):
        subprocess.run(["mosquitto_pub", "-p", str(self.port), *args],
                       check=True, timeout=PATIENCE)

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


class Listener:
    """mosquitto_sub, which prints topic, QoS, retain flag and hex."""

    def __init__(self, broker, topic):
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-p", str(broker.port), "-q", "2", "-t", topic,
             "-i", topic, "-W", str(PATIENCE), "-F", "%t %q %r %x"],
            stdout=subprocess.PIPE, text=True)
        wait_until(lambda: f"Sending SUBACK to {topic}" in broker.log(),
                   "the listener")

    def line(self):
        line = self.process.stdout.readline()
        assert line, "the listener has gone"
        return line.strip()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def broker(tmp_path):
    running = Broker(tmp_path / "broker", "allow_anonymous true")
    yield running
    running.stop()


def log_in(host, broker, result=1):
    host.command(b'AT+UMQTT=3,"127.0.0.1",%d' % broker.port)
    host.command(b"AT+UMQTTC=1")
    host.wait(rf"\+UUMQTTC: 1,{result}")


def test_publish_in_every_way(host, broker):
    listener = Listener(broker, "a/#")
    log_in(host, broker)
    host.command(b'AT+UMQTTC=2,0,0,0,"a/text","hello"')
    host.wait(r"\+UUMQTTC: 2,1")
    assert listener.line() == "a/text 0 0 68656c6c6f"
    host.command(b'AT+UMQTTC=2,1,0,1,"a/hex","00ff0d0a"')
    host.wait(r"\+UUMQTTC: 2,1")
    assert listener.line() == "a/hex 1 0 00ff0d0a"
    data = bytes(range(256)) * 4
    host.send(b'AT+UMQTTC=9,2,0,"a/binary",%d\r' % len(data))
    assert host.port.read_until(b">").endswith(b">")
    host.send(data)
    host.wait(r"\+UUMQTTC: 9,1")
    assert listener.line() == "a/binary 2 0 " + data.hex()
    host.send(b'AT+UDWNFILE="f",3\r')
    host.port.read_until(b">")
    host.send(b"abc")
    assert host.command(b"") == []
    host.command(b'AT+UMQTTC=3,1,1,"a/file","f"')
    host.wait(r"\+UUMQTTC: 3,1")
    assert listener.line() == "a/file 1 0 616263"
    listener.stop()
    # It was retained: whoever comes later hears it.
    late = Listener(broker, "a/file")
    assert late.line() == "a/file 1 1 616263"
    late.stop()
    host.command(b"AT+UMQTTC=0")
    host.wait(r"\+UUMQTTC: 0,1")
    # Nothing answers a DISCONNECT: the broker may read it later.
    wait_until(lambda: "Received DISCONNECT from" in broker.log(),
               "the end of the session")


def read_message(host):
    """AT+UMQTTC=6,1: (QoS, topic, bytes)."""
    host.send(b"AT+UMQTTC=6,1\r")
    head = b""
    while not re.search(rb'\+UMQTTC: 6,(\d),(\d+),(\d+),"$', head):
        head += host.read(1)
        assert b"ERROR" not in head, head
    match = re.search(rb'\+UMQTTC: 6,(\d),(\d+),(\d+),"$', head)
    topic = host.read(int(match[3]))
    assert host.read(2) == b'",'
    size = int(host.port.read_until(b",")[:-1])
    assert size + len(topic) == int(match[2])
    assert host.read(1) == b'"'
    payload = host.read(size)
    assert host.read(9) == b'"\r\n\r\nOK\r\n'
    return int(match[1]), topic.decode(), payload


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_subscribe_and_read(host, broker, tmp_path, qos):
    log_in(host, broker)
    host.command(b'AT+UMQTTC=4,%d,"b/+"' % qos)
    host.wait(rf'\+UUMQTTC: 4,1,{qos},"b/\+"')
    data = bytes(range(256)) * 100
    (tmp_path / "data").write_bytes(data)
    broker.publish("-q", str(qos), "-t", "b/1", "-f", str(tmp_path / "data"))
    host.wait(r"\+UUMQTTC: 6,1")
    broker.publish("-q", str(qos), "-t", "b/2", "-m", 'with "quotes"')
    host.wait(r"\+UUMQTTC: 6,2")
    assert read_message(host) == (qos, "b/1", data)
    host.wait(r"\+UUMQTTC: 6,1")
    assert read_message(host) == (qos, "b/2", b'with "quotes"')
    assert host.error(b"AT+UMQTTC=6,1") == "+CME ERROR: not found"
    host.command(b'AT+UMQTTC=5,"b/+"')
    host.wait(r"\+UUMQTTC: 5,1")
    broker.publish("-t", "b/3", "-m", "x")
    assert host.error(b"AT+UMQTTC=6,1") == "+CME ERROR: not found"


def test_credentials_will_and_session(host, tmp_path):
    folder = tmp_path / "broker"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(tmp_path / "users"),
                    "user", "secret"], check=True)
    (tmp_path / "users").chmod(0o644)
    broker = Broker(folder, "allow_anonymous false",
                    f"password_file {tmp_path}/users")
    try:
        log_in(host, broker, 0)
        assert host.command(b"AT+UMQTTER") == ["+UMQTTER: 13,1"]
        host.command(b'AT+UMQTT=0,"thermometer";+UMQTT=4,"user","wrong"')
        log_in(host, broker, 0)
        host.command(b'AT+UMQTT=4,"user","secret";+UMQTT=12,0')
        host.command(b'AT+UMQTT=8,"w/1";+UMQTT=9,"gone";+UMQTT=6,1;+UMQTT=7,1')
        log_in(host, broker)
        host.command(b'AT+UMQTTC=4,1,"c/1"')
        host.wait(r'\+UUMQTTC: 4,1,1,"c/1"')
        # The network goes: the broker tells of the will, keeps the session,
        # and what came meanwhile is there at the next login.
        host.command(b"AT+CEREG=0;+CFUN=4")
        host.wait(r"\+UUMQTTC: 0,101")
        assert host.command(b"AT+UMQTTER") == ["+UMQTTER: 13,34"]
        will = subprocess.run(
            ["mosquitto_sub", "-p", str(broker.port), "-u", "user", "-P",
             "secret", "-t", "w/1", "-C", "1", "-W", str(PATIENCE)],
            capture_output=True, check=True)
        assert will.stdout == b"gone\n"
        broker.publish("-u", "user", "-P", "secret", "-q", "1", "-t", "c/1",
                       "-m", "meanwhile")
        host.command(b"AT+CEREG=1;+CFUN=1")
        host.wait(r"\+CEREG: 1")
        host.command(b"AT+UMQTTC=1")
        host.wait(r"\+UUMQTTC: 1,1")
        host.wait(r"\+UUMQTTC: 6,1")
        assert read_message(host) == (1, "c/1", b"meanwhile")
    finally:
        broker.stop()


def test_a_name_a_keepalive_and_a_broker_that_goes(host, broker):
    host.command(b'AT+UMQTT=2,"localhost",%d' % broker.port)
    # Until pings are on there is so much time, and then between them. The
    # module binds its own port without SO_REUSEADDR.
    host.command(b"AT+UMQTT=10,6;+UMQTT=1,%d" % free_port(keep=False))
    host.command(b"AT+UMQTTC=1")
    host.wait(r"\+UUMQTTC: 1,1")
    host.command(b"AT+UMQTTC=8,1")
    wait_until(lambda: broker.log().count("Sending PINGRESP") >= 2, "pings")
    broker.stop()
    host.wait(r"\+UUMQTTC: 0,101")
    assert host.command(b"AT+UMQTTER") == ["+UMQTTER: 13,5"]
    host.command(b"AT+UMQTT=1,0")
    host.command(b"AT+UMQTTC=1")
    host.wait(r"\+UUMQTTC: 1,0")
    assert host.command(b"AT+UMQTTER") == ["+UMQTTER: 13,4"]
    # Without pings a connection on which nothing is sent ends.
    broker.start()
    host.command(b"AT+UMQTT=10,1")
    host.command(b"AT+UMQTTC=1")
    host.wait(r"\+UUMQTTC: 1,1")
    host.wait(r"\+UUMQTTC: 0,100")


def test_a_server_that_talks_nonsense(host):
    listener = socket.create_server(("127.0.0.1", 0))

    def talk():
        peer, _ = listener.accept()
        peer.recv(1024)
        peer.sendall(b"\x20\x02\x00\x00" + b"\x30\xff\xff\xff\xff\x01")
        peer.recv(1024)
        peer.close()
    thread = threading.Thread(target=talk)
    thread.start()
    host.command(b'AT+UMQTT=3,"127.0.0.1",%d' % listener.getsockname()[1])
    host.command(b"AT+UMQTTC=1")
    host.wait(r"\+UUMQTTC: 1,1")
    host.wait(r"\+UUMQTTC: 0,102")
    assert host.command(b"AT+UMQTTER") == ["+UMQTTER: 13,6"]
    thread.join()
    listener.close()


def test_a_server_that_never_stops(host):
    """Other commands are answered while it sends."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def talk():
        peer, _ = listener.accept()
        with peer:
            peer.recv(1024)
            peer.sendall(b"\x20\x02\x00\x00")
            # Meaningless answers, which cost the module more than them.
            try:
                while not done.is_set():
                    peer.sendall(b"\xd0\x00" * 500000)
            except ConnectionError:
                pass
    thread = threading.Thread(target=talk)
    thread.start()
    host.command(b'AT+UMQTT=3,"127.0.0.1",%d' % listener.getsockname()[1])
    host.command(b"AT+UMQTTC=1")
    host.wait(r"\+UUMQTTC: 1,1")
    try:
        for _ in range(20):
            host.command(b"AT")
        host.command(b"AT+UMQTTC=0")
        host.wait(r"\+UUMQTTC: 0,1")
    finally:
        done.set()
        thread.join()
        listener.close()


def test_stored_profile_outlives_a_reset(host, broker):
    host.command(b'AT+UMQTT=0,"kept";+UMQTT=3,"127.0.0.1",%d' % broker.port)
    host.command(b"AT+UMQTTNV=2")
    host.command(b"AT+CFUN=16")
    host.command(b"ATE0;+CMEE=2;+CEREG=1;+CFUN=1")
    host.wait(r"\+CEREG: 1")
    assert host.command(b"AT+UMQTT=0") == ['+UMQTT: 0,""']
    host.command(b"AT+UMQTTNV=1")
    host.command(b"AT+UMQTTC=1")
    host.wait(r"\+UUMQTTC: 1,1")
    assert "as kept" in broker.log()
