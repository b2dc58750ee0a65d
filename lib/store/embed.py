#!/usr/bin/python3
"""Turns schema/NNN_name.sql files into a C array: embed.py OUT FILE..."""
import os
import re
import sys


def main(out, files):
    numbered = []
    for path in files:
        match = re.fullmatch(r"(\d{3})_(\w+)\.sql", os.path.basename(path))
        if match is None:
            sys.exit(f"{path}: not called NNN_name.sql")
        numbered.append((int(match[1]), match[2], path))
    numbered.sort()
    if [n for n, _, _ in numbered] != list(range(1, len(numbered) + 1)):
        sys.exit("schema files must be numbered 1, 2, 3, ...")
    with open(out, "w", encoding="ascii") as f:
        f.write('#include "sqlite.h"\n')
        for number, _, path in numbered:
            with open(path, "rb") as sql:
                text = sql.read()
            f.write(f"static const char sql_{number}[] = {{\n")
            for at in range(0, len(text), 16):
                f.write(" ".join(f"{b}," for b in text[at:at + 16]) + "\n")
            f.write("0};\n")
        f.write("const struct migration store_migrations[] = {\n")
        for number, name, _ in numbered:
            f.write(f'{{{number}, "{name}", sql_{number}}},\n')
        f.write("};\nconst size_t store_migration_count = "
                f"{len(numbered)};\n")


main(sys.argv[1], sys.argv[2:])
