"""HTTP of the module against nginx, and against servers that misbehave."""
import http.server
import re
import shutil
import subprocess
import threading

import pytest

from conftest import PATIENCE, free_port, listened_at, wait_until
from test_module_at import device, service, start  # noqa: F401
from test_module_radio import Driver

NGINX = """
daemon off; master_process off; pid {dir}/nginx.pid;
error_log {dir}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log {dir}/access.log;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    root {dir}/root;
    server {{
        listen 127.0.0.1:{port};
        {secure}
        location /private/ {{
            auth_basic "private"; auth_basic_user_file {dir}/users;
        }}
        location /put/ {{ dav_methods PUT DELETE; }}
    }}
}}
"""


SECURE = """listen 127.0.0.1:{port} ssl;
        ssl_certificate {pki}/server.pem;
        ssl_certificate_key {pki}/server.key;"""


class Nginx:
    """nginx with files of its own on a port of its own; with pki also TLS."""

    def __init__(self, folder, pki=None):
        self.dir = folder
        self.port = free_port()
        self.tls = free_port()
        secure = SECURE.format(port=self.tls, pki=pki) if pki else ""
        (folder / "root" / "private").mkdir(parents=True)
        (folder / "root" / "put").mkdir()
        (folder / "root" / "index.html").write_bytes(b"hello from nginx\n")
        (folder / "root" / "private" / "x").write_bytes(b"for you\n")
        # dXNlcjpzZWNyZXQ= is user:secret; the file wants a hash.
        hashed = subprocess.run(
            ["openssl", "passwd", "-apr1", "secret"], capture_output=True,
            check=True, text=True).stdout.strip()
        (folder / "users").write_text(f"user:{hashed}\n")
        (folder / "nginx.conf").write_text(
            NGINX.format(dir=folder, port=self.port, secure=secure))
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-p", str(folder), "-c",
             str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
        wait_until(lambda: listened_at(self.port), "nginx")

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture
def nginx(tmp_path):
    server = Nginx(tmp_path / "nginx")
    yield server
    server.stop()


@pytest.fixture
def host(start, tmp_path):
    """A driver at a module that has the network."""
    start("--pty", str(tmp_path / "tty"), "--offline")
    driver = Driver(tmp_path / "tty")
    driver.command(b"ATE0")
    driver.command(b"AT+CMEE=2;+CEREG=1")
    driver.command(b"AT+CFUN=1")
    driver.wait(r"\+CEREG: 1")
    yield driver
    driver.port.close()


def read_file(host, name):
    """AT+URDFILE: the bytes of a file of the module."""
    host.send(b'AT+URDFILE="%s"\r' % name)
    head = b""
    while not re.search(rb',(\d+),"$', head):
        head += host.read(1)
        assert b"ERROR" not in head, head
    size = int(re.search(rb',(\d+),"$', head)[1])
    data = host.read(size)
    assert host.read(9) == b'"\r\n\r\nOK\r\n'
    return data


def request(host, command, result, profile=0):
    """Starts a request and waits for its end."""
    host.command(b"AT+UHTTPC=%d,%s" % (profile, command))
    kind = command.split(b",")[0].decode()
    host.wait(rf"\+UUHTTPCR: {profile},{kind},{result}")


def test_get_head_delete(host, nginx):
    host.command(b'AT+UHTTP=0,0,"127.0.0.1"')
    host.command(b"AT+UHTTP=0,5,%d" % nginx.port)
    request(host, b'1,"/"', 1)
    got = read_file(host, b"http_last_response_0")
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nServer: nginx" in head
    assert body == b"hello from nginx\n"
    request(host, b'0,"/index.html","head"', 1)
    got = read_file(host, b"head")
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"\r\n\r\n") and b"hello" not in got
    request(host, b'1,"/none","r"', 1)
    assert read_file(host, b"r").startswith(b"HTTP/1.1 404 ")
    (nginx.dir / "root" / "put" / "old").write_bytes(b"x")
    request(host, b'2,"/put/old","r"', 1)
    assert read_file(host, b"r").startswith(b"HTTP/1.1 204 ")
    assert not (nginx.dir / "root" / "put" / "old").exists()
    assert host.command(b"AT+UHTTPER=0") == ["+UHTTPER: 0,0,0"]
    # It is written when the answer has been sent.
    wait_until(lambda: "DELETE /put/old HTTP/1.1" in
               (nginx.dir / "access.log").read_text(), "nginx's log")


def test_put_and_credentials(host, nginx):
    host.command(b'AT+UHTTP=1,1,"localhost"')
    host.command(b"AT+UHTTP=1,5,%d" % nginx.port)
    host.send(b'AT+UDWNFILE="upload",6\r')
    host.port.read_until(b">")
    host.send(b"\x00\r\n\"%\xff")
    assert host.command(b"") == []
    request(host, b'3,"/put/new","r","upload",2', 1, profile=1)
    assert read_file(host, b"r").startswith(b"HTTP/1.1 201 ")
    assert (nginx.dir / "root" / "put" / "new").read_bytes() == \
        b"\x00\r\n\"%\xff"
    request(host, b'1,"/private/x","r"', 1, profile=1)
    assert read_file(host, b"r").startswith(b"HTTP/1.1 401 ")
    host.command(b'AT+UHTTP=1,2,"user";+UHTTP=1,3,"secret";+UHTTP=1,4,1')
    request(host, b'1,"/private/x","r"', 1, profile=1)
    assert read_file(host, b"r").endswith(b"\r\n\r\nfor you\n")


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent; the path says how."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = f"{self.headers['Content-Type']}\n".encode() + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_GET(self):
        if self.path == "/chunked":
            self.send_response_only(100)
            self.end_headers()
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
        elif self.path == "/large":
            self.send_response(200)
            self.end_headers()
            block = b"x" * 65536
            try:
                for _ in range(257):
                    self.wfile.write(block)
            except OSError:
                pass
            self.close_connection = True
        elif self.path == "/slow":
            self.server.hold.wait(PATIENCE)
            self.close_connection = True
        elif self.path == "/nonsense":
            self.wfile.write(b"220 this is no HTTP\r\n\r\n")
            self.close_connection = True
        else:
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def echo():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.hold = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


def to_echo(host, echo, profile=0):
    host.command(b'AT+UHTTP=%d,0,"127.0.0.1"' % profile)
    host.command(b"AT+UHTTP=%d,5,%d" % (profile, echo.server_address[1]))


def test_post(host, echo):
    to_echo(host, echo)
    request(host, b'5,"/","r","a=1&b=2",0', 1)
    assert read_file(host, b"r").endswith(
        b"\r\n\r\napplication/x-www-form-urlencoded\na=1&b=2")
    request(host, b'5,"/","r","{}",6,"application/x-own"', 1)
    assert read_file(host, b"r").endswith(b"\r\n\r\napplication/x-own\n{}")
    host.send(b'AT+UDWNFILE="f",3\r')
    host.port.read_until(b">")
    host.send(b"abc")
    assert host.command(b"") == []
    request(host, b'4,"/","r","f",4', 1)
    assert read_file(host, b"r").endswith(b"\r\n\r\napplication/json\nabc")
    request(host, b'4,"/","r","f",3', 1)
    got = read_file(host, b"r")
    assert b"multipart/form-data; boundary=" in got
    assert b'name="file_post"; filename="f"' in got and b"\r\nabc\r\n" in got


def test_answers_as_they_come(host, echo):
    to_echo(host, echo)
    request(host, b'1,"/chunked","r"', 1)
    got = read_file(host, b"r")
    assert got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"hello!")
    # Nobody follows a redirection; the host may.
    request(host, b'1,"/elsewhere","r"', 1)
    assert b"Location: http://192.0.2.1/" in read_file(host, b"r")


def test_failures_keep_the_old_file(host, echo):
    to_echo(host, echo)
    request(host, b'1,"/elsewhere","r"', 1)
    before = read_file(host, b"r")
    request(host, b'1,"/cut","r"', 0)
    assert host.command(b"AT+UHTTPER=0") == ["+UHTTPER: 0,3,11"]
    request(host, b'1,"/nonsense","r"', 0)
    assert host.command(b"AT+UHTTPER=0") == ["+UHTTPER: 0,3,16"]
    request(host, b'1,"/large","r"', 0)
    assert host.command(b"AT+UHTTPER=0") == ["+UHTTPER: 0,3,4"]
    host.command(b"AT+UHTTP=0,7,1")
    request(host, b'1,"/slow","r"', 0)
    assert host.command(b"AT+UHTTPER=0") == ["+UHTTPER: 0,3,14"]
    assert read_file(host, b"r") == before
    host.command(b"AT+UHTTP=0,7,180;+UHTTP=0,5,%d" % free_port())
    request(host, b'1,"/","r"', 0)
    assert host.command(b"AT+UHTTPER=0") == ["+UHTTPER: 0,3,11"]


def test_all_profiles_at_once(host, echo):
    for profile in range(4):
        to_echo(host, echo, profile)
        host.command(b'AT+UHTTPC=%d,1,"/slow"' % profile)
    # One request at a time on each; the terminal is free meanwhile.
    assert host.error(b'AT+UHTTPC=2,1,"/elsewhere"') == \
        "+CME ERROR: operation not allowed"
    assert host.command(b"AT+CSQ") == ["+CSQ: 25,99"]
    # The network goes, and with it all that is under way.
    host.command(b"AT+CFUN=4")
    seen = {host.wait(r"\+UUHTTPCR: \d,1,0") for _ in range(4)}
    assert len(seen) == 4
    assert host.command(b"AT+UHTTPER=3") == ["+UHTTPER: 3,3,34"]
    assert host.error(b'AT+UHTTPC=0,1,"/"') == \
        "+CME ERROR: No connection to phone"


def test_a_reset_ends_requests_and_profiles(host, echo):
    to_echo(host, echo)
    host.command(b'AT+UHTTPC=0,1,"/slow"')
    host.command(b"AT+CFUN=16")
    assert host.command(b"AT+UHTTP=0,0") == ['+UHTTP: 0,0,""']


def test_bytes_are_counted(host, nginx):
    host.command(b'AT+UHTTP=0,0,"127.0.0.1"')
    host.command(b"AT+UHTTP=0,5,%d" % nginx.port)
    host.command(b"AT+USECMODE=0;+UGCNTSET=1,0,0")
    request(host, b'1,"/","r"', 1)
    size = len(read_file(host, b"r"))
    counts = host.command(b"AT+UGCNTRD")[0].split(",")
    assert int(counts[4]) >= size
    assert 40 < int(counts[3]) < 1000
