"""What each process can reach: the key file, the network, each other."""
import errno
import os
import pathlib
import re
import subprocess

import pytest

from conftest import PATIENCE, Service, open_files, program, wait_until
from inject import open_in


def sockets(pid):
    """Inodes of the sockets that a process holds."""
    matches = [re.match(r"socket:\[(\d+)\]", link)
               for link in open_files(pid)]
    return {match.group(1) for match in matches if match}


def network_sockets(pid):
    """Those of them that are TCP or UDP, of IPv4 or IPv6."""
    inodes = set()
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text() \
                .splitlines()[1:]:
            inodes.add(line.split()[9])
    return sockets(pid) & inodes


def test_only_keys_is_without_network(service):
    assert not network_sockets(service.child("keys"))
    assert network_sockets(service.child("devices"))
    assert network_sockets(service.child("api"))


@pytest.mark.parametrize("name", ["devices", "api"])
def test_key_file_is_out_of_reach(service, name):
    """Even code that runs inside devices or api cannot open the key file."""
    key_file = service.data / "keys" / "keys"
    assert key_file.exists()
    assert key_file.stat().st_mode & 0o777 == 0o600
    database = service.data / "db" / "holdfast.db"
    assert open_in(service.child(name), database) >= 0
    assert open_in(service.child(name), key_file) in (-errno.EACCES,
                                                      -errno.EPERM)
    assert pathlib.Path(f"/proc/{service.child(name)}/status").read_text() \
        .count("Seccomp:\t2") == 1
    assert not [link for link in open_files(service.child(name))
                if "keys/keys" in link]


def test_only_keys_opens_the_key_file(tmp_path):
    """strace over a whole start and stop: one process opens it, keys."""
    trace = tmp_path / "trace"
    running = Service(tmp_path / "data", wrapper=[
        "strace", "-f", "-o", str(trace), "-e", "trace=open,openat,openat2"])
    keys = running.child("keys")
    assert "Seccomp:\t2" in pathlib.Path(f"/proc/{keys}/status").read_text()
    assert running.stop() == 0
    opened = {int(line.split()[0]) for line in trace.read_text().splitlines()
              if re.search(r'"[^"]*keys/keys"', line)}
    assert opened == {keys}


def test_children_come_back(new_service):
    """A child that dies is started again, and the service says so."""
    running = new_service()
    for name in ("keys", "devices", "api"):
        before = running.child(name)
        os.kill(before, 9)
        wait_until(lambda: dict((n, p) for p, n in running.children())
                   .get(name) not in (None, before), f"a new {name}")
        wait_until(lambda: re.search(
            rf"event=child-restarted .*{name}", running.logged()), "the log")


def test_two_daemons_never_share_a_folder(service):
    second = subprocess.run(
        [program("holdfastd"), "--data", str(service.data), "--set",
         "api.listen=127.0.0.1:0", "--set", "devices.listen=[::]:0"],
        capture_output=True, text=True, timeout=PATIENCE)
    assert second.returncode != 0
    assert "lock" in second.stderr or "already" in second.stderr
