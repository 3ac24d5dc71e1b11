# make run    build everything and start Fanvine on http://127.0.0.1:8480
# make demo   the same with a made-up shop: 20,000 shoppers, 90 days behind it, plays in flight, and a storefront to try them
# make build  the console, the tracker, the shoppers' pages and the release binary: $CARGO_TARGET_DIR/release/fanvine
# make test   lint, then every test; installs or starts what the tests need
# make bench NAME=ingest   one benchmark; writes bench/results/NAME.json

CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

CONSOLE_SOURCES := $(shell find console -path console/node_modules -prune -o -path console/dist -prune -o -type f -print)

TRACKER_SOURCES := $(shell find sdk/js -path sdk/js/node_modules -prune -o -path sdk/js/dist -prune -o -type f -print)

PAGE_SOURCES := $(shell find pages -path pages/node_modules -prune -o -path pages/dist -prune -o -type f -print)

.PHONY: run demo build test bench console tracker pages
run: build
	$(CARGO_TARGET_DIR)/release/fanvine serve

demo: build
	$(CARGO_TARGET_DIR)/release/fanvine demo

build: console tracker pages
	cargo build --release --workspace --bin fanvine

console: console/dist/index.html

console/dist/index.html: $(CONSOLE_SOURCES)
	npm --prefix console ci --no-audit --no-fund
	npm --prefix console run build

tracker: sdk/js/dist/fanvine.js

sdk/js/dist/fanvine.js: $(TRACKER_SOURCES)
	npm --prefix sdk/js ci --no-audit --no-fund
	npm --prefix sdk/js run build

pages: pages/dist/pages.css

pages/dist/pages.css: $(PAGE_SOURCES)
	npm --prefix pages ci --no-audit --no-fund
	npm --prefix pages run build

test:
	scripts/test

bench: build
	scripts/bench $(NAME)
