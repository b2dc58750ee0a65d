#!/usr/bin/python3
"""
holdfast-factory as its user meets it: options, sentences, files, modes. The
first argument is the program. Keys are made by pycryptodome.
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from Cryptodome.PublicKey import ECC

PROGRAM = sys.argv.pop(1)


def point():
    key = ECC.generate(curve="P-256").pointQ
    raw = b"\x04" + key.x.to_bytes(32) + key.y.to_bytes(32)
    return base64.b64encode(raw).decode()


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.dir = pathlib.Path(self.folder.name)
        self.service = self.dir / "service.json"
        self.service.write_text(json.dumps(
            {"ImportKey": point(),
             "Credentials": [{"Kid": 1, "PublicKey": point()}]}))
        self.out = self.dir / "out"

    def run_with(self, *options):
        return subprocess.run([PROGRAM, *map(str, options)],
                              capture_output=True, text=True, timeout=30)

    def make(self, *more):
        return self.run_with("--service", self.service, "--out", self.out,
                             *more)

    def refused(self, done, status, words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(done.stdout, "")

    def lines(self):
        text = (self.out / "import.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def test_help(self):
        done = self.run_with("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--service", "--count", "--start", "--out"):
            self.assertIn(option, done.stdout)
        self.assertEqual(done.stderr, "")

    def test_counts_on_from_start(self):
        done = self.make("--count", 3, "--start", "00020000892822FF")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout + done.stderr, "")
        uids = [line["ROTPublicUID"] for line in self.lines()]
        self.assertEqual(uids, ["00020000892822FF", "0002000089282300",
                                "0002000089282301"])
        for uid in uids:
            self.assertTrue((self.out / uid / "rot" / "huk").is_file())
        self.assertEqual(len({line["Secret"] for line in self.lines()}), 3)
        for path in self.out.rglob("*"):
            want = 0o700 if path.is_dir() else 0o600
            self.assertEqual(os.stat(path).st_mode & 0o777, want, path)

    def test_random_start_and_more(self):
        for _ in range(2):
            self.assertEqual(self.make("--count", 2).returncode, 0)
        uids = [line["ROTPublicUID"] for line in self.lines()]
        self.assertEqual(len(set(uids)), 4)
        self.assertTrue(all(uid.startswith("0002") for uid in uids))

    def test_same_device_twice(self):
        options = ("--count", 1, "--start", "0002000000000001")
        self.assertEqual(self.make(*options).returncode, 0)
        before = (self.out / "0002000000000001/rot/slot0").read_bytes()
        self.refused(self.make(*options), 1, "such a device already")
        self.assertEqual(len(self.lines()), 1)
        after = (self.out / "0002000000000001/rot/slot0").read_bytes()
        self.assertEqual(before, after)

    def test_options_refused(self):
        for count in ("0", "-1", "x", "1x", "1000001", "", "99999999999999"):
            self.refused(self.make("--count", count), 2, "--count")
        for start in ("00", "zz02000089282245", "000200008928224500", ""):
            self.refused(self.make("--count", 1, "--start", start), 2,
                         "--start")
        self.refused(self.run_with("--count", 1), 2, "--service")
        self.refused(self.run_with(), 2, "--service")
        self.refused(self.make("--count", 1, "stray"), 2, "stray")
        self.refused(self.run_with("--nonsense"), 2, "nonsense")
        self.refused(self.make("--count", 2, "--start", "F" * 16), 1,
                     "--start")
        self.assertFalse(self.out.exists())

    def test_service_refused(self):
        for text in ("", "{", "[]", '{"ImportKey": 5}'):
            self.service.write_text(text)
            self.refused(self.make("--count", 1), 1, "service.json")
        self.service.unlink()
        self.refused(self.make("--count", 1), 1, "cannot be opened")
        self.assertFalse(self.out.exists())

    def test_out_is_a_file(self):
        self.out.write_text("")
        self.refused(self.make("--count", 1), 1, "Not a directory")


if __name__ == "__main__":
    unittest.main()
