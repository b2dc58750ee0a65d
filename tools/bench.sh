#!/bin/bash
# make bench: one line a figure, "name value >= limit" or "name value <=
# limit"; all of them in build/bench.json. Ten minutes at most.
set -eu
cd "$(dirname "$0")/.."
exec /usr/bin/python3 tests/bench/bench.py --build build
