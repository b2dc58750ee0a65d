"""What the wire and the serial line cost: frames and messages a second
against openssl speed, and bytes of TLS connections. Needs no service."""
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import threading

ROUNDS = 5
# Suite, certificate; every connection carries the same REQUEST and answer.
PSK = "00112233445566778899aabbccddeeff"
IDENTITY = "110189291E26EC1AEB0074451234"
REQUEST = b"x" * 16 + b"\n"
CONNECTIONS = (
    # name, version and suite, certificates that each side shows
    ("psk_1_2", ["-tls1_2", "-cipher", "PSK-AES128-CCM8"], 0),
    ("psk_1_2_cbc", ["-tls1_2", "-cipher", "PSK-AES128-CBC-SHA256"], 0),
    ("certificates_1_2", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8"],
     1),
    ("certificates_1_2_gcm",
     ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], 1),
    ("certificates_1_2_chain",
     ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-CCM8"], 2),
    ("psk_1_3", ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256",
                 "-allow_no_dhe_kex"], 0),
    ("certificates_1_3",
     ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"], 1),
)


def speed(pin, *words):
    """Bytes a second of openssl speed."""
    out = subprocess.run([*pin, "openssl", "speed", "-seconds", "1", *words],
                         capture_output=True, text=True, check=True).stdout
    return 1000 * float(re.search(r"([\d.]+)k\s*$", out).group(1))


def rates(pin, program, *lengths):
    """length -> numbers of one line of a benchmark of ours."""
    out = subprocess.run([*pin, program, *map(str, lengths)],
                         capture_output=True, text=True, check=True).stdout
    lines = (line.split() for line in out.splitlines())
    return {int(words[0]): [float(w) for w in words[1:]] for words in lines}


def bench_c2c(figures, build, pin):
    """Seal and open of a frame against CBC and HMAC of the same, twice."""
    ratios = {64: [], 240: []}
    seen = []
    for _ in range(ROUNDS):
        ours = rates(pin, build / "tests/bench/bench_c2c", *ratios)
        for size, list_ in ratios.items():
            cbc = speed(pin, "-bytes", str(size), "-evp", "aes-128-cbc")
            mac = speed(pin, "-bytes", str(size), "-hmac", "sha256")
            list_.append(ours[size][1] * 2 * (size / cbc + size / mac))
        seen.append(ours)
    figures.note(c2c_per_s_v1_v2_v3=seen)
    figures.note(c2c_to_openssl_64=statistics.median(ratios[64]))
    figures.add("c2c_to_openssl_240", statistics.median(ratios[240]), ">=",
                0.7)


def bench_e2e(figures, build, pin):
    """Sealing a message, its key derived for it, against CCM alone."""
    ratios = {64: [], 1024: []}
    for _ in range(ROUNDS):
        ours = rates(pin, build / "tests/bench/bench_e2e", *ratios)
        for size, list_ in ratios.items():
            ccm = speed(pin, "-bytes", str(size), "-evp", "aes-128-ccm")
            list_.append(ours[size][0] * size / ccm)
    for size, list_ in ratios.items():
        figures.add(f"e2e_to_openssl_{size}", statistics.median(list_), ">=",
                    0.7)


# --- bytes of TLS ---


class Counter(threading.Thread):
    """Carries one connection to a server, and counts what it carries."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.bytes = port, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]

    def carry(self, source, target):
        while data := source.recv(65536):
            self.bytes += len(data)
            target.sendall(data)
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def run(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.port))
        back = threading.Thread(target=self.carry, args=(server, client))
        back.start()
        self.carry(client, server)
        back.join()


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True,
                   capture_output=True)


def sign(folder, name, subject, issuer, *options):
    """A key of P-256 and its certificate by an issuer."""
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", "-subj", subject)
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA",
            f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial",
            "-out", f"{name}.pem", "-days", "2", *options)


def make_certificates(folder):
    """server1 and client1 by a CA, server2 and client2 by one of its own."""
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-days", "2", "-subj", "/CN=Example CA")
    (folder / "ca.ext").write_text("basicConstraints=critical,CA:true\n")
    sign(folder, "issuer", "/CN=Example issuer", "ca", "-extfile", "ca.ext")
    for name in ("server", "client"):
        sign(folder, f"{name}1", f"/CN={name}.example.com", "ca")
        sign(folder, f"{name}2", f"/CN={name}.example.com", "issuer")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def connection_bytes(folder, options, certificates):
    """Bytes of TLS, both ways, of one connection that echoes REQUEST."""
    port = free_port()
    if certificates:
        shown = [["-cert", f"{name}{certificates}.pem", "-key",
                  f"{name}{certificates}.key", "-verifyCAfile", "ca.pem",
                  "-verify_return_error"] +
                 ["-cert_chain", "issuer.pem"] * (certificates == 2)
                 for name in ("server", "client")]
        server, client = shown[0] + ["-Verify", "2"], shown[1]
    else:
        server = ["-nocert", "-psk", PSK, "-psk_identity", IDENTITY]
        client = ["-psk", PSK, "-psk_identity", IDENTITY]
    ours = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-rev",
         "-no_ticket", "-num_tickets", "0", *options, *server], cwd=folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    for line in ours.stdout:
        if "ACCEPT" in line:
            break
    counter = Counter(port)
    counter.start()
    peer = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{counter.own_port}",
         "-quiet", "-no_ign_eof", "-no_ticket", *options, *client], cwd=folder,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    peer.stdin.write(REQUEST)
    peer.stdin.flush()
    answer = peer.stdout.readline()
    peer.stdin.close()
    peer.wait(10)
    counter.join(10)
    ours.terminate()
    ours.wait(10)
    if answer.strip() != REQUEST.strip()[::-1]:
        raise SystemExit(f"TLS {options}: the server answered {answer!r}")
    return counter.bytes


def bench_tls(figures):
    """PSK against mutual certificates, to the same server."""
    with tempfile.TemporaryDirectory(prefix="holdfast-tls-") as name:
        folder = pathlib.Path(name)
        make_certificates(folder)
        seen = {what: connection_bytes(folder, options, certificates)
                for what, options, certificates in CONNECTIONS}
    figures.note(tls_bytes=seen)
    for what, count in seen.items():
        figures.report(f"tls_bytes_{what}", count)
    for what in ("certificates_1_2", "certificates_1_2_chain"):
        figures.report(f"tls_{what}_to_psk", seen[what] / seen["psk_1_2"])
