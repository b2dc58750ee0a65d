#!/usr/bin/python3
"""Turns a file into a C array: embed.py OUT HEADER NAME FILE."""
import sys


def main(out, header, name, path):
    with open(path, "rb") as f:
        data = f.read()
    with open(out, "w", encoding="ascii") as f:
        f.write(f'#include "{header}"\nconst uint8_t {name}[] = {{\n')
        for at in range(0, len(data), 16):
            f.write(" ".join(f"{b}," for b in data[at:at + 16]) + "\n")
        f.write(f"}};\nconst size_t {name}_len = sizeof({name});\n")


main(*sys.argv[1:])
