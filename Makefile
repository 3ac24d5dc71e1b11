# make run    build everything and start Fanvine on http://127.0.0.1:8480
# make build  the console and the release binary: $CARGO_TARGET_DIR/release/fanvine
# make test   lint, then every test; installs or starts what the tests need
# make bench NAME=ingest   one benchmark; writes bench/results/NAME.json

CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

CONSOLE_SOURCES := $(shell find console -path console/node_modules -prune -o -path console/dist -prune -o -type f -print)

.PHONY: run build test bench console
run: build
	$(CARGO_TARGET_DIR)/release/fanvine serve

build: console
	cargo build --release --workspace --bin fanvine

console: console/dist/index.html

console/dist/index.html: $(CONSOLE_SOURCES)
	npm --prefix console ci --no-audit --no-fund
	npm --prefix console run build

test:
	scripts/test

bench: build
	scripts/bench $(NAME)
