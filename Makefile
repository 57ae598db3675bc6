# `make` alone lists what there is to make.

# The Cargo profile that `make run` builds: dev is built soonest, release runs fastest.
PROFILE ?= dev
# Further arguments of `rankora demo`, or of the benches.
ARGS ?=
# What `make bench` measures; `make bench BENCH=scale ARGS=--full` one thing for long.
BENCH ?= limit scale streams start
# Further flags of each cargo command that resolves dependencies; CI passes --locked.
CARGO_FLAGS ?=

# Tests that start a Redis of their own or none, or for which its kind makes no difference: they run once.
APART := abuse_connections abuse_requests abuse_streams accessibility acl allocations cluster_streams \
	confirmed_writes dashboard_in_browsers dashboard_weight docs docs_in_browsers docs_samples embed_appearance \
	embed_in_browsers embed_languages embed_networks embedded failover forgotten_scripts realtime_folding \
	redis_faults round_trips scale structure threat_model tls topologies

# A shell that was open while rustup ran doesn't have its directory in PATH yet.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: bench docs help run test lint k8s api sdk-js sdk-godot sdk-unity fmt clean setup setup-dev setup-api setup-js setup-godot setup-unity

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Set up this machine, build, and start a live demo leaderboard
	cargo run $(CARGO_FLAGS) --profile $(PROFILE) -- demo $(ARGS)

test: lint k8s api ## Set up this machine, check format, lints, manifests and the API, and run every test on every kind of Redis
	cargo test $(CARGO_FLAGS)
	RANKORA_TEST_TOPOLOGY=sentinel cargo test $(CARGO_FLAGS) --test it -- $(APART:%=--skip %::)
	RANKORA_TEST_TOPOLOGY=cluster cargo test $(CARGO_FLAGS) --test it -- $(APART:%=--skip %::)

lint: setup-dev ## Check format and lints, changing nothing
	cargo fmt --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings

bench: setup-dev ## Measure what docs/performance.md says: the limit, sizes, streams, the start
	for bench in $(BENCH); do cargo bench $(CARGO_FLAGS) --bench $$bench -- --write docs/performance.md $(ARGS) || exit; done

k8s: setup-dev ## Render the Kubernetes manifests and check them
	target/k8s/bin/python tests/k8s/check.py

api: setup-api ## Check the API against its document: a generated client, and generated requests
	cargo build $(CARGO_FLAGS)
	target/api/bin/python tests/api/check.py

sdk-js: setup-js ## Check the JavaScript SDK: types, tests on all runtimes against a real server, and what is packed
	cargo build $(CARGO_FLAGS)
	cd sdks/js && npm run --silent types && npm test --silent

sdk-godot: setup-godot ## Check the Godot SDK: style, and tests in the engine against a real server
	cargo build $(CARGO_FLAGS)
	target/godot/checks/bin/python sdks/godot/tests/run.py

sdk-unity: setup-unity ## Check the Unity SDK: its assemblies on Mono, tests against a real server, and what is packed
	cargo build $(CARGO_FLAGS)
	sdks/unity/Tests~/run.sh

docs: setup-dev ## Write docs/configuration.md anew, from what --help says
	RANKORA_WRITE_DOCS=1 cargo test $(CARGO_FLAGS) --test it docs::the_page_on_configuration

fmt: setup-dev ## Format the code
	cargo fmt

clean: ## Remove what was built
	cargo clean

setup: ## Install what running needs; what is there already is left alone
	@scripts/setup.sh

setup-dev: ## Install what testing needs as well
	@scripts/setup.sh --dev

setup-api: ## Install what the check of the API needs as well
	@scripts/setup.sh --api

setup-js: ## Install what the JavaScript SDK's tests need as well
	@scripts/setup.sh --js

setup-godot: ## Install what the Godot SDK's tests need as well
	@scripts/setup.sh --godot

setup-unity: ## Install what the Unity SDK's tests need as well
	@scripts/setup.sh --unity
