# make run     the service with a bootstrapped virtual module, and what to try
# make test    everything that has to hold
# make bench   what is measured: one line a figure, build/bench.json
# make fuzz    every decoder under libFuzzer, FUZZ_SECONDS (60) each
# make sim     the simulator: SEEDS (1000) runs, from FIRST (1) on
# make report  figures about the code itself
# make build   the programs alone
# make clean
.PHONY: run test bench fuzz sim report build clean setup
setup:
	@tools/setup.sh
build: setup
	@tools/build.sh build
run: build
	@tools/run.sh
test: setup
	@tools/test.sh
bench: build
	@tools/bench.sh
fuzz: setup
	@tests/fuzz/run.sh
sim: build
	@build/tests/sim/sim --seeds $(or $(SEEDS),1000) --first $(or $(FIRST),1)
report: setup
	@tools/report.sh
clean:
	rm -rf build build-clang build-asan build-fuzz run
