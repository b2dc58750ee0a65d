"""Ownership transfer, over real programs: two tenants and one module."""
import base64
import concurrent.futures
import json
import re
import sqlite3
import subprocess
import threading

import pytest

from conftest import PATIENCE, Account, Module, Service, Tenant, \
    make_devices, program, wait_until


@pytest.fixture(scope="module")
def parties(tmp_path_factory):
    """A service, its first tenant and a second one."""
    folder = tmp_path_factory.mktemp("transfer")
    service = Service(folder / "data")
    first = Account(service, folder)
    yield first, Tenant(first, folder, "buyer")
    service.stop()


def owned(owner, folder):
    """A bootstrapped module of an owner: (module, its ROTPublicUID)."""
    before = {d["ROTPublicUID"] for d in owner.get("/v1/devices")["Items"]}
    state, = make_devices(owner, folder, 1)
    module = Module(state, owner.service.coap, "--heartbeat-min-s", "0",
                    seal=owner.profile)
    module.complete()
    after = {d["ROTPublicUID"] for d in owner.get("/v1/devices")["Items"]}
    uid, = after - before
    return module, uid


def psk_status(account, module):
    """What GetPSK says to a fresh identity; the key has to be the module's."""
    identity, psk = module.psk()
    status, text = account.curl("/v1/GetPSK", {"KeyID": identity})
    if status == 200:
        assert base64.b64decode(json.loads(text)["Key"]).hex().upper() == psk
    return status


def opens(account, message, folder, plaintext=b"BEFORE"):
    """Whether the command line of an account opens a message."""
    path = folder / "message"
    path.write_bytes(message)
    done = account.run("decrypt", str(path), check=False)
    if done.returncode == 0:
        assert done.stdout.encode() == plaintext
    return done.returncode == 0


def offer(seller, buyer, *words):
    """An offer by the command line; its number."""
    return seller.run("transfers", "offer", str(buyer.tenant),
                      *words).strip()


def state(account, number, uid):
    """Where a device of a transfer stands."""
    items = account.get(f"/v1/transfers/{number}/devices")["Items"]
    return {d["ROTPublicUID"]: d["State"] for d in items}[uid]


def contact(module, account, number, uid):
    """Heartbeats until the device has its new root."""
    def done():
        # Refused while the one before is on its way.
        module.socket.sendall(b"AT+USECCONN\r")
        module.read_until(b"\r\nOK\r\n", b"allowed\r\n")
        return state(account, number, uid) == "done"
    wait_until(done, "the new root")


@pytest.mark.parametrize("readers", ["old", "new", "both"])
def test_transfer(parties, readers, tmp_path):
    seller, buyer = parties
    module, uid = owned(seller, tmp_path / "made")
    before = module.encrypt(b"BEFORE")
    unread = module.encrypt(b"BEFORE")
    assert psk_status(seller, module) == 200
    assert psk_status(buyer, module) == 404
    assert opens(seller, before, tmp_path)

    # The offer changes nothing yet, and only the two see it.
    number = offer(seller, buyer, "--readers", readers, uid)
    assert psk_status(seller, module) == 200
    assert state(buyer, number, uid) == "offered"
    assert buyer.device(uid) is None
    asked = json.loads(buyer.run("transfers", "get", number))
    assert (asked["FromTenantName"], asked["Readers"]) == ("example", readers)
    assert asked["ToTenantName"] == "buyer"
    assert seller.get(f"/v1/transfers/{number}")["ToTenantName"] is None
    assert f"tenant {buyer.tenant}" in seller.run("transfers", "list")

    buyer.run("transfers", "accept", number, buyer.profile)
    assert seller.get(f"/v1/transfers/{number}")["ToTenantName"] == "buyer"
    assert state(seller, number, uid) == state(buyer, number, uid) == "waiting"
    assert seller.device(uid) is None
    assert buyer.device(uid)["DeviceProfileUID"] == buyer.profile
    # Nobody has a PSK of the old generation, and the old owner no key that
    # the device might use yet.
    assert psk_status(seller, module) == 404
    assert psk_status(buyer, module) == 404
    during = module.encrypt(b"DURING")
    assert not opens(seller, during, tmp_path)
    assert not opens(seller, before, tmp_path)
    assert opens(buyer, before, tmp_path) == (readers != "old")
    header = {"EncryptedHeader": during[:16].hex()}
    status, text = seller.curl("/v1/GetE2EDecryptionParameters", header)
    assert status == (404 if readers == "new" else 403)
    assert readers == "new" or "/problems/transferred" in text
    # Nor can the old owner send messages to it.
    assert seller.curl("/v1/e2e/downlink/protectionparameters/get",
                       {"ROTPublicUID": uid})[0] == 404

    # The module's next contact makes the root that is the new owner's.
    contact(module, buyer, number, uid)
    assert buyer.device(uid)["Generation"] == 2
    wait_until(lambda: psk_status(buyer, module) == 200, "the module's root")
    assert psk_status(seller, module) == 404
    after = module.encrypt(b"BEFORE")
    assert opens(buyer, after, tmp_path)
    assert not opens(seller, after, tmp_path)
    for message in (before, unread):
        assert opens(seller, message, tmp_path) == (readers != "new")
        assert opens(buyer, message, tmp_path) == (readers != "old")
    for account in parties:
        kinds = [e["Kind"] for e in account.get("/v1/events")["Items"]]
        assert "transfer_done" in kinds
    module.close()


def test_back_again(parties, tmp_path):
    """What was given away with `new` stays given away."""
    seller, buyer = parties
    module, uid = owned(seller, tmp_path / "made")
    first = module.encrypt(b"BEFORE")
    number = offer(seller, buyer, "--readers", "new", uid)
    buyer.run("transfers", "accept", number, buyer.profile)
    # On its way it cannot be offered on.
    status, text = buyer.curl("/v1/transfers", {
        "ToTenantID": 1, "Readers": "both", "ROTPublicUIDs": [uid]})
    assert status == 409 and uid in text
    contact(module, buyer, number, uid)
    wait_until(lambda: psk_status(buyer, module) == 200, "the module's root")
    second = module.encrypt(b"BEFORE")
    status, text = buyer.curl("/v1/transfers", {
        "ToTenantID": 1, "Readers": "both", "ROTPublicUIDs": [uid]})
    assert status == 201
    back = str(json.loads(text)["TransferID"])
    seller.run("transfers", "accept", back, seller.profile)
    contact(module, seller, back, uid)
    wait_until(lambda: psk_status(seller, module) == 200, "the module's root")
    assert psk_status(buyer, module) == 404
    assert opens(seller, second, tmp_path) and opens(buyer, second, tmp_path)
    assert opens(buyer, first, tmp_path)
    assert not opens(seller, first, tmp_path)
    module.close()


def test_offers_end(parties, tmp_path):
    seller, buyer = parties
    stranger = Tenant(seller, tmp_path, f"stranger-{tmp_path.name}")
    module, uid = owned(seller, tmp_path / "made")
    number = offer(seller, buyer, uid)
    # One offer at a time, only of what is one's own, and to another.
    for body, status in (
            ({"ToTenantID": buyer.tenant, "ROTPublicUIDs": [uid]}, 409),
            ({"ToTenantID": 1, "ROTPublicUIDs": [uid]}, 400),
            ({"ToTenantID": 0, "ROTPublicUIDs": [uid]}, 400),
            ({"ToTenantID": 9999, "ROTPublicUIDs": [uid]}, 409),
            ({"ToTenantID": buyer.tenant, "ROTPublicUIDs": []}, 400),
            ({"ToTenantID": buyer.tenant, "ROTPublicUIDs": ["00"]}, 400),
            ({"ToTenantID": buyer.tenant}, 400),
            ({"ToTenantID": buyer.tenant, "ROTPublicUIDs": ["00" * 8]}, 404),
            ({"ToTenantID": buyer.tenant, "ROTPublicUIDs": [uid],
              "DeviceProfileUID": seller.profile}, 400)):
        got, text = seller.curl("/v1/transfers", {"Readers": "both", **body})
        assert got == status, text
    # Somebody else's device looks as if it were not there.
    bodies = [{"ToTenantID": 1, "Readers": "both", "ROTPublicUIDs": [u]}
              for u in (uid, "FF" * 8)]
    answers = [json.loads(stranger.curl("/v1/transfers", b)[1])
               for b in bodies]
    for answer in answers:
        del answer["requestId"]
    assert answers[0] == answers[1]
    # Who is no party sees nothing, and nobody does what is the other's.
    for action, body in (("", None), ("/devices", None),
                         ("/accept", {"DeviceProfileUID": stranger.profile})):
        assert stranger.curl(f"/v1/transfers/{number}{action}", body)[0] == 404
    accept = f"/v1/transfers/{number}/accept"
    assert stranger.get("/v1/transfers")["Items"] == []
    assert seller.curl(accept, {"DeviceProfileUID": seller.profile})[0] == 404
    assert buyer.curl(f"/v1/transfers/{number}/withdraw",
                      method="POST")[0] == 404
    # Not into a profile that is not the acceptor's.
    assert buyer.curl(accept, {"DeviceProfileUID": seller.profile})[0] == 400
    seller.run("transfers", "withdraw", number)
    assert buyer.curl(accept, {"DeviceProfileUID": buyer.profile})[0] == 409
    assert psk_status(seller, module) == 200
    number = offer(seller, buyer, "--profile", seller.profile)
    buyer.run("transfers", "decline", number)
    assert buyer.get(f"/v1/transfers/{number}")["State"] == "declined"
    assert seller.device(uid) is not None
    # What cannot go any more stays, and the acceptance says so.
    number = offer(seller, buyer, uid)
    seller.run("devices", "decommission", uid, "--yes")
    buyer.run("transfers", "accept", number, buyer.profile)
    item, = buyer.get(f"/v1/transfers/{number}/devices")["Items"]
    assert (item["State"], item["Why"]) == ("left", "decommissioned")
    assert buyer.device(uid) is None
    module.close()


def test_offers_tell_nothing(parties, tmp_path):
    """A number that no tenant has is offered to like another, and as often."""
    seller, buyer = parties
    victim = Tenant(seller, tmp_path, f"victim-{tmp_path.name}")
    module, uid = owned(seller, tmp_path / "made")
    module.close()
    made = {}
    for receiver in victim.tenant, 9999:
        text = ""
        for count in range(100):
            status, text = seller.curl("/v1/transfers", {
                "ToTenantID": receiver, "Readers": "old",
                "ROTPublicUIDs": [uid]})
            if status != 201:
                break
            offered = json.loads(text)
            assert offered["ToTenantName"] is None
            status, shown = seller.curl(
                f"/v1/transfers/{offered['TransferID']}/withdraw",
                method="POST")
            assert status == 200
        assert status == 409
        made[receiver] = [count, *(
            re.sub(r'"(TransferID|ToTenantID|\w+Date|requestId)": [^\n]*', "",
                   t) for t in (json.dumps(offered, indent=1), shown, text))]
    assert made[victim.tenant] == made[9999]
    count = made[9999][0]
    assert count == 20
    assert len(victim.get("/v1/events")["Items"]) == 2 * count
    # Others are not kept from anything.
    number = offer(seller, buyer, uid)
    seller.run("transfers", "withdraw", number)


def test_double_acceptance(parties, tmp_path):
    """Of many acceptances at once exactly one counts."""
    seller, buyer = parties
    module, uid = owned(seller, tmp_path / "made")
    number = offer(seller, buyer, uid)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: buyer.curl(
            f"/v1/transfers/{number}/accept",
            {"DeviceProfileUID": buyer.profile})[0], range(8)))
    assert got.count(200) == 1 and set(got) <= {200, 409, 503}
    module.close()


def owners(service):
    """How many devices each tenant has, and what waits: from the database."""
    database = sqlite3.connect(service.data / "db/holdfast.db")
    try:
        tenants = dict(database.execute(
            "SELECT tenant, count(*) FROM devices GROUP BY tenant"))
        waiting, = database.execute("SELECT count(*) FROM transfer_devices"
                                    " WHERE state = 1").fetchone()
        accepted, = database.execute("SELECT count(*) FROM transfers"
                                     " WHERE state = 1").fetchone()
    finally:
        database.close()
    return tenants, waiting, accepted


@pytest.mark.slow
def test_kill_minus_nine_during_an_acceptance(tmp_path):
    """
    1,000 devices go as a whole or not at all, at whatever moment of it the
    service is killed; once it has said that they went, they have.
    """
    service = Service(tmp_path / "data")
    try:
        seller = Account(service, tmp_path)
        buyer = Tenant(seller, tmp_path, "buyer")
        fleet = tmp_path / "fleet"
        subprocess.run([program("fleet"), "make", "--service",
                        str(service.data / "service.json"), "--count", "1000",
                        "--out", str(fleet)], check=True, timeout=PATIENCE)
        seller.run("import", str(fleet / "import.jsonl"))
        subprocess.run([program("fleet"), "bootstrap", "--out", str(fleet),
                        "--to", f"127.0.0.1:{service.device_port}",
                        "--profile", seller.profile, "--window", "50",
                        "--timeout", "60"], check=True, timeout=2 * PATIENCE,
                       stdout=subprocess.DEVNULL)
        assert owners(service) == ({1: 1000}, 0, 0)
        number = offer(seller, buyer, "--profile", seller.profile)
        kills = 0
        for delay in range(200):
            said = []
            accept = threading.Thread(target=lambda: said.append(buyer.curl(
                f"/v1/transfers/{number}/accept",
                {"DeviceProfileUID": buyer.profile})[0]))
            accept.start()
            accept.join(delay * 0.012)
            service.kill()
            accept.join()
            kills += said != [200]
            tenants, waiting, accepted = owners(service)
            service.start()
            if accepted:
                assert (tenants, waiting) == ({buyer.tenant: 1000}, 1000)
            else:
                assert said != [200]
                assert (tenants, waiting) == ({1: 1000}, 0)
                assert seller.get(f"/v1/transfers/{number}")["State"] \
                    == "offered"
            if said == [200]:
                break
            if accepted:  # durable, but not said: the next one is told so
                break
        assert kills > 3
        assert buyer.get(f"/v1/transfers/{number}")["Waiting"] == 1000
    finally:
        service.stop()
