"""More than one tenant: made by the operator, with keys of their own."""
import json

from conftest import Tenant


def test_operator_makes_tenants(account, tmp_path):
    other = Tenant(account, tmp_path, "second")
    own = other.get(f"/v1/tenants/{other.tenant}")
    assert own["TenantName"] == "second" and not own["Operator"]
    assert "second" in account.run("tenants", "list")
    # To the operator alone.
    assert other.curl("/v1/tenants")[0] == 403
    assert other.curl("/v1/tenants/1")[0] == 404
    status, text = other.curl("/v1/tenants", {"TenantName": "x",
                                              "Plan": "Basic"})
    assert status == 403 and "operator" in text
    assert other.run("tenants", "plan", str(other.tenant), "Freedom",
                     check=False).returncode == 1
    # A name is somebody's once; a plan is one of the service's.
    status, _ = account.curl("/v1/tenants", {"TenantName": "second",
                                             "Plan": "Basic"})
    assert status == 409
    status, text = account.curl("/v1/tenants", {"TenantName": "third",
                                                "Plan": "Gold"})
    assert status == 400 and "/Plan" in text
    # Nothing of one is seen by the other.
    assert other.get("/v1/devices")["Items"] == []
    assert [p["DeviceProfileUID"] for p in
            other.get("/v1/deviceprofiles")["Items"]] == [other.profile]


def test_plan_holds_at_once(account, tmp_path):
    other = Tenant(account, tmp_path, "growing", plan="Basic")
    change = {"DeviceProfileUID": other.profile,
              "Features": {"E2ESymmetricKMS": {"Enabled": True}}}
    path = "/v1/deviceprofile/bootstrapprovisioning/set"
    assert other.curl(path, change)[0] == 403
    told = json.loads(account.run("tenants", "plan", str(other.tenant),
                                  "Freedom"))
    assert told["Plan"] == "Freedom"
    assert other.curl(path, change)[0] == 200


def test_keys_are_made_and_ended(account, tmp_path):
    other = Tenant(account, tmp_path, "keys")
    first = json.loads(other.credentials.read_text())["APIKey"]
    leaked = other.token
    # The last one cannot be ended.
    assert other.curl(f"/v1/apikeys/{first}", method="DELETE")[0] == 409
    other.run("apikeys", "create", "--out", str(tmp_path / "new"))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    assert other.run("apikeys", "list").count("\n") == 2
    # Another account's key looks as if it were not there.
    assert account.curl(f"/v1/apikeys/{first}", method="DELETE")[0] == 404
    other.credentials = tmp_path / "new"
    other.run("apikeys", "end", first)
    assert other.curl("/v1/apikeys", token=leaked)[0] == 401
    other.token = other.run("token").strip()
    assert "ended" in other.run("apikeys", "list")
    for _ in range(4):
        status, text = other.curl("/v1/apikeys", method="POST")
        assert status == 201 and json.loads(text)["APISecret"]
    assert other.curl("/v1/apikeys", method="POST")[0] == 409
