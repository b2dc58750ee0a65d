#!/usr/bin/python3
"""Prints the number of parameters of every function in the files named."""
import re
import sys

HEAD = re.compile(r"^[a-z_]\w*\(([^{;]*?)\)\n\{", re.M | re.S)
for name in sys.argv[1:]:
    for arguments in HEAD.findall(open(name).read()):
        depth, count = 0, 1
        for c in arguments:
            depth += (c in "([") - (c in ")]")
            count += c == "," and depth == 0
        print(0 if arguments.strip() in ("void", "") else count)
