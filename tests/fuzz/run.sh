#!/bin/sh
# Fuzzes each target, or those that are named, for FUZZ_SECONDS (60), and
# fails when one of them does. What a run finds stays in build-fuzz/corpus
# for the next one; inputs that fail are build-fuzz/fail-<target>-*.
set -eu

cd "$(dirname "$0")/../.."
seconds=${FUZZ_SECONDS:-60}
build=build-fuzz

[ -f "$build/build.ninja" ] ||
	CC=clang meson setup "$build" -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false \
		-Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=all'

if [ $# -eq 0 ]; then
	set -- $(sed -n "s/^  '\([a-z0-9_]*\)': .*/\1/p" tests/fuzz/meson.build)
fi

for name; do
	ninja -C "$build" "tests/fuzz/fuzz_$name" >"$build/$name.log" 2>&1 || {
		cat "$build/$name.log"
		exit 1
	}
done

failed=0
for name; do
	mkdir -p "$build/corpus/$name"
	if "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" \
		-max_len=4096 -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix="$build/fail-$name-" \
		"$build/corpus/$name" "tests/fuzz/corpus/$name" \
		>"$build/$name.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$build/$name.log")
		echo "fuzz $name: ok, $runs runs in $seconds s"
	else
		tail -40 "$build/$name.log"
		echo "fuzz $name: FAILED, see $build/$name.log"
		failed=1
	fi
done
exit $failed
