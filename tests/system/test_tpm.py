"""The root of trust in a TPM 2.0 (swtpm), against the real service."""
import base64
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess

import pytest

from conftest import (PATIENCE, Module, free_port, listened_at, open_files,
                      process_gone, program, wait_until)
from test_c2c import features, hosts  # noqa: F401 (fixtures)
from test_e2e import aesccm_dec, parameters
from test_psk import get_psk


class Tpm:
    """One swtpm, on sockets in a folder of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "state"
        self.state.mkdir(parents=True)
        self.socket = self.folder / "sock"
        self.tcti = f"swtpm:path={self.socket}"
        self.rot = ("--rot", f"tpm2:{self.tcti}")
        self.start()

    def start(self):
        """Power on."""
        self.launch(f"type=unixio,path={self.socket}",
                    f"type=unixio,path={self.socket}.ctrl")
        wait_until(pathlib.Path(f"{self.socket}.ctrl").exists, "swtpm")

    def launch(self, server, control):
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}",
             "--server", server, "--ctrl", control, "--flags",
             "not-need-init,startup-clear"], stderr=subprocess.DEVNULL)

    def kill(self):
        """Power off."""
        self.process.kill()
        self.process.wait()
        for path in self.folder.glob("sock*"):
            path.unlink()

    def tool(self, *arguments):
        """One of tpm2-tools, which holds nothing of ours."""
        return subprocess.run(
            arguments, env=dict(os.environ, TPM2TOOLS_TCTI=self.tcti),
            capture_output=True, text=True, timeout=PATIENCE)


class TcpTpm(Tpm):
    """One at a host's name, at two ports of which one is the next."""

    def start(self):
        for _ in range(20):
            port = free_port(keep=False)
            self.launch(f"type=tcp,port={port}", f"type=tcp,port={port + 1}")
            wait_until(lambda: self.ended() or listened_at(port + 1),
                       "swtpm")
            if not self.ended():
                break
        assert not self.ended()
        self.rot = ("--rot", f"tpm2:swtpm:host=localhost,port={port}")

    def ended(self):
        return self.process.poll() is not None


@pytest.fixture
def new_tpm(tmp_path):
    """Makes TPMs: new_tpm()."""
    made = []

    def make(kind=Tpm):
        made.append(kind(tmp_path / f"tpm{len(made)}"))
        return made[-1]
    yield make
    for tpm in made:
        tpm.kill()


def produce(account, tpm, folder, *options):
    """holdfast-factory with a TPM: what it did."""
    start = f"{random.Random(str(folder)).getrandbits(48):016X}"
    return subprocess.run(
        [program("holdfast-factory"), "--service",
         str(account.service.data / "service.json"), "--count", "1",
         "--start", start, "--out", str(folder), *tpm.rot, *options],
        capture_output=True, text=True, timeout=PATIENCE)


def made_in(account, tpm, folder):
    """A device whose keys are in the TPM, imported: its state folder."""
    done = produce(account, tpm, folder)
    assert done.returncode == 0, done.stderr
    account.run("import", str(folder / "import.jsonl"))
    state, = (path for path in folder.iterdir() if path.is_dir())
    return state


def refused(state, account, *options):
    """A module that must not start; what it says."""
    done = subprocess.run(
        [program("holdfast-module"), "--state", str(state), "--service",
         account.service.coap, "--tcp", "127.0.0.1:0", *options],
        capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode != 0
    assert "ready" not in done.stdout
    return done.stderr


@pytest.fixture
def device(account, new_tpm, new_module, tmp_path):
    """(tpm, module), bootstrapped."""
    tpm = new_tpm()
    state = made_in(account, tpm, tmp_path / "made")
    module = new_module(*tpm.rot, "--heartbeat-min-s", "0", state=state,
                        seal=account.profile)
    return tpm, module.complete()


def heartbeat(module):
    """A heartbeat now, or as soon as the module is registered."""
    wait_until(lambda: b"\r\nOK\r\n" in
               module.command("AT+USECCONN", patience=330), "a heartbeat")


def test_life(account, device, new_module):
    """Bootstrap, PSK, E2E both ways, heartbeat, rotation, restarts."""
    tpm, module = device
    uid = module.ready["uid"]
    seen = set()
    for turn in range(3):
        identity, psk = module.psk(32)
        seen.add(identity)
        answer = json.loads(get_psk(account, identity, "256"))
        assert base64.b64decode(answer["Key"]).hex().upper() == psk
        message = module.encrypt(b"HELLO")
        _, answer = parameters(account, message[:16].hex())
        assert aesccm_dec(message.hex(), answer["Key"], answer["Nonce"],
                          answer["MACLength"]) == b"HELLO"
        heartbeat(module)
        account.run("devices", "rotate", uid)
        heartbeat(module)
        wait_until(lambda: account.device(uid)["Generation"] == turn + 2,
                   "the next generation")
        wait_until(lambda: module.psk()[0][4:16] != identity[4:16],
                   "its alias")
        module.kill()
        if turn == 1:
            tpm.kill()
            tpm.start()
        module = new_module(*tpm.rot, "--heartbeat-min-s", "0",
                            state=module.state).complete()
    assert len(seen) == 3


def test_c2c(account, features, hosts, new_tpm, new_module, tmp_path):
    """A chip-to-chip session of a device whose keys are in a TPM."""
    features("LocalC2C", "LocalC2CKeyPairing")
    tpm = new_tpm()
    state = made_in(account, tpm, tmp_path / "made")
    module = new_module(*tpm.rot, "--pty", str(tmp_path / "tty"), state=state,
                        seal=account.profile)
    module.complete()
    host = hosts(module.ready["pty"])

    pair = host.pair()
    host.open(pair)
    assert b"+USECPSK:" in host.ask("AT+USECPSK=16")
    host.shut()


def test_keys_stay_inside(device):
    """What tpm2-tools can see: keys that are fixed, and that need an auth."""
    tpm, module = device
    handles = re.findall(r"0x814846\w\w",
                         tpm.tool("tpm2_getcap", "handles-persistent").stdout)
    assert len(handles) == 3  # the hardware key, d(g), next(g)
    for handle in handles:
        shown = tpm.tool("tpm2_readpublic", "-c", handle).stdout
        assert "fixedtpm|fixedparent" in shown, shown
        assert "userwithauth" in shown
    kinds = [tpm.tool("tpm2_readpublic", "-c", handle).stdout
             for handle in handles]
    assert sum("value: ecc" in kind for kind in kinds) == 1
    assert sum("value: keyedhash" in kind for kind in kinds) == 2
    ecc, = (h for h, kind in zip(handles, kinds) if "value: ecc" in kind)
    (module.state / "message").write_bytes(b"x")
    for handle in handles:
        if handle != ecc:
            done = tpm.tool("tpm2_hmac", "-c", handle,
                            str(module.state / "message"))
            assert done.returncode != 0
    counters = tpm.tool("tpm2_nvreadpublic").stdout
    for index in ("0x1484600", "0x1484601"):
        assert f"{index}:" in counters
        assert tpm.tool("tpm2_nvread", index).returncode != 0
    assert counters.count("nt=0x1") == 2  # both are counters


def tree_copy(source, target):
    """Replaces a folder by a copy of another."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def test_rolled_back(account, device, new_module, tmp_path):
    """The record of yesterday does not open today, and says why."""
    tpm, module = device
    module.close()
    tree_copy(module.state, tmp_path / "yesterday")
    module = new_module(*tpm.rot, state=module.state).complete()
    module.psk()
    module.close()
    tree_copy(module.state, tmp_path / "today")
    tree_copy(tmp_path / "yesterday", module.state)
    assert "rolled back" in refused(module.state, account, *tpm.rot)
    tree_copy(tmp_path / "today", module.state)
    new_module(*tpm.rot, state=module.state).complete().psk()


def test_another_tpm(account, device, new_tpm, new_module):
    """Neither another TPM nor none opens the state."""
    tpm, module = device
    module.close()
    other = new_tpm()
    assert "not this device's" in refused(module.state, account, *other.rot)
    assert "--rot tpm2:" in refused(module.state, account)
    other.kill()
    assert "does not answer" in refused(module.state, account, *other.rot)
    other.start()
    assert "file or tpm2:" in refused(module.state, account, "--rot", "x")
    new_module(*tpm.rot, state=module.state).complete()


def test_factory_keeps_a_device(account, device, new_module, tmp_path):
    """A TPM with a device is left alone, until it is told otherwise."""
    tpm, module = device
    module.close()
    done = produce(account, tpm, tmp_path / "second")
    assert done.returncode == 1 and "--replace" in done.stderr
    new_module(*tpm.rot, state=module.state).complete().close()
    done = produce(account, tpm, tmp_path / "third", "--replace")
    assert done.returncode == 0, done.stderr
    refused(module.state, account, *tpm.rot)
    account.run("import", str(tmp_path / "third" / "import.jsonl"))
    state, = (p for p in (tmp_path / "third").iterdir() if p.is_dir())
    module = new_module(*tpm.rot, state=state, seal=account.profile,
                        serial="SN-0002")
    module.complete()


def test_tpm_is_gone(account, device):
    """A TPM that does not answer ends the module, and it says so."""
    tpm, module = device
    tpm.kill()
    try:
        module.command('AT+USECOPCMD="e2e_enc",1')
    except (AssertionError, OSError):
        pass
    assert module.process.wait(PATIENCE) != 0
    log = (module.state.parent / (module.state.name + ".log")).read_text()
    assert "the TPM does not answer any more" in log
    tpm.start()


@pytest.mark.slow
def test_tpm_hangs_at_start(account, device, new_module):
    """
    A TPM that does not even answer its TCTI: the start ends and says why.
    Nothing is left that waits for it, or standard error would stay open.
    """
    tpm, module = device
    module.close()
    tpm.process.send_signal(signal.SIGSTOP)
    try:
        said = refused(module.state, account, *tpm.rot)
    finally:
        tpm.process.send_signal(signal.SIGCONT)
    assert "timeout (the TPM hangs" in said
    new_module(*tpm.rot, state=module.state).complete().close()


def asks(relay):
    """
    Whether holdfast-tpm waits for its TPM: in a system call, and in none on
    the descriptor that leads to its TEE, the first after standard error.
    """
    call, *arguments = pathlib.Path(f"/proc/{relay}/syscall").read_text().split()
    return call not in ("running", "-1") and arguments[0] != "0x3"


def test_relay_dies_with_its_tee(device):
    """While the TPM hangs, too, which holds holdfast-tpm in its question."""
    tpm, module = device
    tee, relay = tee_of(module)
    tpm.process.send_signal(signal.SIGSTOP)
    try:
        module.socket.sendall(b"AT+USECPSK=32\r")
        wait_until(lambda: asks(relay), "the question")
        os.kill(tee, signal.SIGKILL)
        assert module.process.wait(PATIENCE) == 2
        wait_until(lambda: process_gone(relay), "the end of holdfast-tpm")
    finally:
        tpm.process.send_signal(signal.SIGCONT)


def test_tpm_at_a_host(account, new_tpm, new_module, tmp_path):
    """Over TCP: holdfast-tpm looks up a name and connects, in its sandbox."""
    tpm = new_tpm(TcpTpm)
    state = made_in(account, tpm, tmp_path / "made")
    module = new_module(*tpm.rot, state=state, seal=account.profile)
    assert module.complete().psk(32)


def test_clone_is_found(account, new_tpm, new_module, tmp_path):
    """swtpm's state can be copied, counters and all: the service finds it."""
    tpm = new_tpm()
    state = made_in(account, tpm, tmp_path / "made")
    tpm.kill()
    thief = new_tpm()
    thief.kill()
    tree_copy(tpm.state, thief.state)
    copy = tmp_path / "copy" / state.name
    tree_copy(state, copy)
    tpm.start()
    thief.start()
    genuine = new_module(*tpm.rot, state=state, seal=account.profile)
    genuine.complete()
    uid = genuine.ready["uid"]
    clone = new_module(*thief.rot, state=copy, seal=account.profile)

    def recorded():
        events = account.get(f"/v1/events?device={uid}")["Items"]
        return [e for e in events if "clone" in e["Kind"]]
    wait_until(recorded, "the record of the clone")
    assert clone.info() != (1, 1, 1)
    assert genuine.psk()


def children(pid):
    """The processes that one has started."""
    return [int(p) for p in pathlib.Path(
        f"/proc/{pid}/task/{pid}/children").read_text().split()]


def tee_of(module):
    """(pid of the TEE, pid of the relay)."""
    tee, = children(module.process.pid)
    relay, = children(tee)
    return tee, relay


def test_one_descriptor(device):
    """The TEE has one socket to the front end, one to the relay, its files."""
    _, module = device
    tee, relay = tee_of(module)
    for pid in (tee, relay):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status
    links = open_files(tee)
    assert sum(link.startswith("socket:") for link in links) == 2
    others = [link for link in links if not link.startswith("socket:")]
    assert all(link == "/dev/null" or link.startswith(str(module.state / "rot"))
               or link == str(module.log.name) for link in others), others
    assert not any("rot" in link for link in open_files(relay))


@pytest.mark.parametrize("what", ["write", "rename,renameat,renameat2"])
def test_killed_at_every_point(account, new_tpm, tmp_path, what):
    """
    kill -9 at the n-th write, be it a command to the TPM or to a file, for
    many n of a bootstrap: after a restart it goes on.
    """
    tpm = new_tpm()
    for n in range(1, 200, 23 if what == "write" else 5):
        done = produce(account, tpm, tmp_path / f"made{n}", "--replace")
        assert done.returncode == 0, done.stderr
        account.run("import", str(tmp_path / f"made{n}" / "import.jsonl"))
        state, = (p for p in (tmp_path / f"made{n}").iterdir() if p.is_dir())
        killer = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={what}",
                  "-e", f"inject={what}:signal=SIGKILL:when={n}"]
        survived, traced = False, []
        try:
            module = Module(state, account.service.coap, *tpm.rot,
                            wrapper=killer)
            traced = [*children(module.process.pid), module.process.pid]
            module.seal(account.profile)
            module.complete(patience=20)
            survived = True
        except (AssertionError, OSError):
            pass
        finally:
            for pid in traced:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        again = Module(state, account.service.coap, *tpm.rot)
        try:
            again.seal(account.profile)
            again.complete()
            again.psk()
        finally:
            again.close()
        if survived:
            break
