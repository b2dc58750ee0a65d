#!/bin/bash
# make test: every check that is right or wrong, with one line at the end,
# "N passed, M failed". What failed is shown where it failed; nothing stops
# the rest.
#
#	format, documentation, plan of rooms
#	gcc and clang builds, warnings are errors
#	unit tests, plain and under ASan and UBSan
#	200 runs of the simulator
#	system tests on the plain build and on the sanitized one
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0
logs=build/test-logs
mkdir -p "$logs"
export PYTHONDONTWRITEBYTECODE=1

# check NAME COMMAND...: one test; its output is shown when it fails.
check() {
	local name=$1 start=$SECONDS
	shift
	if "$@" >"$logs/$name.log" 2>&1; then
		passed=$((passed + 1))
		printf 'ok    %-28s %4d s\n' "$name" $((SECONDS - start))
		return 0
	fi
	failed=$((failed + 1))
	printf 'FAIL  %-28s %4d s\n' "$name" $((SECONDS - start))
	tail -n 60 "$logs/$name.log"
	return 1
}

# unit FOLDER: the unit tests of a build, counted one by one.
unit() {
	local log=$logs/unit-$1.log ok bad start=$SECONDS
	meson test -C "$1" --no-rebuild --suite unit --print-errorlogs \
	    >"$log" 2>&1
	ok=$(sed -n 's/^Ok: *//p' "$log")
	bad=$(($(sed -n 's/^Fail: *//p' "$log") +
	    $(sed -n 's/^Timeout: *//p' "$log") + 0))
	passed=$((passed + ${ok:-0}))
	failed=$((failed + bad))
	if [ -z "$ok" ] || [ "$bad" -gt 0 ]; then
		[ -n "$ok" ] || failed=$((failed + 1))
		tail -n 80 "$log"
	fi
	printf 'unit tests in %s: %s ok, %s failed, %d s\n' "$1" "${ok:-none}" \
	    "$bad" $((SECONDS - start))
}

# system FOLDER [pytest option ...]: the system tests against a build.
system() {
	local folder=$1 log=$logs/system-$1.log ok bad start=$SECONDS
	shift
	HOLDFAST_BUILD=$folder /usr/bin/python3 -m pytest -p no:cacheprovider \
	    -q -ra tests/system "$@" >"$log" 2>&1
	ok=$(grep -oE '[0-9]+ passed' "$log" | tail -n 1 | cut -d' ' -f1)
	bad=$(tail -n 1 "$log" | grep -oE '[0-9]+ (failed|error)' |
	    awk '{n += $1} END {print n + 0}')
	passed=$((passed + ${ok:-0}))
	failed=$((failed + bad))
	if [ -z "$ok" ] || [ "$bad" -gt 0 ]; then
		[ -n "$ok" ] || failed=$((failed + 1))
		tail -n 100 "$log"
	fi
	printf 'system tests on %s: %s ok, %s failed, %d s\n' "$folder" \
	    "${ok:-none}" "$bad" $((SECONDS - start))
}

check format tools/check-format.sh
check documentation tools/check-docs.py
check rooms tools/check-rooms.py
check cortex-m4 tools/cortex-m4.sh && cat "$logs/cortex-m4.log"

export ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
if check build-gcc env CC=gcc tools/build.sh build; then
	unit build
	check simulator timeout 120 build/tests/sim/sim --seeds 200
	system build
fi
check build-clang env CC=clang tools/build.sh build-clang
if check build-asan env CC=gcc tools/build.sh build-asan \
    -Db_sanitize=address,undefined -Doptimization=1; then
	unit build-asan
	system build-asan -m 'not slow'
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
