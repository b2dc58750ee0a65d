# make run     the service with a bootstrapped virtual module, and what to try
# make test    everything that has to hold
# make bench   what is measured: one line a figure, build/bench.json
# make fuzz    every decoder under libFuzzer, FUZZ_SECONDS (60) each
# make report  figures about the code itself
# make build   the programs alone
# make clean
.PHONY: run test bench fuzz report build clean setup
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
report: setup
	@tools/report.sh
clean:
	rm -rf build build-clang build-asan build-fuzz run
