# make setup    bring what everything else needs; does nothing the second time
# make setup-matrix   bring every engine that the matrix is run on
# make demo     a plain Rust function imports a JavaScript module, through JSPI and through Asyncify
# make arm64    the demo and a part of the suite with Node.js 26 for arm64, under QEMU, on Linux on x86-64
# make test     the tests of the tool, and the one suite on every engine and backend here
# make matrix   the suite on every engine, backend and context: target/matrix.json
#               ENGINE=firefox: the rows with that in their names
# make soak     random programs that suspend a million times, on each backend, and through Binaryen's Asyncify
#               SEED=1: those of that seed
# make fuzz     10 000 damaged and generated files, each of which the tool makes a package of or refuses (some minutes)
#               CASES=100000 SEED=1
# make schedules    10 000 random schedules of threads that wait for each other, against a model, of std's, and of
#                   calls that are cancelled
# make std-tests    std's own tests of threads, locks, channels, clocks, io, files and sockets, in a library that is
#                   built with --std
# make newest-rust  what --std is tested with, by the newest Rust that Debian has, on Linux on x86-64
# make bench    the comparison of styles: target/bench.json, target/bench.html
#               ENGINE=bun: on another engine, target/bench-bun.json and .html
#               ENGINE=node26-flags: what V8's flags for stacks change, in Node.js 22, 24 and 26
# make emscripten     Emscripten's JSPI and Asyncify beside ours, where there is an emcc: target/bench-node26-emscripten.json
# make benchmarks     the tables in BENCHMARKS.md, from those files
# make serve    pages with blocking programs behind them, and the comparison, on http://127.0.0.1:8080/examples/
# make terminal    the programs for one of them: from crates.io, as they are
# make report   how much of each example is instrumented, sizes, times: target/report/EXAMPLE.json
# make bytes    where the bytes are that a page fetches for the work of the comparison
# make imports  where the time of a module's first import goes, step by step
# make sets     how much can suspend of programs over crates that are hard to tell apart (some minutes)
# make profiles how much is left of the largest sets with a profile of their own tests (some minutes)
# make lint     formatting, clippy, types, and what would be published, compiled from what is in it

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

TARGET := wasm32-unknown-unknown
PROGRAM_TARGET := wasm32-wasip1
THREADS_TARGET := wasm32-wasip1-threads
# When it is used: npm brings it.
NODE26 = $(shell ./node26.sh)
TOOL := $(CURDIR)/target/release/cargo-suspendable
TOOL_SOURCES := Cargo.lock post-build/Cargo.toml $(shell find post-build/src js -type f)
comma := ,
EXAMPLES := $(addprefix examples/,dynamic-import callback-style proving-ground templates browser mail redb sqlite websockets)
# Built with --std.
WITH_STD := examples/postgres tests/unmodified
PACKAGES := $(EXAMPLES) $(WITH_STD) tests/crates tests/edge tests/fixture tests/fs tests/mixed tests/net tests/program tests/soak tests/std tests/threads tests/web
# Crates that have nothing to test outside of WebAssembly.
ONLY_WASM := crates edge fixture mixed postgres-example redb-example soak sqlite unmodified web bench-bare bench-callbacks bench-futures bench-programs bench-std bench-suspendable bench-wasm-bindgen-jspi
# Crates over gitoxide, which takes a minute to compile: examples/git is a package of the matrix and of the comparison.
OVER_GIX := git-example bench-git
MEASURED := bench/styles/suspendable bench/programs bench/threads examples/proving-ground examples/sqlite examples/websockets tests/program

THROUGH_BINARYEN := bench/styles/suspendable bench/programs examples/proving-ground

.PHONY: setup setup-matrix demo arm64 test matrix guarded soak fuzz schedules std-tests newest-rust bench emscripten benchmarks serve terminal report bytes imports sets profiles lint clean $(PACKAGES) $(MEASURED) bench/std examples/git

setup: target/.setup/target target/.setup/program-target target/.setup/threads-target target/.setup/sources target/.setup/npm target/.setup/tool

# The time a step takes is printed when it has done something.
define timed
	@mkdir -p target/.setup
	@began=$$SECONDS; echo "setup: $(1) …"; { $(2); } || { echo "setup: failed. $(3)" >&2; exit 1; }; \
	touch $@; echo "setup: $(1): $$((SECONDS - began)) s"
endef

target/.setup/target: setup.sh
	$(call timed,the target $(TARGET),./setup.sh $(TARGET),See the messages above.)

target/.setup/program-target: setup.sh
	$(call timed,the target $(PROGRAM_TARGET),./setup.sh $(PROGRAM_TARGET),See the messages above.)

target/.setup/threads-target: setup.sh
	$(call timed,the target $(THREADS_TARGET),./setup.sh $(THREADS_TARGET),See the messages above.)

# Without them, calls inside of std are not told apart by their names.
target/.setup/sources: setup.sh
	$(call timed,the sources of std,rustup component add rust-src 2>/dev/null || echo "setup: there are none here: sets are larger$(comma) and --std cannot be built.",)

target/.setup/npm: package.json package-lock.json
	$(call timed,wasm-opt$(comma) Node.js 26 and what the tests need from npm,npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
	  && ./node26.sh >/dev/null,npm has to reach its registry; Node.js 20 or later brings it.)

target/.setup/tool: $(TOOL_SOURCES)
	$(call timed,the tool cargo-suspendable (a minute or two the first time),cargo build --release --quiet -p cargo-suspendable,\
	  cargo has to reach its registry$(comma) and to be 1.95 or later: rustup update.)

target/.setup/clang: examples/sqlite/tools/setup.sh
	$(call timed,a C compiler for WebAssembly,$<,Install clang and llvm$(comma) or Python with pip$(comma) which brings Zig.)

target/.setup/commands: $(wildcard tests/commands/*.mjs) target/.setup/tool | setup
	$(call timed,programs from crates.io$(comma) for here and for $(PROGRAM_TARGET) (some minutes the first time),\
	  node tests/commands/build.mjs $(TOOL),cargo has to reach its registry.)

examples/sqlite: target/.setup/clang

$(filter-out $(WITH_STD),$(sort $(PACKAGES) $(MEASURED))): setup
	@cd $@ && $(TOOL) build --release $(if $(filter %/threads,$@),--threads) --report $(CURDIR)/target/report/$(if $(filter bench/threads,$@),bench-)$(@F).json

HAS_SOURCES := [ -e "$$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]

# The first time, std itself is compiled: some minutes.
$(WITH_STD) examples/git: setup
	@if $(HAS_SOURCES); \
	then (cd $@ && $(TOOL) build --release --std --report $(CURDIR)/target/report/$(@F).json); \
	  $(if $(filter tests/unmodified,$@),for each in fs net; do (cd tests/$$each && $(TOOL) build --release --std --out-dir pkg-std); done;) \
	else echo "$@: not built, for the sources of std are not here: rustup component add rust-src"; fi

# What is compared with the same built without --std.
bench/std: examples/proving-ground tests/unmodified
	@if $(HAS_SOURCES); \
	then (cd $@ && $(TOOL) build --release --std && $(TOOL) build --release --out-dir pkg-precompiled); \
	  (cd $< && $(TOOL) build --release --std --out-dir $(CURDIR)/target/std/$(<F) --report $(CURDIR)/target/report/std/$(<F).json); \
	fi

demo: examples/dynamic-import
	@cd examples/dynamic-import && ./demo.sh $(NODE26)

arm64: examples/dynamic-import tests/fixture
	@tests/tool/arm64.sh

test: $(PACKAGES) guarded target/.setup/commands
	cargo test --release --workspace $(addprefix --exclude ,$(ONLY_WASM) $(OVER_GIX))
	cargo test --release -p suspendable --all-features
	$(NODE26) --test --test-reporter=dot tests/host/*.test.mjs tests/tool/*.test.mjs
	node tests/run.mjs

setup-matrix: setup target/.setup/engines target/.setup/bundles
	@tests/engines/setup.sh || echo "setup-matrix: not everything is here; \`make matrix\` runs what is."

target/.setup/engines: tests/engines/package.json tests/engines/package-lock.json
	$(call timed,Node.js 20 to 24$(comma) Deno and Bun from npm,npm ci --prefix tests/engines --ignore-scripts --no-audit \
	  --no-fund --loglevel=error,npm has to reach its registry.)

target/.setup/bundles: tests/bundles/package.json tests/bundles/package-lock.json
	$(call timed,Vite$(comma) esbuild and workerd from npm,npm ci --prefix tests/bundles --ignore-scripts --no-audit \
	  --no-fund --loglevel=error,npm has to reach its registry.)

matrix: $(PACKAGES) examples/git guarded target/.setup/commands
	node tests/tool/binaryen.mjs
	node tests/run.mjs --all --only='$(ENGINE)'
	$(NODE26) --test --test-reporter=dot --test-name-pattern='in (chromium|firefox|webkit)$$' tests/tool/tests.test.mjs

guarded: tests/fixture tests/program
	@node tests/tool/guarded.mjs && node tests/tool/profiled.mjs

soak: tests/soak
	@node tests/tool/binaryen.mjs tests/soak
	@for backend in asyncify jspi binaryen; do $(NODE26) tests/tool/soak.mjs $$backend 1000000; done

fuzz: examples/dynamic-import tests/fixture tests/mixed tests/program tests/threads
	FUZZ="$(or $(CASES),10000) $(or $(SEED),$(shell date +%s))" \
	  cargo test --release --quiet -p cargo-suspendable --test fuzz -- --nocapture

schedules: tests/std tests/threads tests/unmodified
	$(NODE26) tests/tool/schedules.mjs 10000

std-tests: setup
	$(NODE26) tests/std-own/run.mjs $(TOOL)

newest-rust: tests/fixture
	@tests/tool/newest-rust.sh $(TOOL)

report: $(EXAMPLES) bench/std
	@node bench/report.mjs $(notdir $(EXAMPLES))

bytes: setup
	@$(NODE26) bench/bytes.mjs $(TOOL)

imports: bench/styles/suspendable
	@$(NODE26) bench/import.mjs

sets: setup
	@node bench/sets.mjs $(TOOL)

profiles: tests/fixture examples/templates examples/sqlite target/.setup/commands
	@$(NODE26) bench/profile.mjs $(TOOL)

bench: $(MEASURED) bench/std examples/git target/.setup/bench target/.setup/styles target/.setup/plain-programs
	node tests/tool/binaryen.mjs $(THROUGH_BINARYEN)
	node tests/tool/binaryen.mjs --default $(THROUGH_BINARYEN)
	bench/plain/build.sh node_modules/binaryen/bin/wasm-opt
	cargo build --release --quiet -p bench-threads -p bench-git
	$(NODE26) bench/run.mjs $(ENGINE)

emscripten: bench/styles/suspendable target/.setup/styles
	bench/styles/emscripten/build.sh
	@$(NODE26) bench/styles/emscripten/together.mjs
	$(NODE26) bench/run.mjs node26-emscripten

benchmarks: target/.setup/bench
	$(NODE26) bench/report/benchmarks.mjs

target/.setup/bench: bench/package.json bench/package-lock.json
	$(call timed,what the comparison compares with from npm,npm ci --prefix bench --ignore-scripts --no-audit --no-fund \
	  --loglevel=error,npm has to reach its registry.)

target/.setup/styles: $(shell find bench/styles bench/bindgen -name '*.rs' -o -name Cargo.toml) bench/build.sh | setup
	$(call timed,the other styles (a minute or two the first time),bench/build.sh node_modules/binaryen/bin/wasm-opt,See the messages above.)

target/.setup/plain-programs: target/.setup/commands bench/commands/build.mjs $(wildcard tests/program/src/*.rs) | tests/program
	$(call timed,the same programs without the tool$(comma) and through Binaryen's Asyncify (some minutes),\
	  node bench/commands/build.mjs node_modules/binaryen/bin/wasm-opt,See the messages above.)

terminal: setup
	@$(NODE26) examples/terminal/build.mjs $(TOOL)

serve: examples/browser terminal bench/styles/suspendable target/.setup/bench target/.setup/styles
	node_modules/.bin/sirv . --dev --no-clear --no-logs --host 127.0.0.1 --port 8080

lint: setup target/.setup/clang
	cargo fmt --all --check
	cargo clippy --quiet --workspace $(addprefix --exclude ,$(ONLY_WASM)) --all-targets -- -D warnings
	cargo clippy --quiet --all-targets --all-features -p suspendable -- -D warnings
	if rustup target list --installed 2>/dev/null | grep -q $(TARGET); then \
	  cargo clippy --quiet --workspace --exclude cargo-suspendable --exclude bench-bindgen --exclude program --exclude threads --exclude bench-threads $(addprefix --exclude ,$(OVER_GIX)) --target $(TARGET) -- -D warnings; \
	else echo "lint: no rustup target $(TARGET): the crates that run only there are not linted"; fi
	if rustup target list --installed 2>/dev/null | grep -q $(TARGET); then \
	  RUSTFLAGS="--cfg=suspendable_std" cargo clippy --quiet -p suspendable --target $(TARGET) --target-dir target/std -- -D warnings; \
	fi
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --all-features -p suspendable -p suspendable-macros
	tests/tool/packaged.sh
	tests/tool/platforms.sh
	node_modules/.bin/tsc

clean:
	cargo clean
	rm -rf node_modules tests/engines/node_modules tests/bundles/node_modules examples/postgres/node_modules bench/node_modules bench/commands/pkg \
	  $(addsuffix /pkg,$(PACKAGES) $(MEASURED) examples/git examples/terminal $(wildcard bench/styles/*) bench/std) bench/std/pkg-precompiled target/std tests/fs/pkg-std tests/net/pkg-std
