"""A database out of a backup: devices come back with their tickets.

Over real programs, by the commands of docs/operation.md. The modules' time
goes faster, for what they wait for is an hour.
"""
import base64
import json
import re
import shutil
import subprocess

import pytest

from conftest import Account, Module, Service, make_devices, wait_until

RATE = "200"  # an hour is 18 seconds
BACK = 150  # seconds for what takes two or three of their hours


def back_up(service, folder):
    """The two commands of the manual."""
    subprocess.run(["cp", "-p", service.data / "keys/keys", folder / "keys"],
                   check=True)
    subprocess.run(
        ["/usr/bin/python3", "-c",
         "import sqlite3, sys; sqlite3.connect(sys.argv[1])"
         ".backup(sqlite3.connect(sys.argv[2]))",
         service.data / "db/holdfast.db", folder / "database"], check=True)


def restore(service, folder):
    """Into a directory that has nothing else, in the place of the old one."""
    service.stop()
    shutil.rmtree(service.data)
    for path in (service.data, service.data / "keys", service.data / "db"):
        path.mkdir(mode=0o700)
    for what, where in (("keys", "keys/keys"), ("database",
                                                "db/holdfast.db")):
        subprocess.run(["install", "-m", "600", folder / what,
                        service.data / where], check=True)
    service.start()


def agrees(account, module):
    """Whether GetPSK says what the module says."""
    identity, psk = module.psk()
    status, text = account.curl("/v1/GetPSK", {"KeyID": identity})
    if status != 200:
        return False
    assert base64.b64decode(json.loads(text)["Key"]).hex().upper() == psk
    return True


def opens(account, message, folder, plaintext):
    """Whether the command line of an account opens a message."""
    path = folder / "message"
    path.write_bytes(message)
    done = account.run("decrypt", str(path), check=False)
    return done.returncode == 0 and done.stdout.encode() == plaintext


def uid_of(module):
    """Its ROTPublicUID."""
    return re.search(rb'"([0-9A-F]{16})"',
                     module.command("AT+USECROTUID"))[1].decode()


def has_ticket(module):
    """Whether the module keeps a ticket outside of its root of trust."""
    return (module.state / "rot/ticket").exists()


def ask(module):
    """Asks for a heartbeat, whatever comes of it."""
    module.command("AT+USECCONN", patience=BACK)


@pytest.mark.slow
def test_devices_come_back(tmp_path):
    """
    One that the backup knows under an older generation, one that it knows
    from its import only, one that it has never heard of, and one that has
    lost its ticket: three come back, with all that they protected since.
    """
    service = Service(tmp_path / "data")
    try:
        account = Account(service, tmp_path)

        def start(state):
            module = Module(state, service.coap, "--heartbeat-min-s", "0",
                            "--time-rate", RATE, seal=account.profile)
            module.complete()
            return module

        rotated, imported, lost = make_devices(account, tmp_path / "a", 3)
        modules = [start(rotated)]
        back_up(service, tmp_path)
        unknown, = make_devices(account, tmp_path / "b", 1)
        modules += [start(state) for state in (imported, unknown, lost)]
        uids = [uid_of(module) for module in modules]
        account.run("devices", "rotate", uids[0])
        # At this pace a heartbeat that is answered late has failed.
        wait_until(lambda: ask(modules[0]) or
                   account.device(uids[0])["Generation"] == 2,
                   "the rotation", BACK)
        for module in modules:
            wait_until(lambda: has_ticket(module), "a ticket")
            wait_until(lambda: agrees(account, module), "the same keys")
        messages = [m.encrypt(b"SINCE") for m in modules]
        (lost / "rot/ticket").unlink()
        modules[3].close()
        modules[3] = Module(lost, service.coap, "--time-rate", RATE)

        restore(service, tmp_path)
        assert account.device(uids[0])["Generation"] == 1
        assert account.device(uids[2]) is None
        assert not agrees(account, modules[0])
        for module in modules:
            module.socket.sendall(b"AT+USECCONN\r")
        for module, uid, message, back in zip(modules, uids, messages,
                                              (3, 2, 2, None)):
            if back is None:
                continue
            wait_until(lambda: (account.device(uid) or {}).get("Generation")
                       == back, f"{uid}", BACK)
            module.final(patience=BACK)
            wait_until(lambda: agrees(account, module), "the same keys")
            assert opens(account, message, tmp_path, b"SINCE")
        adopted = {e["ROTPublicUID"] for e in account.get("/v1/events")["Items"]
                   if e["Kind"] == "adopted"}
        assert adopted == set(uids[:3])
        # Without a ticket it stays unknown, and nothing it says is believed.
        assert not opens(account, messages[3], tmp_path, b"SINCE")
        assert (account.device(uids[3]) or {}).get("Generation") in (None, 0)
        for module in modules:
            module.close()
    finally:
        service.stop()
