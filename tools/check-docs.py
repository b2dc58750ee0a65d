#!/usr/bin/python3
"""Checks that every public function is documented, and every .c file opens
with a paragraph.

Public is what a header in an include folder declares. A comment stands
directly above the declaration, or above a run of declarations that it speaks
for.
"""
import pathlib
import re
import sys


def undocumented(text):
    """Yields the first lines of declarations that no comment covers."""
    covered = False
    in_comment = in_block = False
    statement = ""
    depth = 0
    for line in text.split("\n"):
        bare = line.strip()
        if in_comment:
            in_comment = "*/" not in bare
            continue
        if bare.startswith("/*"):
            in_comment = "*/" not in bare
            covered = True
            continue
        if bare == "":
            if not statement:
                covered = False
            continue
        if bare.startswith("#"):
            continue
        depth += bare.count("{") - bare.count("}")
        statement += " " + bare
        if depth == 0 and bare.endswith((";", "}")):
            first = statement.strip()
            if (re.search(r"\w\s*\(", first) and "{" not in first
                    and not first.startswith(("STATIC_ASSERT", "extern \"C\""))
                    and not covered):
                yield first[:76]
            statement = ""


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    bad = []
    for room in ("lib", "cloud", "module", "cli", "factory", "host"):
        for path in sorted((root / room).glob("**/include/**/*.h")):
            for first in undocumented(path.read_text()):
                bad.append(f"{path.relative_to(root)}: not documented: {first}")
        for path in sorted((root / room).glob("**/*.c")):
            if not path.read_text().startswith("/*"):
                bad.append(f"{path.relative_to(root)}: no opening paragraph")
    print("\n".join(bad))
    return 1 if bad else 0


sys.exit(main())
