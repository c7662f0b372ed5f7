# The few tasks a newcomer needs; each calls xtask, which says what it does.
# PORT, KUMOICHI_DATA and CARGO_TARGET_DIR are read from the environment.

XTASK = cargo run --quiet --package xtask --features web --
MORE ?=

.PHONY: run test build setup fmt bench machinery

# Builds both halves and starts the broker with the demo market; Ctrl-C stops it.
run: machinery
	@$(XTASK) run $(MORE)

# Everything that can fail: formatting, lints, house rules, tests on both databases, browser journeys.
test: machinery
	@$(XTASK) test $(MORE)

# Builds both halves; `make build MORE=--release` for use.
build: machinery
	@$(XTASK) build $(MORE)

# Checks this machine and installs what is missing.
setup: machinery
	@$(XTASK) setup $(MORE)

fmt: machinery
	@cargo fmt --all

# `make bench MORE=page` runs one; without a name it lists them.
bench: machinery
	@$(XTASK) bench $(MORE)

# Brings a compiler where there is none, and compiles xtask with its progress on the terminal.
machinery:
	@command -v cargo >/dev/null || sh xtask/bootstrap.sh
	@cargo build --package xtask --features web 2>&1 | { grep -v '^ *Finished' || true; }
	@cargo build --quiet --package xtask --features web 2>/dev/null
