"""Zero-touch provisioning: the seed's 7.1.5, with openssl as the cloud."""
import json
import re
import subprocess

import pytest

CODE = "11fe30cf95" + 44 * "a" + "838a01be83"


def openssl(*args, text=None):
    """Runs openssl; what it printed, on both channels."""
    done = subprocess.run(["openssl", *args], input=text, text=True,
                          capture_output=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ca(account, tmp_path_factory):
    """The CA of the seed's example, and its certificate in a file."""
    answer = account.post("/v1/ztp/rootca/create", {
        "CAName": "test-ca", "CACertificateValidity": 1825,
        "DeviceCertificateValidity": 1825})
    path = tmp_path_factory.mktemp("ca") / "test-ca.pem"
    path.write_text(answer["Certificate"])
    return answer, path


def test_create(ca):
    answer, path = ca
    assert list(answer) == ["CAName", "CACertificateValidity",
                            "DeviceCertificateValidity", "Certificate",
                            "CreateDate"]
    assert answer["CAName"] == "test-ca"
    assert answer["CACertificateValidity"] == 1825
    assert answer["DeviceCertificateValidity"] == 1825
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                        answer["CreateDate"])
    status, text = openssl("x509", "-in", str(path), "-noout", "-text")
    assert status == 0, text
    for line in ("Subject: CN = test-ca", "Issuer: CN = test-ca",
                 "ASN1 OID: prime256v1", "CA:TRUE, pathlen:0",
                 "Certificate Sign, CRL Sign"):
        assert line in text, text
    status, text = openssl("verify", "-x509_strict", "-check_ss_sig",
                           "-CAfile", str(path), str(path))
    assert status == 0, text


def test_proof_of_possession(account, ca, tmp_path):
    """What AWS checks: the CA has signed a certificate with its code."""
    answer = account.post("/v1/ztp/rootca/popcertificate/generate", {
        "CAName": "test-ca", "RegistrationCode": CODE})
    assert list(answer) == ["CAName", "PoPCertificate"]
    pop = tmp_path / "test-pop.pem"
    pop.write_text(answer["PoPCertificate"])
    status, text = openssl("verify", "-x509_strict", "-CAfile", str(ca[1]),
                           str(pop))
    assert status == 0, text
    status, text = openssl("x509", "-in", str(pop), "-noout", "-subject")
    assert text.strip() == f"subject=CN = {CODE}"
    assert account.run("cas", "pop", "test-ca", CODE).startswith(
        "-----BEGIN CERTIFICATE-----\n")


def test_command_line(account):
    pem = account.run("cas", "create", "my-ca", "--days", "10",
                      "--device-days", "5")
    assert openssl("x509", "-noout", text=pem)[0] == 0
    assert "  my-ca\n" in account.run("cas", "list")
    shown = json.loads(account.run("cas", "get", "my-ca"))
    assert shown["Certificate"] == pem
    assert shown["DeviceCertificateValidity"] == 5


def test_restart(account, service, ca):
    """The CA's key outlives the service's processes."""
    service.stop()
    service.start()
    account.post("/v1/ztp/rootca/popcertificate/generate", {
        "CAName": "test-ca", "RegistrationCode": CODE})


@pytest.mark.parametrize("body, pointer", [
    ({"CAName": ""}, "/CAName"), ({"CAName": 65 * "x"}, "/CAName"),
    ({"CAName": "a/b"}, "/CAName"), ({"CAName": "a\nb"}, "/CAName"),
    ({"CACertificateValidity": 0}, "/CACertificateValidity"),
    ({"CACertificateValidity": 36501}, "/CACertificateValidity"),
    ({"DeviceCertificateValidity": 11}, "/DeviceCertificateValidity"),
    ({"DeviceCertificateValidity": -1}, "/DeviceCertificateValidity")])
def test_bad_wishes(account, body, pointer):
    status, text = account.curl("/v1/ztp/rootca/create", {
        "CAName": "x", "CACertificateValidity": 10,
        "DeviceCertificateValidity": 10, **body})
    assert status == 400, text
    assert pointer in [e["pointer"] for e in json.loads(text)["errors"]]


def test_names_are_taken_once(account, ca):
    status, text = account.curl("/v1/ztp/rootca/create", {
        "CAName": "test-ca", "CACertificateValidity": 1,
        "DeviceCertificateValidity": 1})
    assert status == 409, text
    status, text = account.curl("/v1/ztp/rootca/popcertificate/generate", {
        "CAName": "none", "RegistrationCode": CODE})
    assert status == 404, text
