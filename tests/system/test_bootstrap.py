"""The module's way to its keys: states, clones, kills at every point."""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import (PATIENCE, SANITIZED, Account, Module, Service,
                      make_devices, program, wait_until)


def test_states_of_the_seed(account, new_module):
    """0,0,0 without the service; 1,0,1 unsealed; 1,1,1 sealed and done."""
    module = new_module()
    wait_until(lambda: module.info() == (1, 0, 1), "1,0,1")
    assert b"OK" in module.seal(account.profile, "SN-77")
    module.complete()
    assert b"OK" in module.seal(account.profile, "another")
    device = account.device(module.ready["uid"])
    assert device["DeviceSerialNumber"] == "SN-77"
    assert device["DeviceProfileUID"] == account.profile
    assert device["RegistrationDate"]


@pytest.mark.parametrize("profile", ["A" * 21 + "Q", "thermometer-model-004Q"])
def test_profile_of_nobody(account, new_module, profile):
    """Registered and unowned (4.3), with an event that says why."""
    module = new_module(seal=profile, serial="SN-78")
    uid = module.ready["uid"]
    found = wait_until(
        lambda: account.get(f"/v1/events?device={uid}")["Items"], "the event")
    assert [e["Kind"] for e in found] == ["unknown_profile"]
    named = base64.urlsafe_b64encode(
        bytes.fromhex(found[0]["Detail"]["DeviceProfileUID"])).decode()
    assert named.rstrip("=") == profile
    wait_until(lambda: module.info() == (1, 0, 1), "1,0,1")
    assert module.error("AT+USECPSK=16").startswith("+CME ERROR")
    assert account.device(uid) is None


def test_sealed_while_offline(account, new_module):
    """Sealed later, without a network: assigned once there is one."""
    module = new_module()
    wait_until(lambda: module.info() == (1, 0, 1), "1,0,1")
    assert account.device(module.ready["uid"]) is None
    assert b"OK" in module.command("AT+CFUN=0")
    assert b"OK" in module.seal(account.profile, "SN-79")
    assert module.info() == (1, 0, 1)
    assert b"OK" in module.command("AT+CFUN=1")
    module.complete()
    device = account.device(module.ready["uid"])
    assert device["DeviceSerialNumber"] == "SN-79"
    # The first root was nobody's; this one is the account's.
    items = account.get(
        f"/v1/devices/{module.ready['uid']}/generations")["Items"]
    assert [g["Generation"] for g in items] == [2]


def test_no_service(account, new_module, tmp_path):
    """Nobody answers at the address: 0,0,0, and nothing is lost by it."""
    state, = make_devices(account, tmp_path / "lonely", 1)
    module = Module(state, "coap://127.0.0.1:9")
    try:
        module.seal(account.profile)
        assert module.info() in ((0, 0, 0), None)
        assert module.error("AT+USECPSK=16") == \
            "+CME ERROR: SEC ROT not personalized"
        assert module.error("AT+USECCONN").startswith("+CME ERROR")
    finally:
        module.close()
    new_module(state=state).complete()


def test_survives_restarts(account, new_module):
    """Bootstrapped once is bootstrapped for good; counters go on."""
    module = new_module(seal=account.profile)
    module.complete()
    generation = account.device(module.ready["uid"])["Generation"]
    seen = {module.psk()}
    for _ in range(3):
        module.kill()
        module = new_module(state=module.state)
        module.complete()
        seen.add(module.psk())
    assert len({identity for identity, _ in seen}) == 4
    assert account.device(module.ready["uid"])["Generation"] == generation


def test_both_models(account, new_module):
    """R4 blocks while it bootstraps and then answers; R5 has none of it."""
    r4 = new_module(model="sara-r4", seal=account.profile)
    r4.complete()
    assert "R4" in r4.command("ATI").decode()
    assert r4.psk()


def test_heartbeat(account, new_module):
    """USECCONN sends one, a second at once is refused on the module."""
    module = new_module(seal=account.profile)
    module.complete()
    uid = module.ready["uid"]
    assert module.command("AT+USECCONN", patience=120) == b"\r\nOK\r\n"
    device = account.device(uid)
    assert device["LastSeen"]
    assert module.error("AT+USECCONN") == "+CME ERROR: operation not allowed"


def clone_state(state, name):
    """Copies the factory state of a device, as a thief would."""
    copy = state.parent / name
    shutil.copytree(state, copy)
    return copy


def test_clone_is_refused_and_recorded(account, new_module, tmp_path):
    """A second module with copied factory secrets comes second: refused."""
    state, = make_devices(account, tmp_path / "genuine", 1)
    copy = clone_state(state, "copy")
    genuine = new_module(state=state, seal=account.profile)
    genuine.complete()
    uid = genuine.ready["uid"]
    clone = new_module(state=copy, seal=account.profile)

    def recorded():
        events = account.get(f"/v1/events?device={uid}")["Items"]
        return [e for e in events if "clone" in e["Kind"]]
    events = wait_until(recorded, "the record of the clone")
    print(events)
    detail = events[0]["Detail"]
    assert detail["Instance"] != detail["KnownInstance"]
    assert clone.info() != (1, 1, 1)
    wait_until(lambda: b"+CME ERROR: SEC service not authorized"
               in clone.command("AT+USECDEVINFO?"), "the refusal")
    assert clone.error("AT+USECPSK=16") == \
        "+CME ERROR: SEC ROT not personalized"
    assert genuine.psk()
    assert genuine.info() == (1, 1, 1)


@pytest.mark.parametrize("what,calls", [
    ("fsync,fdatasync", 24), ("write,pwrite64", 40), ("rename,renameat,renameat2", 24),
    ("sendto,sendmsg,send", 16)])
def test_killed_at_every_point(account, tmp_path, what, calls):
    """
    kill -9 at the n-th durable step, for every n until the bootstrap needs
    no n-th one: after a restart it finishes.
    """
    step = 3 if SANITIZED else 1
    for n in range(1, calls, step):
        state, = make_devices(account, tmp_path / f"{what[:4]}{n}", 1)
        killer = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={what}",
                  "-e", f"inject={what}:signal=SIGKILL:when={n}"]
        try:
            module = Module(state, account.service.coap, wrapper=killer)
            module.seal(account.profile)
            module.complete(patience=20)
            survived = True
        except (AssertionError, OSError):
            survived = False
        finally:
            subprocess.run(["pkill", "-9", "-f", str(state)], check=False)
        again = Module(state, account.service.coap)
        try:
            again.seal(account.profile)
            again.complete()
            again.psk()
        finally:
            again.close()
        if survived:
            break


@pytest.mark.slow
def test_kill_minus_nine_during_200_bootstraps(tmp_path, rng):
    """
    Each process of holdfastd is killed at random while 200 devices
    bootstrap; no confirmed device is lost, none is stuck, every key agrees.
    """
    service = Service(tmp_path / "data")
    try:
        account = Account(service, tmp_path)
        fleet = tmp_path / "fleet"
        subprocess.run([program("fleet"), "make", "--service",
                        str(service.data / "service.json"), "--count", "200",
                        "--out", str(fleet)], check=True, timeout=PATIENCE)
        account.run("import", str(fleet / "import.jsonl"))
        running = subprocess.Popen(
            [program("fleet"), "bootstrap", "--out", str(fleet), "--to",
             f"127.0.0.1:{service.device_port}", "--profile", account.profile,
             "--rate", "40", "--window", "20", "--timeout", "120"],
            stdout=subprocess.PIPE, text=True)
        kills = 0
        while running.poll() is None and kills < 60:
            try:
                running.wait(rng.uniform(0.02, 0.2))
            except subprocess.TimeoutExpired:
                pass
            victim = rng.choice(["keys", "devices", "api", "all"])
            if victim == "all" and rng.random() < 0.3:
                service.kill()
                service.start()
            elif victim != "all":
                with contextlib.suppress(ProcessLookupError):  # dead already
                    os.kill(service.child(victim), 9)
            kills += 1
        out, _ = running.communicate(timeout=150)
        assert running.returncode == 0, out
        result = json.loads(out.splitlines()[-1])
        assert result["confirmed"] == 200, result
        wait_until(lambda: account.curl("/healthz")[0] == 200, "the api")
        for entry in map(json.loads, open(fleet / "psk.jsonl")):
            status, text = account.curl("/v1/GetPSK", {"KeyID": entry["KeyID"]})
            assert status == 200, (entry, text)
            assert json.loads(text) == {"Key": entry["Key"],
                                        "ROTPublicUID": entry["ROTPublicUID"]}
        assert "child-restarted" in service.logged()
    finally:
        service.stop()
