"""Features (4.5) and local data protection (5.2), with the real programs."""
import json

import pytest

from conftest import make_devices, wait_until

NAMES = {"LocalDataProtection", "LocalC2C", "LocalC2CKeyPairing", "ZTPV1",
         "E2ESymmetricKMS", "E2EDataProtection"}
OFF = "+CME ERROR: %s is not enabled"


def switch(account, uid, **names):
    """Switches features of a device; the answer's Features."""
    answer = account.post("/v1/device/provisioning/set", {
        "ROTPublicUID": uid,
        "Features": {name: {"Enabled": on} for name, on in names.items()}})
    assert answer["ROTPublicUID"] == uid
    return answer["Features"]


def features(account, uid):
    """What the service says of a device's features."""
    return account.post("/v1/device/provisioning/get",
                        {"ROTPublicUID": uid})["Features"]


def profile_switch(account, profile, **names):
    """Switches features of a profile; the answer's Features."""
    return account.post("/v1/deviceprofile/bootstrapprovisioning/set", {
        "DeviceProfileUID": profile,
        "Features": {name: {"Enabled": on} for name, on in names.items()},
    })["Features"]


def confirmed(account, uid):
    """Waits until the device runs what it shall."""
    def same():
        return all(f["Enabled"] == f["Confirmed"]
                   for f in features(account, uid).values())
    wait_until(same, "the device's confirmation")


def heartbeat(module):
    """A heartbeat now; the one before may still be on its way."""
    wait_until(lambda: b"\r\nOK\r\n" in module.command("AT+USECCONN"),
               "a heartbeat")


@pytest.fixture
def own_profile(account):
    """A profile of the test's own."""
    return account.run("profiles", "create", "features").strip()


@pytest.fixture
def ready(new_module, own_profile):
    """A bootstrapped module whose heartbeats may come at any time."""
    module = new_module("--heartbeat-min-s", "0", seal=own_profile)
    return module.complete()


def test_device_level(account, ready):
    """Off and on again: at the next heartbeat, wanted and confirmed shown."""
    uid = ready.ready["uid"]
    assert set(features(account, uid)) == NAMES
    ready.psk()
    now = switch(account, uid, E2ESymmetricKMS=False)
    assert now["E2ESymmetricKMS"] == {"Enabled": False, "Confirmed": True}
    assert now["E2EDataProtection"] == {"Enabled": True, "Confirmed": True}
    ready.psk()  # the device does not know yet
    heartbeat(ready)
    assert ready.error("AT+USECPSK=16") == OFF % "E2ESymmetricKMS"
    confirmed(account, uid)
    assert ready.encrypt(b"still on")
    ready.command("AT+CMEE=1")
    assert ready.error("AT+USECPK=32") == "+CME ERROR: 1673"
    ready.command("AT+CMEE=2")
    switch(account, uid, E2ESymmetricKMS=True, E2EDataProtection=False)
    heartbeat(ready)
    ready.psk()
    assert ready.error("AT+USECE2EDATAENC=5") == OFF % "E2EDataProtection"
    confirmed(account, uid)


def test_the_right_ends_at_once(account, ready):
    """What the owner switched off, the service gives out no more."""
    identity, _ = ready.psk()
    assert account.post("/v1/GetPSK", {"KeyID": identity})["Key"]
    switch(account, ready.ready["uid"], E2ESymmetricKMS=False)
    status, text = account.curl("/v1/GetPSK", {"KeyID": identity})
    assert status == 403, text
    assert json.loads(text)["type"] == "/problems/service-disabled"


def test_profile_level(account, new_module, own_profile, ready):
    """For devices that bootstrap from then on, and for no others."""
    uid = ready.ready["uid"]
    now = profile_switch(account, own_profile, LocalDataProtection=True,
                         E2ESymmetricKMS=False)
    assert now["LocalDataProtection"] == {"Enabled": True}
    assert account.post("/v1/deviceprofile/bootstrapprovisioning/get", {
        "DeviceProfileUID": own_profile})["Features"] == now
    heartbeat(ready)
    ready.psk()
    assert not features(account, uid)["LocalDataProtection"]["Enabled"]
    module = new_module(seal=own_profile)
    module.complete()
    assert module.error("AT+USECPSK=16") == OFF % "E2ESymmetricKMS"
    assert b"OK" in module.command('AT+USECDATAENC=2,"f"', b"ab")
    assert features(account, module.ready["uid"])[
        "LocalDataProtection"] == {"Enabled": True, "Confirmed": True}


def test_a_ca_has_to_exist(account, ready):
    uid = ready.ready["uid"]
    status, text = account.curl("/v1/device/provisioning/set", {
        "ROTPublicUID": uid,
        "Features": {"ZTPV1": {"Enabled": True, "CAName": "nobody"}}})
    assert status == 400, text
    assert json.loads(text)["errors"] == [{
        "pointer": "/Features/ZTPV1/CAName",
        "detail": "names no CA of this account"}]
    assert not features(account, uid)["ZTPV1"]["Enabled"]


def test_services_follow_the_plan(new_service, tmp_path):
    from conftest import Account
    account = Account(new_service(), tmp_path, plan="Basic")
    status, text = account.curl("/v1/deviceprofile/bootstrapprovisioning/set", {
        "DeviceProfileUID": account.profile,
        "Features": {"E2ESymmetricKMS": {"Enabled": True}}})
    assert status == 403, text
    assert json.loads(text)["type"] == "/problems/not-in-plan"
    now = profile_switch(account, account.profile, LocalC2C=True)
    assert now["LocalC2C"] == {"Enabled": True}


def test_command_line(account, ready):
    uid = ready.ready["uid"]
    out = account.run("features", "set", uid, "LocalC2C=on", "ZTPV1=off")
    lines = dict(line.split(None, 1) for line in out.splitlines())
    assert lines["LocalC2C"] == "on  not yet on the device"
    assert lines["ZTPV1"] == "off" and lines["E2ESymmetricKMS"] == "on"
    heartbeat(ready)
    confirmed(account, uid)
    out = account.run("features", "get", uid)
    assert dict(line.split(None, 1)
                for line in out.splitlines())["LocalC2C"] == "on"
    out = account.run("features", "get", account.profile)
    assert "E2ESymmetricKMS" in out
    for words, status in (((uid, "LocalC2C"), 2), ((uid, "Nothing=on"), 1),
                          (("00", "LocalC2C=on"), 2),
                          (("F" * 16, "LocalC2C=on"), 1)):
        done = account.run("features", "set", *words, check=False)
        assert done.returncode == status, done.stderr


# --- local data protection ---


def example(module):
    """The seed's example (5.2.1), as printed."""
    assert module.command('AT+USECDATAENC=13,"ciphertextfile"',
                          b"datatoencrypt").endswith(b"\r\nOK\r\n")
    assert module.command('AT+USECFILEDEC="ciphertextfile"') == (
        b'\r\n+USECFILEDEC: 13,"datatoencrypt"\r\n\r\nOK\r\n')


def test_local_data_over_the_life_cycle(account, new_module, own_profile):
    """The evaluation, then off, then on; what was sealed first still opens."""
    module = new_module("--heartbeat-min-s", "0", "--offline")
    example(module)
    stored = (module.state / "files" / "ciphertextfile").read_bytes()
    assert len(stored) == 13 + 29 and b"data" not in stored
    assert b"OK" in module.seal(own_profile)
    assert b"OK" in module.command("AT+CFUN=1")
    module.complete()
    refusal = OFF % "LocalDataProtection"
    assert module.error('AT+USECDATAENC=13,"ciphertextfile"') == refusal
    assert module.error('AT+USECFILEDEC="ciphertextfile"') == refusal
    uid = module.ready["uid"]
    switch(account, uid, LocalDPR=True)
    heartbeat(module)
    assert module.command('AT+USECFILEDEC="ciphertextfile"') == (
        b'\r\n+USECFILEDEC: 13,"datatoencrypt"\r\n\r\nOK\r\n')
    example(module)
    confirmed(account, uid)
    switch(account, uid, LocalDataProtection=False)
    heartbeat(module)
    assert module.error('AT+USECFILEDEC="ciphertextfile"') == refusal


def test_the_evaluation_survives_restarts(account, new_module, tmp_path):
    """A hundred operations, however often the power goes."""
    state, = make_devices(account, tmp_path / "one", 1)
    for _ in range(5):
        module = new_module("--offline", state=state)
        for _ in range(10):
            example(module)
        module.kill()
    module = new_module("--offline", state=state)
    refusal = "+CME ERROR: SEC resource not available"
    assert module.error('AT+USECDATAENC=13,"ciphertextfile"') == refusal
    assert module.error('AT+USECFILEDEC="ciphertextfile"') == refusal


def test_bound_to_module_name_and_content(account, new_module, tmp_path, rng):
    states = make_devices(account, tmp_path / "two", 2)
    first, second = (new_module("--offline", state=state)
                     for state in states)
    example(first)
    stored = (first.state / "files" / "ciphertextfile").read_bytes()
    refusal = "+CME ERROR: SEC data inconsistent or unsupported"

    def put(module, name, content):
        (module.state / "files" / name).write_bytes(content)
        return f'AT+USECFILEDEC="{name}"'
    assert second.error(put(second, "ciphertextfile", stored)) == refusal
    assert first.error(put(first, "renamed", stored)) == refusal
    assert first.error(put(first, "ciphertextfile", stored[:-1])) == refusal
    assert first.error(put(first, "ciphertextfile", stored + b"x")) == refusal
    assert first.error(put(first, "ciphertextfile", b"")) == refusal
    place, bit = rng.randrange(len(stored)), 1 << rng.randrange(8)
    changed = bytearray(stored)
    changed[place] ^= bit
    assert first.error(put(first, "ciphertextfile", bytes(changed))) == refusal
    assert b'13,"datatoencrypt"' in first.command(
        put(first, "ciphertextfile", stored))
