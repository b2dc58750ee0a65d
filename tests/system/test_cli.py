"""The program holdfast where its surroundings fail it."""
import os
import subprocess

import pytest

from conftest import PATIENCE, program


def holdfast(account, *args, stdout=subprocess.PIPE, credentials=None):
    """Runs the command line: status, output, what it complained of."""
    done = subprocess.run(
        [program("holdfast"), *args], stdout=stdout, stderr=subprocess.PIPE,
        env={"HOLDFAST_URL": account.service.url, "HOLDFAST_CREDENTIALS":
             str(credentials or account.credentials)}, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.mark.parametrize("args", [
    ("--help",), ("devices", "list", "--help"), ("token",),
    ("profiles", "list")])
def test_a_full_disk_is_said(account, args):
    with open("/dev/full", "wb") as full:
        status, _, errors = holdfast(account, *args, stdout=full)
    assert status == 3
    assert errors == "holdfast: cannot write the output\n"


def test_a_long_list_on_a_full_disk(account):
    """What stdio wrote, and lost, before the end counts too."""
    for i in range(100):
        account.post("/v1/deviceprofiles", {"Name": f"{i:060}"})
    with open("/dev/full", "wb") as full:
        status, _, errors = holdfast(account, "profiles", "list", stdout=full)
    assert (status, errors) == (3, "holdfast: cannot write the output\n")


def test_credentials_that_cannot_be_read(account, tmp_path):
    """Each cause has its own words, none sends the user to init."""
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    status, _, errors = holdfast(account, "token", credentials=loop)
    assert status == 3 and "symbolic links" in errors, errors
    status, _, errors = holdfast(account, "token", credentials=tmp_path)
    assert status == 3 and "Is a directory" in errors, errors
    large = tmp_path / "large"
    large.write_text("x" * 5000)
    status, _, errors = holdfast(account, "token", credentials=large)
    assert status == 3 and "not credentials" in errors, errors
    none = tmp_path / "none" / "credentials"
    status, _, errors = holdfast(account, "token", credentials=none)
    assert status == 3 and "holdfast init" in errors, errors
    if os.geteuid() != 0:
        large.chmod(0)
        status, _, errors = holdfast(account, "token", credentials=large)
        assert status == 3 and "Permission denied" in errors, errors
