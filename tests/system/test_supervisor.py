"""The daemon's frame: how it starts, refuses to start, goes on and stops."""
import os
import pathlib
import re
import signal
import subprocess

from conftest import PATIENCE, open_files, program, wait_until

SETS = ["--set", "api.listen=127.0.0.1:0", "--set", "devices.listen=[::]:0"]


def holdfastd(*args):
    """Runs holdfastd to its end."""
    return subprocess.run([program("holdfastd"), *map(str, args)],
                          capture_output=True, text=True, timeout=PATIENCE)


def gone(pid):
    """Whether a process has ended."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state.rsplit(")", 1)[1].split()[0] in "ZX"


def test_help_shows_every_setting():
    done = holdfastd("--help")
    assert done.returncode == 0
    for setting in ("store.database", "keys.file", "devices.listen",
                    "api.listen", "api.connections"):
        assert setting in done.stdout
    assert re.fullmatch(r"holdfastd \d+\.\d+\.\d+\n",
                        holdfastd("--version").stdout)


def test_wrong_arguments_are_said(tmp_path):
    assert holdfastd().returncode == 2
    assert "--data" in holdfastd().stderr
    assert holdfastd("--data", tmp_path, "more").returncode == 2
    assert holdfastd("--nonsense").returncode == 2
    done = holdfastd("--data", tmp_path, "--set", "api.nothing=1")
    assert done.returncode == 2
    assert "api.nothing" in done.stderr


def test_a_bad_file_is_said_with_its_line(tmp_path):
    ini = tmp_path / "x.ini"
    ini.write_text("[api]\nlisten = 127.0.0.1:0\nconnections = none\n")
    done = holdfastd("--data", tmp_path / "data", "--config", ini)
    assert done.returncode == 2
    assert f"{ini}:3: api.connections must be a number" in done.stderr
    assert not (tmp_path / "data").exists()


def test_directories_and_files_are_private(new_service):
    running = new_service()
    for path, mode in (("", 0o700), ("keys", 0o700), ("db", 0o700),
                       ("keys/keys", 0o600), ("endpoints", 0o600)):
        assert (running.data / path).stat().st_mode & 0o777 == mode
    ends = dict(line.split("=", 1) for line in
                (running.data / "endpoints").read_text().split())
    assert ends["pid"] == str(running.process.pid)
    assert not ends["api"].endswith(":0")
    assert not ends["devices"].endswith(":0")
    assert running.stop() == 0
    assert not (running.data / "endpoints").exists()


def test_sigint_stops_it_too(new_service):
    running = new_service()
    children = [pid for pid, _ in running.children()]
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(PATIENCE) == 0
    assert all(map(gone, children))
    assert "event=stop status=0" in running.logged()


def test_keys_outlive_a_restart(new_service):
    running = new_service()
    key_file = running.data / "keys" / "keys"
    before = key_file.read_bytes(), \
        (running.data / "service.json").read_bytes()
    assert running.stop() == 0
    running.start()
    assert before == (key_file.read_bytes(),
                      (running.data / "service.json").read_bytes())
    assert running.stop() == 0


def test_a_damaged_key_file_is_refused_and_kept(new_service):
    running = new_service()
    assert running.stop() == 0
    key_file = running.data / "keys" / "keys"
    text = bytearray(key_file.read_bytes())
    text[40] ^= 1
    key_file.write_bytes(text)
    done = holdfastd("--data", running.data, *SETS)
    assert done.returncode == 1
    assert "event=keys-refused" in done.stderr
    assert "damaged" in done.stderr
    assert key_file.read_bytes() == text
    text[40] ^= 1
    key_file.write_bytes(text)
    running.start()
    assert running.stop() == 0


def test_missing_keys_beside_a_database_are_not_made_anew(new_service):
    running = new_service()
    assert running.stop() == 0
    key_file = running.data / "keys" / "keys"
    key_file.rename(running.data / "saved")
    done = holdfastd("--data", running.data, *SETS)
    assert done.returncode == 1
    assert "event=keys-refused" in done.stderr
    assert not key_file.exists()


def test_keys_never_lie_where_others_read(tmp_path):
    (tmp_path / "data" / "db").mkdir(mode=0o700, parents=True)
    for database, keys in (("x.db", "keys/keys"), ("keys/x.db", "keys/keys"),
                           ("db/x.db", "db/../db/keys")):
        done = holdfastd("--data", tmp_path / "data", *SETS,
                         "--set", f"store.database={database}",
                         "--set", f"keys.file={keys}")
        assert done.returncode == 1
        assert "event=keys-exposed" in done.stderr


def test_an_address_in_use_is_said(service, tmp_path):
    done = holdfastd("--data", tmp_path / "data",
                     "--set", f"api.listen={service.api}",
                     "--set", "devices.listen=[::]:0")
    assert done.returncode == 1
    assert re.search(r"event=start-failed name=api", done.stderr)


def test_children_die_with_a_killed_supervisor(new_service):
    running = new_service()
    children = [pid for pid, _ in running.children()]
    running.process.send_signal(signal.SIGKILL)
    running.process.wait(PATIENCE)
    # The lock is free as soon as the children have followed.
    running.start()
    assert all(map(gone, children))
    assert running.stop() == 0


def test_a_child_that_dies_again_and_again_comes_back_later(new_service):
    running = new_service()
    ends = (running.data / "endpoints").read_text()
    seen = set()
    for _ in range(3):
        pid = running.child("api")
        seen.add(pid)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: dict((n, p) for p, n in running.children())
                   .get("api") not in (None, *seen), "a new api")
    line = re.compile(r"event=child-restarted name=api pid=\d+ "
                      r'status="signal 9"')
    # A child is there before the line about it is.
    wait_until(lambda: len(line.findall(running.logged())) >= 3, "the log")
    assert len(line.findall(running.logged())) == 3
    # Port 0 has become a port, and stays it.
    assert (running.data / "endpoints").read_text() == ends
    wait_until(lambda: answers(running.url), "the same address")
    assert running.stop() == 0


def answers(url):
    """Whether the API answers at an address."""
    return subprocess.run(["curl", "-s", "-o", "/dev/null", f"{url}/healthz"],
                          timeout=PATIENCE, check=False).returncode == 0


def test_nothing_of_the_starters_is_left_open(tmp_path):
    secret = open(tmp_path / "secret", "w+", encoding="ascii")
    os.set_inheritable(secret.fileno(), True)
    daemon = subprocess.Popen(
        [program("holdfastd"), "--data", str(tmp_path / "data"), *SETS],
        stderr=subprocess.DEVNULL, close_fds=False)
    try:
        wait_until((tmp_path / "data" / "endpoints").exists, "the service")
        task = f"/proc/{daemon.pid}/task/{daemon.pid}/children"
        for pid in [daemon.pid, *pathlib.Path(task).read_text().split()]:
            assert str(tmp_path / "secret") not in open_files(pid)
    finally:
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0
        secret.close()
