"""Who gets a key: the conditions of the seed's 6.1.1.1 step 5 and 6.2.3.

Every condition is turned off alone, in the rows of a running service, and
the refusal has to say which one it was.
"""
import contextlib
import json
import sqlite3

import pytest

from conftest import Account, Module, Service, make_devices


@pytest.fixture(scope="module")
def owned(tmp_path_factory):
    """A service, an account and a bootstrapped module of this file's own."""
    folder = tmp_path_factory.mktemp("rights")
    service = Service(folder / "data")
    account = Account(service, folder)
    state, = make_devices(account, folder / "made", 1)
    module = Module(state, service.coap, seal=account.profile)
    module.complete()
    yield account, module
    module.close()
    service.stop()


@contextlib.contextmanager
def changed(account, change, back):
    """Changes rows behind the service's back, and changes them back."""
    path = account.service.data / "db" / "holdfast.db"
    with contextlib.closing(sqlite3.connect(path, 10)) as db:
        db.execute("PRAGMA foreign_keys=ON")
        for statement in change:
            assert db.execute(statement).rowcount == 1, statement
        db.commit()
        try:
            yield
        finally:
            for statement in back:
                db.execute(statement)
            db.commit()


def calls(module):
    """The three calls that give keys, for a fresh identity and header."""
    identity, _ = module.psk()
    message = module.encrypt(b"HELLO")
    header = message[:16].hex()
    return [("/v1/GetPSK", {"KeyID": identity}),
            ("/v1/GetE2EDecryptionParameters", {"EncryptedHeader": header}),
            ("/v1/e2e/uplink/protectionparameters/get",
             {"EncryptedHeader": header})]


def ask(account, path, body, **kwargs):
    """(status, problem type) of a call; the type is None when it answered."""
    status, text = account.curl(path, body, **kwargs)
    answer = json.loads(text)
    if status == 200:
        assert "Key" in answer
        return status, None
    assert "Key" not in answer and answer["status"] == status
    return status, answer["type"]


def test_all_conditions_hold(owned):
    account, module = owned
    for path, body in calls(module):
        assert ask(account, path, body) == (200, None)


def test_customer_is_validated(owned):
    account, module = owned
    for path, body in calls(module):
        assert ask(account, path, body, token="")[0] == 401
        assert ask(account, path, body, token="A" * 43)[0] == 401


def test_device_of_another_tenant_looks_unknown(owned):
    """The same status and the same words as for what is nowhere."""
    account, module = owned
    wanted = calls(module)
    nowhere = [("/v1/GetPSK", {"KeyID": "1101" + "AB" * 12}),
               (wanted[1][0], {"EncryptedHeader": "1101" + "AB" * 12 + "0000"}),
               (wanted[2][0], {"EncryptedHeader": "1101" + "AB" * 12 + "0000"})]
    with changed(account,
                 ["INSERT INTO tenants (id, name, plan, created) "
                  "VALUES (77, 'stranger', 'Freedom', 0)",
                  "UPDATE generations SET tenant = 77",
                  "UPDATE devices SET tenant = 77 WHERE generation > 0"],
                 ["UPDATE generations SET tenant = 1",
                  "UPDATE devices SET tenant = 1 WHERE tenant = 77",
                  "DELETE FROM tenants WHERE id = 77"]):
        for (path, body), (_, other) in zip(wanted, nowhere):
            status, text = account.curl(path, body)
            unknown_status, unknown = account.curl(path, other)
            assert status == unknown_status == 404
            strip = [{k: v for k, v in json.loads(t).items()
                      if k.lower() not in ("requestid", "instance")}
                     for t in (text, unknown)]
            assert strip[0] == strip[1]
    for path, body in wanted:
        assert ask(account, path, body) == (200, None)


@pytest.mark.parametrize("bit,refused", [(1, 0), (2, 1), (2, 2)])
def test_service_has_to_be_enabled_on_the_device(owned, bit, refused):
    """Each of the two services alone; the other one goes on."""
    account, module = owned
    wanted = calls(module)
    with changed(account, [f"UPDATE devices SET features = features & ~{bit} "
                           "WHERE generation > 0"],
                 [f"UPDATE devices SET features = features | {bit} "
                  "WHERE generation > 0"]):
        status, kind = ask(account, *wanted[refused])
        assert status == 403 and "disabled" in kind
        assert ask(account, *wanted[0 if refused else 1]) == (200, None)
    assert ask(account, *wanted[refused]) == (200, None)


def test_plan_has_to_include_the_service(owned):
    account, module = owned
    wanted = calls(module)
    with changed(account, ["UPDATE tenants SET plan = 'Basic' WHERE id = 1"],
                 ["UPDATE tenants SET plan = 'Freedom' WHERE id = 1"]):
        token = account.run("token").strip()
        kinds = {ask(account, *call, token=token) for call in wanted}
    assert {status for status, _ in kinds} == {403}
    assert all("disabled" in kind for _, kind in kinds)


def test_suspended_device(owned):
    account, module = owned
    wanted = calls(module)
    with changed(account, ["UPDATE devices SET suspended = 1 "
                           "WHERE generation > 0"],
                 ["UPDATE devices SET suspended = 0"]):
        kinds = {ask(account, path, body) for path, body in wanted}
    assert {status for status, _ in kinds} == {403}
    assert all("suspended" in kind for _, kind in kinds)


def test_module_refuses_what_is_off(tmp_path):
    """A tenant on the Basic plan: the module itself refuses."""
    service = Service(tmp_path / "data")
    try:
        account = Account(service, tmp_path, plan="Basic")
        state, = make_devices(account, tmp_path / "made", 1)
        module = Module(state, service.coap, seal=account.profile)
        module.complete()
        for off in ("AT+USECPSK=16", "AT+USECPK=16", "AT+USECE2EDATAENC=5"):
            assert module.error(off).startswith("+CME ERROR: "), off
        module.close()
    finally:
        service.stop()
