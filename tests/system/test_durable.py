"""What is answered is durable: order of syncs and answers, and bursts."""
import json
import os
import re
import signal
import sqlite3
import subprocess
import time

import pytest

from conftest import BUILD, Account, Service, wait_until

LOG = "holdfast.db-wal"


@pytest.fixture
def ready(new_module, account):
    """A bootstrapped module whose heartbeats may come at any time."""
    module = new_module("--heartbeat-min-s", "0", seal=account.profile)
    module.complete()
    return module


def trace(pid, out, *options):
    """strace on the threads of a process, once it has hold of them."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-o", str(out), "-p", str(pid), *options],
        stderr=subprocess.PIPE, text=True)
    for line in tracer.stderr:
        if "attached" in line:
            break
    return tracer


def end(tracer):
    tracer.send_signal(signal.SIGINT)
    tracer.wait(20)


def sent_early(lines):
    """Answers that left while something of the log was not durable."""
    dirty = flying = False
    answers, early = 0, []
    for line in lines:
        call = line.split(None, 1)[1]
        if call.startswith("pwrite64(") and LOG in call:
            dirty = True
        elif call.startswith("fdatasync(") and LOG in call:
            flying, dirty = "unfinished" in call, False
        elif "fdatasync resumed" in call:
            flying = False
        elif call.startswith("sendmmsg("):
            answers += 1
            if dirty or flying:
                early.append(line)
    return answers, early


def test_answers_leave_after_their_sync(ready, account, tmp_path):
    """Of one device: nothing of its log is on its way when an answer goes."""
    out = tmp_path / "trace"
    tracer = trace(account.service.child("devices"), out, "-e",
                   "trace=pwrite64,fdatasync,sendmmsg")
    for _ in range(5):
        assert b"OK" in ready.command("AT+USECCONN")
    end(tracer)
    lines = out.read_text().splitlines()
    assert any("fdatasync" in line and LOG in line for line in lines)
    answers, early = sent_early(lines)
    assert answers >= 5
    assert not early


def test_no_answer_when_nothing_can_be_synced(ready, account, tmp_path):
    """No sync works, the log's or the database's; then they do again."""
    service = account.service
    tracer = trace(service.child("devices"), tmp_path / "trace", "-e",
                   "trace=fdatasync,fsync,sendmmsg", "-e",
                   "inject=fdatasync,fsync:error=EIO")
    ready.socket.sendall(b"AT+USECCONN\r")
    wait_until(lambda: "event=not-durable" in service.logged(), "the log")
    end(tracer)
    assert "sendmmsg" not in (tmp_path / "trace").read_text()
    assert b"OK" in ready.final(patience=60)
    assert b"OK" in ready.command("AT+USECCONN")


def fleet(name, *args):
    run = subprocess.run([BUILD / "tests/bench" / name, *map(str, args)],
                         capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1]) if run.stdout else None


def waiting(service):
    db = sqlite3.connect(service.data / "db/holdfast.db")
    try:
        return db.execute("SELECT count(*) FROM journal").fetchone()[0]
    finally:
        db.close()


@pytest.mark.slow
def test_a_burst_and_kill_minus_nine(tmp_path):
    """
    A fleet speaks at once, and the devices process dies in the middle of it,
    three times: every device is served, and its row gets to know of it. A
    burst that was over before it was seen is followed by another.
    """
    count = 600
    service = Service(tmp_path / "data")
    try:
        account = Account(service, tmp_path)
        out = tmp_path / "fleet"
        fleet("fleet", "make", "--service", service.data / "service.json",
              "--count", count, "--start", "0500000000000000", "--out", out)
        account.run("import", out / "import.jsonl")
        result = fleet("fleet", "bootstrap", "--out", out, "--to",
                       service.coap.removeprefix("coap://"), "--profile", account.profile,
                       "--window", 128)
        assert result["confirmed"] == count
        since = int(time.time())
        bursts = kills = 0
        while kills < 3:
            wait_until(lambda: waiting(service) == 0, "an empty journal")
            storm = subprocess.Popen(
                [BUILD / "tests/bench/storm", "--out", out, "--to",
                 service.coap.removeprefix("coap://")], stdout=subprocess.PIPE, text=True)
            wait_until(lambda: waiting(service) > 0 or
                       storm.poll() is not None, "the journal")
            if storm.poll() is None:
                os.kill(service.child("devices"), signal.SIGKILL)
                kills += 1
            bursts += 1
            assert bursts < 50
            result = json.loads(storm.communicate(timeout=200)[0])
            assert result["served"] == count
        wait_until(lambda: waiting(service) == 0, "what is carried over")
        db = sqlite3.connect(service.data / "db/holdfast.db")
        rows = db.execute("SELECT n, seen FROM devices WHERE n > 0").fetchall()
        db.close()
        assert len(rows) == count
        assert all(n == 1 + bursts and seen >= since for n, seen in rows)
        assert not re.search("level=error", service.logged())
    finally:
        service.stop()
