#!/usr/bin/python3
"""Checks that no file includes what the plan of rooms does not allow.

The build keeps most of it already: a room's include path holds only its
declared dependencies. This reads the includes themselves, so that a
dependency that was declared but is not in the plan is found too.
"""
import pathlib
import re
import sys

PLAN = {
    "base": set(),
    "file": {"base"},
    "sandbox": {"base"},
    "crypto": {"base"},
    "cbor": {"base"},
    "coap": {"cbor", "base"},
    "oscore": {"coap", "cbor", "crypto", "base"},
    "edhoc": {"oscore", "coap", "cbor", "crypto", "base"},
    "keys": {"crypto", "cbor", "base"},
    "c2c": {"crypto", "base"},
    "rot": {"edhoc", "oscore", "keys", "coap", "crypto", "cbor", "file",
            "sandbox", "base"},
    "device": {"rot", "edhoc", "oscore", "keys", "coap", "crypto", "cbor",
               "base"},
    "pki": {"crypto", "cbor", "base"},
    "keysproto": {"keys", "crypto", "cbor", "base"},
    "store": {"base"},
    "service": {"store", "pki", "keysproto", "keys", "crypto", "cbor", "base"},
}
PROGRAMS = {
    "cloud": {"service", "store", "pki", "keysproto", "keys", "crypto",
              "edhoc", "oscore", "coap", "cbor", "file", "sandbox", "base",
              "cloud"},
    "cloud/keys": {"pki", "keysproto", "keys", "crypto", "file", "base",
                   "cloud"},
    "module": {"device", "c2c", "pki", "rot", "edhoc", "oscore", "keys", "coap",
               "crypto", "cbor", "file", "sandbox", "base", "module"},
    "cli": {"file", "base", "cli"},
    "host": {"c2c", "base", "holdfast"},
    "factory": {"rot", "keys", "crypto", "file", "base", "factory"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def allowed_for(path):
    parts = path.parts
    if parts[0] == "lib":
        room = parts[1]
        return room, PLAN[room] | {room}
    for depth in (2, 1):
        name = "/".join(parts[:depth])
        if name in PROGRAMS:
            return name, PROGRAMS[name]
    return None, None


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    rooms = set(PLAN) | {"cloud", "module", "cli", "factory", "host"}
    bad = []
    for path in sorted(root.glob("**/*.[ch]")):
        rel = path.relative_to(root)
        if rel.parts[0] not in ("lib", "cloud", "module", "cli", "factory",
                                "host"):
            continue
        name, allowed = allowed_for(rel)
        for include in INCLUDE.findall(path.read_text()):
            target = include.split("/")[0]
            if "/" in include and target in rooms and target not in allowed:
                bad.append(f"{rel}: {name} may not include {include}")
    print("\n".join(bad))
    return 1 if bad else 0


sys.exit(main())
