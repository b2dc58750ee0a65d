"""Certificates, keys and security profiles of a module, over its terminal."""
import base64
import hashlib
import pathlib
import re
import subprocess

import pytest

OK = b"\r\nOK\r\n"


def openssl(*args, data=None):
    """Runs openssl; what it wrote."""
    return subprocess.run(["openssl", *args], input=data, check=True,
                          capture_output=True).stdout


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """A CA, a certificate of it with its key, as files of a folder."""
    folder = tmp_path_factory.mktemp("pki")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            str(folder / "ca.key"), "-out", str(folder / "ca.pem"), "-subj",
            "/CN=Example CA", "-days", "30")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", str(folder / "client.key"), "-out",
            str(folder / "client.csr"), "-subj", "/CN=client")
    openssl("x509", "-req", "-in", str(folder / "client.csr"), "-CA",
            str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-out",
            str(folder / "client.pem"), "-days", "30")
    openssl("pkcs8", "-topk8", "-in", str(folder / "client.key"), "-out",
            str(folder / "encrypted.key"), "-passout", "pass:secret")
    return folder


def der_of(pem):
    """The bytes of the last PEM block, by a reader of our own."""
    body = re.findall(rb"-----BEGIN [A-Z ]+-----(.*?)-----END", pem, re.S)[-1]
    return base64.b64decode(body)


def store(module, kind, name, content, password=None):
    """AT+USECMNG=0; the answer, good or bad."""
    extra = f',"{password}"' if password is not None else ""
    module.socket.sendall(
        f'AT+USECMNG=0,{kind},"{name}",{len(content)}{extra}\r'.encode())
    module.read_until(b">")
    module.socket.sendall(content)
    got = b""
    while not re.search(rb"\r\n(OK|\+CME ERROR: [^\r]*)\r\n$", got):
        got += module.receive()
    return got


@pytest.fixture
def loose(new_module):
    """A module that was never bootstrapped, without the network."""
    return new_module("--offline")


def test_store_list_hash_remove(loose, pki):
    ca = (pki / "ca.pem").read_bytes()
    key = (pki / "client.key").read_bytes()
    md5 = hashlib.md5(der_of(ca)).hexdigest()
    assert f'+USECMNG: 0,0,"trust","{md5}"'.encode() in \
        store(loose, 0, "trust", ca)
    # The same as DER is the same.
    assert md5.encode() in store(loose, 0, "trust", der_of(ca))
    assert store(loose, 2, "trust", key).endswith(OK)
    assert f'+USECMNG: 4,0,"trust","{md5}"'.encode() in \
        loose.command('AT+USECMNG=4,0,"trust"')
    end = openssl("x509", "-in", str(pki / "ca.pem"), "-noout", "-enddate",
                  "-dateopt", "iso_8601").decode().strip()
    end = end.removeprefix("notAfter=").replace("-", "/").rstrip("Z")
    listed = loose.command("AT+USECMNG=3")
    assert f'\r\n"CA","trust","Example CA","{end}"\r\n'.encode() in listed
    assert b'\r\n"PK","trust"\r\n' in listed
    assert loose.command('AT+USECMNG=2,0,"trust"').endswith(OK)
    assert loose.error('AT+USECMNG=2,0,"trust"') == "+CME ERROR: not found"
    assert loose.error('AT+USECMNG=4,0,"trust"') == "+CME ERROR: not found"
    assert b'"CA"' not in loose.command("AT+USECMNG=3")


def test_import_from_a_file(loose, pki):
    ca = (pki / "ca.pem").read_bytes()
    loose.command(f'AT+UDWNFILE="ca.pem",{len(ca)}', ca)
    md5 = hashlib.md5(der_of(ca)).hexdigest()
    assert f'+USECMNG: 1,0,"filed","{md5}"'.encode() in \
        loose.command('AT+USECMNG=1,0,"filed","ca.pem"')
    assert loose.error('AT+USECMNG=1,0,"x","no.pem"') == \
        "+CME ERROR: FILE NOT FOUND"


def test_encrypted_keys(loose, pki):
    key = (pki / "encrypted.key").read_bytes()
    assert b"+CME ERROR: incorrect password" in \
        store(loose, 2, "k", key, "wrong")
    assert loose.error('AT+USECMNG=4,2,"k"') == "+CME ERROR: not found"
    assert store(loose, 2, "k", key, "secret").endswith(OK)
    assert store(loose, 2, "k2", key).endswith(OK)
    plain = (pki / "client.key").read_bytes()
    assert b"Incorrect parameters" in store(loose, 2, "k3", plain, "secret")


def altered(der, old, new):
    """A DER with another integer of the same length."""
    assert der.count(old) == 1 and len(old) == len(new)
    return der.replace(old, new)


def test_keys_that_cost_too_much(loose, pki):
    """Who makes an encrypted key says how long opening it takes."""
    def made(*options):
        return openssl("pkcs8", "-topk8", "-in", str(pki / "client.key"),
                       "-outform", "DER", "-passout", "pass:secret", *options)
    million = b"\x02\x03\x0f\x42\x40"
    pbkdf2 = made("-v2", "aes-256-cbc", "-iter", "1000000")
    scrypt = made("-scrypt", "-scrypt_N", "16384", "-scrypt_r", "8",
                  "-scrypt_p", "1")
    n_r_p = b"\x02\x02\x40\x00\x02\x01\x08\x02\x01\x01"
    older = made("-v1", "PBE-SHA1-3DES", "-iter", "1000000")
    for key in (pbkdf2, scrypt, older):
        assert store(loose, 2, "k", key, "secret").endswith(OK)
    for bad in (altered(pbkdf2, million, b"\x02\x03\x0f\x42\x41"),
                altered(pbkdf2, million, b"\x02\x03\x7f\xff\xff"),
                altered(pbkdf2, million, b"\x02\x03\xff\xff\xff"),
                altered(older, million, b"\x02\x03\x0f\x42\x41"),
                altered(scrypt, n_r_p, n_r_p[:-1] + b"\x09"),
                altered(scrypt, n_r_p, n_r_p[:6] + b"\x41\x02\x01\x01")):
        for password in ("secret", None):
            assert store(loose, 2, "k", bad, password).endswith(
                b"\r\n+CME ERROR: operation not supported\r\n")


def test_what_is_refused(loose, pki):
    ca = (pki / "ca.pem").read_bytes()
    key = (pki / "client.key").read_bytes()
    for kind, content in ((0, key), (2, ca), (1, b"junk"), (0, ca + ca),
                          (0, der_of(ca) + b"\0"), (5, ca), (0, ca[:-60])):
        assert b"USECMNG invalid certificate/key format" in \
            store(loose, kind, "x", content)
    for line in ('AT+USECMNG=0,6,"x",5', 'AT+USECMNG=0,0,"",5',
                 'AT+USECMNG=0,0,"x",0', 'AT+USECMNG=5', 'AT+USECMNG=2,0',
                 'AT+USECMNG=0,0,"x",5,"password"', "AT+USECMNG="):
        assert loose.error(line) == "+CME ERROR: Incorrect parameters"
    assert loose.error('AT+USECMNG=0,0,"x",8193') == \
        "+CME ERROR: USECMNG import file size exceeds limit"
    assert b'"' not in loose.command("AT+USECMNG=3")


def test_all_survives_and_no_secret_is_on_the_disk(new_module, pki):
    first = new_module("--offline")
    key = (pki / "client.key").read_bytes()
    assert store(first, 2, "mine", key).endswith(OK)
    for line in ('0,8,"0123456789ABCDEF0123456789ABCDEF",1', '0,9,"identity"',
                 '0,7,"a password of mine"', "0,0,3", '0,3,"trust"',
                 "0,1,4", '0,2,100,"C0","2B",0', '0,2,100,"13","01",0'):
        assert first.command(f"AT+USECPRF={line}").endswith(OK)
    first.kill()
    secrets = (der_of(key)[-60:], b"0123456789ABCDEF", b"a password of mine",
               bytes.fromhex("0123456789ABCDEF"), b"identity")
    for path in pathlib.Path(first.state).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path
    second = new_module("--offline", state=first.state)
    assert b'"PK","mine"' in second.command("AT+USECMNG=3")
    for op, value in ((0, "3"), (1, "4"), (2, '100,"C02B;1301"'),
                      (3, '"trust"'), (9, '"identity"'), (5, '""')):
        assert f"\r\n+USECPRF: 0,{op},{value}\r\n".encode() in \
            second.command(f"AT+USECPRF=0,{op}")
    for op in (7, 8):
        assert second.error(f"AT+USECPRF=0,{op}") == \
            "+CME ERROR: operation not allowed"
    assert second.command("AT+USECPRF=0").endswith(OK)
    assert b"+USECPRF: 0,0,1\r\n" in second.command("AT+USECPRF=0,0")
    assert b'+USECPRF: 0,9,""\r\n' in second.command("AT+USECPRF=0,9")


def test_a_sealed_file_is_bound_to_module_and_name(new_module, pki):
    one = new_module("--offline")
    ca = (pki / "ca.pem").read_bytes()
    assert store(one, 0, "a", ca).endswith(OK)
    assert one.command('AT+USECPRF=1,0,0').endswith(OK)
    usec = pathlib.Path(one.state) / "USR" / "usec"
    sealed, = usec.glob("credential-*")
    profile = (usec / "profile-1").read_bytes()
    one.close()
    # Another profile's name, a flipped bit, another module.
    (usec / "profile-2").write_bytes(profile)
    (usec / "profile-1").write_bytes(profile[:-1] + bytes([profile[-1] ^ 1]))
    again = new_module("--offline", state=one.state)
    for number in (1, 2):
        assert f"+USECPRF: {number},0,1\r\n".encode() in \
            again.command(f"AT+USECPRF={number},0")
    other = new_module("--offline")
    assert other.command("AT+USECPRF=1,0,0").endswith(OK)
    folder = pathlib.Path(other.state) / "USR" / "usec"
    (folder / sealed.name).write_bytes(sealed.read_bytes())
    assert b'"CA"' not in other.command("AT+USECMNG=3")
    assert other.error('AT+USECMNG=4,0,"a"') == "+CME ERROR: memory failure"


def test_sara_r4(new_module):
    module = new_module("--offline", model="sara-r4")
    assert b"+USECPRF: 0,0,0\r\n" in module.command("AT+USECPRF=0,0")
    assert module.command("AT+USECPRF=0,1,3").endswith(OK)
    assert module.error("AT+USECPRF=0,1,4") == \
        "+CME ERROR: Incorrect parameters"
    assert module.error("AT+USECPRF=0,11,1") == \
        "+CME ERROR: operation not supported"
