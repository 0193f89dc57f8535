# Targets: deps build demo test simulate faults fuzz sanitize bench format model
SWIFT ?= swift
BIN = .build/release/decahose

.PHONY: deps build demo test simulate simulate-some faults mutants fuzz sanitize bench bench-allocations truth model format lint

# Debian's packages: what is missing is installed, nothing else is touched.
PACKAGES = librdkafka-dev libcurl4-openssl-dev zlib1g-dev pkg-config

deps:
	@missing=$$(for package in $(PACKAGES); do dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	if [ -n "$$missing" ]; then \
		echo "Installing: $$missing"; \
		sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

build: deps
	$(SWIFT) build -c release --product decahose

# DEMO hands options on: make demo DEMO='--seconds 300 --report report.json'
demo: build
	$(BIN) demo $(DEMO)

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

# The tests of pure types first, which keep all cores busy; with them those that wait for sockets and Kafka would wait for a
# turn at the processor too, and in vain. By themselves run a year of operation, which keeps a core busy for half a minute, and
# the end-to-end tests, which play against the clock with many processes; the longest of those alone.
SHELLS = ServicesTests|KafkaTests|ConformanceTests|StatusServerTests|StreamClientTests|SimulatorTests
PARTS = "--skip EndToEndTests --skip YearTests --skip $(SHELLS)" "--filter $(SHELLS)" "--filter YearTests" \
	"--filter EndToEndTests --skip BadDayProcessTests" "--filter BadDayProcessTests"

test: deps lint simulate-some
	DECAHOSE_WARNINGS_AS_ERRORS=1 $(SWIFT) build --build-tests
	@rm -f .build/test.failed; : >.build/test.log; for part in $(PARTS); do \
		{ DECAHOSE_WARNINGS_AS_ERRORS=1 $(SWIFT) test --skip-build $$part || touch .build/test.failed; } 2>&1 \
			| tee -a .build/test.log; \
	done
	@skipped=$$(LC_ALL=C grep -ac 'Test ".*" skipped: "needs a real Kafka' .build/test.log); \
	echo "$$skipped tests were skipped for want of a real Kafka (DECAHOSE_TEST_BROKERS=host:port, or KAFKA_HOME)."; \
	test ! -e .build/test.failed

# The whole system on a virtual clock, from a seed: SEED=… for one with its story, else HOURS=… or SEEDS=… of fresh ones.
SEEDS ?= 20
SIMULATE = .build/release/simulation-run

simulate: deps
	$(SWIFT) build -c release --product simulation-run
	$(SIMULATE) $(if $(SEED),seed=$(SEED),$(if $(HOURS),hours=$(HOURS),seeds=$(SEEDS)))

# What `make test` plays: the same seeds each time, some of them twice, in one process and in two, and a few that nobody has
# played.
simulate-some: deps
	$(SWIFT) build -c release --product simulation-run
	$(SIMULATE) from=1 seeds=12 twice=5
	@for seed in 8 28; do \
		[ "$$($(SIMULATE) seed=$$seed)" = "$$($(SIMULATE) seed=$$seed)" ] || { echo "Seed $$seed gave two runs."; exit 1; }; \
	done
	$(SIMULATE) seeds=6
	$(SIMULATE) quiet=1

# Real processes, killed, stopped and terminated at random while a consumer counts what comes out: KILLS of them, from SEED. On
# the mock cluster, or with DECAHOSE_TEST_BROKERS or KAFKA_HOME on a real Kafka, where dedup is killed too, and with KAFKA_HOME
# the broker.
KILLS ?= 100

faults: deps
	$(SWIFT) build -c release --product decahose
	$(SWIFT) build -c release --product fault-run
	.build/release/fault-run kills=$(KILLS) $(if $(SEED),seed=$(SEED))

# Bugs put into the cores on purpose, one at a time: the simulation or a test must find each. Takes an hour or two; a stopped
# run goes on. ONLY="name …" tries some.
mutants: deps
	ONLY="$(ONLY)" Tests/Mutants/run.sh

# LINES names files with one payload a line; real ones are best.
LINES ?= $(wildcard ../shared/corpus/*.ndjson)

BENCHMARKS = Tests/Benchmarks/.build/release

# The cores by themselves, then the real executable beside what it is measured against; BENCH=--full for more and longer runs.
bench: build
	$(SWIFT) build -c release --package-path Tests/Benchmarks
	$(BENCHMARKS)/Microbenchmarks $(LINES)
	$(BENCHMARKS)/ProcessBenchmarks $(BENCH) $(firstword $(filter %native-enriched.ndjson,$(LINES)))

# Holds the set of seen IDs against plain sets on tens of millions of IDs; takes minutes.
truth: deps
	$(SWIFT) build -c release --package-path Tests/Benchmarks --product Microbenchmarks
	$(BENCHMARKS)/Microbenchmarks --dedup-truth

# Fails where the bridge allocates for a Tweet.
bench-allocations: build
	$(SWIFT) build -c release --package-path Tests/Benchmarks
	$(BENCHMARKS)/ProcessBenchmarks --only allocations $(firstword $(filter %native-enriched.ndjson,$(LINES)))

# Fuzzes the scanner, the inflate loop with the framer, control records with the coordinator's core, dedup's changelog, the
# configuration and a client of the coordinator's HTTP server, for SECONDS each, from the seeds in Tests/Fuzzers/Seeds. What
# is found stops it and stands in .build/fuzz/findings; it belongs into the seeds. One input may take two minutes, since it
# has taken half a minute that was another's, on a busy machine. FUZZ_SEED=… makes a run that can be made again. The backtracer is off, because it waits for ever in a process with
# sanitizers; leaks are Foundation's and the TOML library's.
SECONDS ?= 60
FUZZ_SEED ?= 0
FUZZERS ?= scanner stream control changelog configuration http
FUZZ = .build/fuzz

fuzz: deps
	$(SWIFT) build -c release --package-path Tests/Fuzzers --scratch-path $(FUZZ) -Xswiftc -sanitize=fuzzer,address
	$(MAKE) --no-print-directory -j 2 $(addprefix fuzz-,$(FUZZERS))

fuzz-%:
	@mkdir -p $(FUZZ)/findings $(FUZZ)/corpus/$*; \
	echo "Fuzzing $* for $(SECONDS) s."; \
	ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no \
		$(FUZZ)/release/$$(echo $* | sed 's/./\u&/')Fuzzer -max_total_time=$(SECONDS) -seed=$(FUZZ_SEED) -timeout=120 -rss_limit_mb=4096 \
		-print_final_stats=1 -detect_leaks=0 $$(test -e Tests/Fuzzers/$*.dict && echo -dict=Tests/Fuzzers/$*.dict) \
		-artifact_prefix=$(FUZZ)/findings/$*- $(FUZZ)/corpus/$* Tests/Fuzzers/Seeds/$* </dev/null >$(FUZZ)/$*.log 2>&1 \
		|| { tail -40 $(FUZZ)/$*.log; exit 1; }; \
	echo "$*: $$(grep -a -o -E 'stat::(number_of_executed_units|average_exec_per_sec).*' $(FUZZ)/$*.log | tr -s ' \n' ' ')"

# Nightly: the tests under thread sanitizer, then under address sanitizer, each with a build of its own; ONLY=<suites> runs
# some, SANITIZERS=address one of the two. Left out is what plays against the clock with processes (the end-to-end tests and
# the demonstrations), since a sanitized process is several times as slow, and what only computes for long on one thread (the
# year, the coverage model's days). Leaks are Foundation's and the TOML library's. No report is suppressed; what thread
# sanitizer cannot see of other libraries is told to it by a library of ours.
SANITIZERS ?= thread address
SANITIZED = $(if $(ONLY),--filter "$(ONLY)",--skip "EndToEndTests|DemoTests|YearTests|CoverageModelTests")

sanitize: deps
	@for sanitizer in $(SANITIZERS); do $(MAKE) --no-print-directory sanitize-$$sanitizer || exit 1; done

sanitize-%:
	$(SWIFT) build --build-tests --sanitize $* --scratch-path .build/sanitize/$*
	clang -O1 -Wall -Wextra -Werror -shared -fPIC -o .build/sanitize/$*/synchronization.so Tests/Sanitizers/synchronization.c
	$(if $(filter thread,$*),LD_PRELOAD=$(CURDIR)/.build/sanitize/$*/synchronization.so) \
		ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no \
		$(SWIFT) test --skip-build --no-parallel --sanitize $* --scratch-path .build/sanitize/$* $(SANITIZED)

# Thousands of simulated days of the coverage rule against the truth: [days] [seed] [quiet|flaws].
MODEL ?= 2000

model:
	$(SWIFT) build -c release --product coverage-run
	.build/release/coverage-run $(MODEL)

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift
