"""What operators do to devices (4.1 to 4.6), with the real programs."""
import base64
import json
import re
import shutil
import sqlite3
import subprocess

import pytest

from conftest import Account, Module, Tenant, make_devices, program, \
    wait_until


def act(account, uid, operation, body=None, status=200):
    """An operation on a device by curl; the decoded answer."""
    got, text = account.curl(f"/v1/devices/{uid}/{operation}", body,
                             method="POST")
    assert got == status, text
    return json.loads(text)


def heartbeat(module):
    """A heartbeat now; the one before may still be on its way."""
    wait_until(lambda: b"\r\nOK\r\n" in module.command("AT+USECCONN"),
               "a heartbeat")


def events(account, uid, kind):
    """The events of a kind that a device had, newest first."""
    items = account.get(f"/v1/events?device={uid}")["Items"]
    return [e for e in items if e["Kind"] == kind]


def audit(account, action, uid):
    """Before and after of the audit log's entries about a device."""
    path = account.service.data / "db" / "holdfast.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT detail, actor, source FROM audit WHERE"
                          " action = ? AND object = ? ORDER BY id",
                          (action, uid)).fetchall()
    db.close()
    for _, actor, source in rows:
        assert actor.startswith("apikey:") and source
    return [(d["Before"], d["After"])
            for d in (json.loads(row[0]) for row in rows)]


def refused(account, identity):
    """The type of the problem that GetPSK answers with."""
    status, text = account.curl("/v1/GetPSK", {"KeyID": identity})
    assert status != 200, text
    return json.loads(text)["type"]


@pytest.fixture
def own_profile(account):
    """A profile of the test's own."""
    return account.run("profiles", "create", "operations").strip()


@pytest.fixture
def ready(new_module, own_profile):
    """A bootstrapped module whose heartbeats may come at any time."""
    module = new_module("--heartbeat-min-s", "0", seal=own_profile)
    return module.complete()


def test_suspend_and_resume(account, ready):
    uid = ready.ready["uid"]
    identity, _ = ready.psk()
    device = act(account, uid, "suspend")
    assert device["Status"] == "suspended"
    assert device["Suspension"] == {"Wanted": True, "Told": False}
    assert refused(account, identity) == "/problems/device-suspended"
    heartbeat(ready)
    assert account.device(uid)["Suspension"] == {"Wanted": True, "Told": True}
    assert ready.error("AT+USECPSK=16") == \
        "+CME ERROR: SEC remote object wrong state"
    assert "active" in account.run("devices", "resume", uid)
    assert account.post("/v1/GetPSK", {"KeyID": identity})["Key"]
    heartbeat(ready)
    ready.psk()
    assert audit(account, "device.suspend", uid) == [
        ({"Suspended": False}, {"Suspended": True})]
    assert audit(account, "device.resume", uid) == [
        ({"Suspended": True}, {"Suspended": False})]


def test_rotate_keeps_what_was_protected(account, ready, tmp_path):
    uid = ready.ready["uid"]
    old = ready.psk()
    message = tmp_path / "message"
    message.write_bytes(ready.encrypt(b"years ago"))
    assert "a new root is wanted" in account.run("devices", "rotate", uid)
    assert account.device(uid)["Rotation"] == {"Wanted": True, "Told": False}
    heartbeat(ready)
    device = wait_until(
        lambda: (account.device(uid)["Generation"] == 2
                 and account.device(uid)), "the new generation")
    assert device["Rotation"] == {"Wanted": False, "Told": False}
    new = wait_until(lambda: [p for p in [ready.psk()]
                              if p[0][4:16] != old[0][4:16]], "its alias")[0]
    for identity, psk in (old, new):
        key = account.post("/v1/GetPSK", {"KeyID": identity})["Key"]
        assert base64.b64decode(key).hex().upper() == psk
    assert account.run("decrypt", str(message)) == "years ago"
    items = account.get(f"/v1/devices/{uid}/generations")["Items"]
    assert [g["Generation"] for g in items] == [2, 1]
    assert items[0]["EndDate"] is None and items[1]["EndDate"]
    assert items[1]["Alias"] == old[0][4:16]
    page = account.get(f"/v1/devices/{uid}/generations?limit=1")
    assert [g["Generation"] for g in page["Items"]] == [2]
    page = account.get(f"/v1/devices/{uid}/generations?limit=1&cursor="
                       + page["NextCursor"])
    assert page["Items"] == items[1:] and page["NextCursor"] is None
    assert len(account.run("devices", "generations", uid).splitlines()) == 2


def test_rotation_by_age(account, ready, own_profile):
    """A root that is older than the profile allows is asked for anew."""
    uid = ready.ready["uid"]
    account.run("profiles", "set", own_profile, "--rotation", "86400")
    heartbeat(ready)
    assert account.device(uid)["Generation"] == 1
    path = account.service.data / "db" / "holdfast.db"
    with sqlite3.connect(path, timeout=20) as db:
        db.execute("UPDATE devices SET rooted = rooted - 86400 WHERE uid = ?",
                   (bytes.fromhex(uid),))
    db.close()
    heartbeat(ready)
    wait_until(lambda: account.device(uid)["Generation"] == 2, "a new root")
    heartbeat(ready)
    assert account.device(uid)["Generation"] == 2


def clone_pair(account, new_module, tmp_path, profile):
    """A bootstrapped module and, at another port, its copy."""
    state, = make_devices(account, tmp_path / "pair", 1)
    module = new_module("--heartbeat-min-s", "0", state=state, seal=profile)
    module.complete()
    heartbeat(module)  # nothing is left that it would say by itself
    heartbeat(module)
    module.close()
    copy = state.parent / "copy"
    shutil.copytree(state, copy)
    return (new_module("--heartbeat-min-s", "0", state=state).complete(),
            new_module("--heartbeat-min-s", "0", state=copy).complete())


def answers(module):
    """Whether a heartbeat comes through: for 5 minutes the module tries."""
    got = module.command("AT+USECCONN", patience=330)
    return got.endswith(b"\r\nOK\r\n")


def test_quarantine_and_release(account, new_module, own_profile, tmp_path):
    account.run("profiles", "set", own_profile, "--clones", "quarantine")
    first, second = clone_pair(account, new_module, tmp_path, own_profile)
    uid = first.ready["uid"]
    identity, _ = first.psk()
    wait_until(lambda: answers(first), "its heartbeat")
    device = wait_until(
        lambda: not answers(second)
        and account.device(uid)["Status"] == "quarantined"
        and account.device(uid), "the quarantine")
    assert refused(account, identity) == "/problems/device-suspended"
    assert not answers(first)
    detail = events(account, uid, "clone")[-1]["Detail"]
    assert detail["Outcome"] == "quarantine"
    assert detail["Address"] != detail["KnownAddress"]
    assert detail["KnownInstance"] == device["Instance"]
    assert detail["KnownSeen"] and detail["Generation"] == 1
    shown = account.run("events", uid)
    assert "clone" in shown and detail["KnownAddress"] in shown
    problem = act(account, uid, "release", {"Generation": 9}, status=400)
    assert problem["errors"][0]["pointer"] == "/Generation"
    act(account, uid, "release", {}, status=400)
    out = account.run("devices", "release", uid, "--generation", "1")
    assert "active" in out and "a new root is wanted" in out
    assert events(account, uid, "clone")  # evidence is never cleared
    state = first.state
    first.close()
    first = new_module("--heartbeat-min-s", "0", state=state).complete()
    wait_until(lambda: answers(first) and
               account.device(uid)["Generation"] == 2, "the released one")
    assert account.post("/v1/GetPSK", {"KeyID": first.psk()[0]})["Key"]
    assert not answers(second)
    assert account.device(uid)["Status"] == "active"
    (before, after), = audit(account, "device.release", uid)
    assert before["Quarantined"] is True and after["Quarantined"] is False


def test_decommission(account, ready, tmp_path):
    uid = ready.ready["uid"]
    identity, _ = ready.psk()
    message = tmp_path / "message"
    message.write_bytes(ready.encrypt(b"gone"))
    done = account.run("devices", "decommission", uid, check=False)
    assert done.returncode == 2 and "--yes" in done.stderr
    problem = act(account, uid, "decommission", {"Confirm": "0" * 16}, 400)
    assert problem["errors"][0]["pointer"] == "/Confirm"
    out = account.run("devices", "decommission", uid, "--yes")
    assert "decommissioning" in out
    assert refused(account, identity) == "/problems/decommissioned"
    act(account, uid, "suspend", status=409)
    ready.command("AT+USECCONN", patience=120)
    device = wait_until(
        lambda: (account.device(uid)["Status"] == "decommissioned"
                 and account.device(uid)), "the erasure")
    assert device["EraseDate"]
    assert ready.error("AT+USECPSK=16") == \
        "+CME ERROR: SEC ROT not personalized"
    assert account.run("decrypt", str(message), check=False).returncode == 1
    items = account.get(f"/v1/devices/{uid}/generations")["Items"]
    assert [g["Erased"] for g in items] == [True]
    assert len(events(account, uid, "erased")) == 1
    path = account.service.data / "db" / "holdfast.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        row = db.execute("SELECT ck, last_ck, factory_secret FROM devices"
                         " WHERE uid = ?", (bytes.fromhex(uid),)).fetchone()
    db.close()
    assert row == (None, None, None)


def test_decommission_now_and_a_second_life(account, ready, new_module,
                                            own_profile, tmp_path):
    uid = ready.ready["uid"]
    old = ready.psk()
    assert "decommissioned" in account.run(
        "devices", "decommission", uid, "--yes", "--now")
    # Produced anew under its name: other secrets in a new root of trust.
    folder = tmp_path / "again"
    subprocess.run([program("holdfast-factory"), "--service",
                    str(account.service.data / "service.json"), "--count",
                    "1", "--start", uid, "--out", str(folder)],
                   check=True, capture_output=True, timeout=60)
    account.run("import", str(folder / "import.jsonl"))
    # Only once: it is in use again.
    assert account.run("import", str(folder / "import.jsonl"),
                       check=False).returncode == 1
    state, = [path for path in folder.iterdir() if path.is_dir()]
    module = new_module("--heartbeat-min-s", "0", state=state,
                        seal=own_profile)
    waiting = wait_until(lambda: events(account, uid, "unreleased"),
                         "the event that names the instance")
    assert module.info() != (1, 1, 1)
    account.run("devices", "release", uid, "--instance",
                waiting[0]["Detail"]["Instance"])
    module.close()
    module = new_module("--heartbeat-min-s", "0", state=state)
    module.complete()
    device = account.device(uid)
    assert device["Generation"] == 2 and device["Status"] == "active"
    assert account.post("/v1/GetPSK", {"KeyID": module.psk()[0]})["Key"]
    assert refused(account, old[0]) == "/problems/decommissioned"


def test_another_account_sees_nothing(account, ready, tmp_path):
    """Somebody else's device answers exactly like an unknown one."""
    uid = ready.ready["uid"]
    stranger = Tenant(account, tmp_path, "stranger")
    bodies = {"suspend": None, "resume": None, "rotate": None,
              "release": {"Generation": 1},
              "decommission": {"Confirm": uid}, "generations": "GET"}
    for operation, body in bodies.items():
        texts = set()
        for one in (uid, "0123456789ABCDEF"):
            sent = {"Confirm": one} if operation == "decommission" else body
            status, text = stranger.curl(
                f"/v1/devices/{one}/{operation}",
                sent if isinstance(sent, dict) else None,
                method="GET" if body == "GET" else "POST")
            assert status == 404, text
            texts.add(re.sub(r'"requestId": "[^"]*"', "", text))
        assert len(texts) == 1, texts
    assert account.device(uid)["Status"] == "active"


def test_a_device_that_came_back_without_owner(new_service, tmp_path):
    """The operator hears of it, and ends it; nobody gets it."""
    service = new_service()
    operator = Account(service, tmp_path)
    owner = Tenant(operator, tmp_path, "owner")
    state, = make_devices(owner, tmp_path / "made", 1)
    module = Module(state, service.coap, seal=owner.profile)
    module.complete()
    module.close()
    uid = module.ready["uid"]
    # As an adoption leaves it when neither import nor profile is known.
    with sqlite3.connect(service.data / "db" / "holdfast.db") as db:
        db.execute("UPDATE devices SET tenant = NULL, profile = NULL,"
                   " import = NULL, status = 1")
        db.execute("UPDATE generations SET tenant = NULL")
        db.execute("INSERT INTO events (time, uid, kind, detail)"
                   " VALUES (1, ?, 'adopted', '{}')", (bytes.fromhex(uid),))
    db.close()
    assert len(events(operator, uid, "adopted")) == 1
    assert "adopted" in [e["Kind"]
                         for e in operator.get("/v1/events")["Items"]]
    assert not events(owner, uid, "adopted")

    record = str(tmp_path / "made" / "import.jsonl")
    assert owner.run("import", record, check=False).returncode == 1
    act(owner, uid, "decommission", {"Confirm": uid}, 404)
    act(owner, uid, "release", {"Generation": 1}, 404)
    assert "decommissioning" in operator.run("devices", "decommission", uid,
                                             "--yes")
    module = Module(state, service.coap, "--heartbeat-min-s", "0")
    heartbeat(module)
    wait_until(lambda: events(operator, uid, "erased"), "the erasure")
    assert module.error("AT+USECPSK=16").startswith("+CME ERROR")
    module.close()

    # Produced anew: whoever imports it lets it in.
    folder = tmp_path / "again"
    subprocess.run([program("holdfast-factory"), "--service",
                    str(service.data / "service.json"), "--count", "1",
                    "--start", uid, "--out", str(folder)],
                   check=True, capture_output=True, timeout=60)
    owner.run("import", str(folder / "import.jsonl"))
    act(operator, uid, "release", {"Generation": 1}, 404)
    state, = [path for path in folder.iterdir() if path.is_dir()]
    module = Module(state, service.coap, seal=owner.profile)
    waiting = wait_until(lambda: events(owner, uid, "unreleased"),
                         "the event that names the instance")
    owner.run("devices", "release", uid, "--instance",
              waiting[0]["Detail"]["Instance"])
    module.close()
    module = Module(state, service.coap)
    module.complete()
    device = owner.device(uid)
    assert device["Generation"] == 2 and device["Status"] == "active"
    assert owner.post("/v1/GetPSK", {"KeyID": module.psk()[0]})["Key"]
    module.close()


def test_profile_changes(account, own_profile):
    url = account.service.url + f"/v1/deviceprofiles/{own_profile}"
    head = subprocess.run(
        ["curl", "-s", "-i", url, "-H", f"Authorization: {account.token}"],
        capture_output=True, text=True, check=True).stdout
    tag = re.search(r"(?i)etag: (\S+)", head).group(1)
    path = f"/v1/deviceprofiles/{own_profile}"

    def patch(body, *headers):
        status, text = account.curl(path, body, method="PATCH",
                                    headers=headers)
        return status, json.loads(text)
    status, now = patch({"ClonePolicy": "quarantine",
                         "HeartbeatPeriod": 3600}, f"If-Match: {tag}")
    assert status == 200, now
    assert now["ClonePolicy"] == "quarantine"
    assert now["HeartbeatPeriod"] == 3600 and now["RotationPeriod"] is None
    assert account.get(path) == now
    status, problem = patch({"ClonePolicy": "alert"}, f"If-Match: {tag}")
    assert (status, problem["type"]) == (412, "/problems/precondition-failed")
    status, problem = patch({"ClonePolicy": "x", "RotationPeriod": 5,
                             "HeartbeatPeriod": 1, "Other": 1})
    assert status == 400
    status, problem = patch({"ClonePolicy": "x", "RotationPeriod": 5,
                             "HeartbeatPeriod": 1})
    assert {e["pointer"] for e in problem["errors"]} == {
        "/ClonePolicy", "/RotationPeriod", "/HeartbeatPeriod"}
    status, now = patch({"Name": 'a "name"', "HeartbeatPeriod": 0})
    assert status == 200 and now["HeartbeatPeriod"] is None
    changes = audit(account, "profile.change", own_profile)
    assert len(changes) == 2
    assert changes[0][0]["ClonePolicy"] == "alert"
    assert changes[0][1]["ClonePolicy"] == "quarantine"
    assert changes[1][1]["Name"] == 'a "name"'
    assert patch({}, )[0] == 200
    assert account.curl("/v1/deviceprofiles/" + "A" * 22, {},
                        method="PATCH")[0] == 404


def test_services_follow_the_plan(account, new_module, tmp_path):
    """A plan that includes them switches them on where devices are in use."""
    small = Tenant(account, tmp_path, "small", plan="Basic")
    module = new_module("--heartbeat-min-s", "0", owner=small,
                        seal=small.profile)
    module.complete()
    uid = module.ready["uid"]
    off = "+CME ERROR: E2ESymmetricKMS is not enabled"
    assert module.error("AT+USECPSK=16") == off
    account.run("tenants", "plan", str(small.tenant), "Freedom")

    def kms():
        return small.device(uid)["Features"]["E2ESymmetricKMS"]
    assert kms() == {"Enabled": True, "Confirmed": False}
    heartbeat(module)
    wait_until(lambda: kms()["Confirmed"], "the device's confirmation")
    identity, _ = module.psk()
    assert small.post("/v1/GetPSK", {"KeyID": identity})["Key"]
    account.run("tenants", "plan", str(small.tenant), "Basic")
    assert small.curl("/v1/GetPSK", {"KeyID": identity})[0] == 403
    heartbeat(module)
    assert module.error("AT+USECPSK=16") == off
