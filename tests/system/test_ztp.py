"""Zero-touch provisioning: the seed's 7.1.5, with openssl as the cloud."""
import json
import re
import subprocess

import pytest

from conftest import free_port, wait_until

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


def test_removal(account):
    """One that a profile names stays; its name is free once it is gone."""
    account.run("cas", "create", "old-ca")
    profile = account.post("/v1/deviceprofiles", {"Name": "old-ca"})[
        "DeviceProfileUID"]
    enable(account, profile, "old-ca")
    status, text = account.curl("/v1/cas/old-ca", method="DELETE")
    assert status == 409, text
    assert account.run("cas", "remove", "old-ca", check=False).returncode != 0
    account.run("cas", "create", "new-ca")
    enable(account, profile, "new-ca")
    account.run("cas", "remove", "old-ca")
    for method in "GET", "DELETE":
        assert account.curl("/v1/cas/old-ca", method=method)[0] == 404
    assert "  old-ca\n" not in account.run("cas", "list")
    account.run("cas", "create", "old-ca")


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


def devcert(module, which):
    """The PEM that AT+USECDEVCERT=which gives."""
    got = module.command(f"AT+USECDEVCERT={which}")
    match = re.fullmatch(
        rb'\r\n\+USECDEVCERT: %d,"(-----BEGIN [^"]*-----\n)"\r\n\r\nOK\r\n'
        % which, got, re.S)
    assert match, got
    return match[1].decode()


def provisioned(module):
    """Waits until key and certificates are there."""
    wait_until(lambda: b"+USECDEVCERT: 0,0,0\r\n" in
               module.command("AT+USECDEVCERT?"), "the certificates")


def enable(account, uid, name="test-ca"):
    """Step 5 of the seed: ZTPV1 for a device or a profile."""
    features = {"ZTPV1": {"Enabled": True, "CAName": name}}
    if len(uid) == 16:
        return account.post("/v1/device/provisioning/set",
                            {"ROTPublicUID": uid, "Features": features})
    return account.post("/v1/deviceprofile/bootstrapprovisioning/set",
                        {"DeviceProfileUID": uid, "Features": features})


def connects(module, ca_path, folder):
    """A TLS connection in which openssl's server demands the certificate."""
    names = {}
    for which, name in ((0, "key"), (1, "certificate"), (2, "ca")):
        names[name] = folder / f"{name}.pem"
        names[name].write_text(devcert(module, which))
    port = free_port()
    server_key, server = folder / "server.key", folder / "server.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(server_key),
            "-out", str(server), "-days", "2", "-subj", "/CN=localhost")
    with subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-Verify",
             "2", "-verify_return_error", "-CAfile", str(ca_path), "-cert",
             str(server), "-key", str(server_key), "-naccept", "1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout.readline().startswith("verify depth")
        done = wait_until(
            lambda: (lambda d: d if d.returncode == 0 else None)(
                subprocess.run(
                    ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                     "-cert", str(names["certificate"]), "-key",
                     str(names["key"]), "-quiet", "-no_ign_eof"],
                    input="hello\nQ\n", capture_output=True, text=True,
                    timeout=30)), "the server")
        output, _ = running.communicate(timeout=30)
    assert done.returncode == 0
    assert "hello" in output, output
    return names


def test_device_before_its_bootstrap(account, ca, new_module, tmp_path):
    """ZTPV1 of the profile: provisioned with the bootstrap's completion."""
    profile = account.post("/v1/deviceprofiles", {"Name": "ztp"})[
        "DeviceProfileUID"]
    enable(account, profile)
    module = new_module()
    assert module.error("AT+USECDEVCERT=0")
    assert b"+USECDEVCERT: 1,1,1" in module.command("AT+USECDEVCERT?")
    module.seal(profile)
    module.complete()
    provisioned(module)
    names = connects(module, ca[1], tmp_path)
    assert names["ca"].read_text() == ca[0]["Certificate"]
    uid = module.ready["uid"]
    status, text = openssl("verify", "-x509_strict", "-purpose", "sslclient",
                           "-CAfile", str(ca[1]), str(names["certificate"]))
    assert status == 0, text
    _, text = openssl("x509", "-in", str(names["certificate"]), "-noout",
                      "-subject")
    assert text.strip() == f"subject=CN = {uid}"
    assert openssl("ec", "-in", str(names["key"]), "-check")[0] == 0


def test_device_after_its_bootstrap(account, ca, new_module):
    """ZTPV1 of one device: with its next heartbeat; again, the same."""
    module = new_module("--heartbeat-min-s", "0", seal=account.profile)
    module.complete()
    error = module.error("AT+USECDEVCERT=1")
    assert error == "+CME ERROR: ZTPV1 is not enabled"
    enable(account, module.ready["uid"])
    assert b"OK" in module.command("AT+USECCONN")
    provisioned(module)
    first = [devcert(module, which) for which in (0, 1, 2)]
    assert b"OK" in module.command("AT+USECCONN")
    assert [devcert(module, which) for which in (0, 1, 2)] == first
    for bad in ("AT+USECDEVCERT=3", "AT+USECDEVCERT=", "AT+USECDEVCERT=0,1"):
        assert module.error(bad) == "+CME ERROR: Incorrect parameters"


def test_enabled_by_the_command_line(account, ca, new_module):
    """ZTPV1=on:CANAME of `holdfast features set`."""
    module = new_module("--heartbeat-min-s", "0", seal=account.profile)
    module.complete()
    uid = module.ready["uid"]
    refused = account.run("features", "set", uid, "ZTPV1=on:none", check=False)
    assert refused.returncode == 1
    assert "/Features/ZTPV1/CAName" in refused.stderr
    shown = account.run("features", "set", uid, "ZTPV1=on:test-ca")
    assert re.search("ZTPV1 +on", shown)
    assert b"OK" in module.command("AT+USECCONN")
    provisioned(module)


def test_names_of_cas(account, ca, module):
    """A CA that is not there, and one beside another feature."""
    uid = module.ready["uid"]
    for features, pointer in (
            ({"ZTPV1": {"Enabled": True, "CAName": "none"}},
             "/Features/ZTPV1/CAName"),
            ({"ZTPV1": {"Enabled": True, "CAName": 7}},
             "/Features/ZTPV1/CAName"),
            ({"LocalC2C": {"Enabled": True, "CAName": "test-ca"}},
             "/Features/LocalC2C")):
        status, text = account.curl("/v1/device/provisioning/set", {
            "ROTPublicUID": uid, "Features": features})
        assert status == 400, text
        assert json.loads(text)["errors"][0]["pointer"] == pointer
