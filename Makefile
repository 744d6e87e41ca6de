# Sonde: `make help` lists what there is.
SWIFT        ?= swift
# Each program carries the Swift runtime in itself, so that a host it is copied to needs no Swift.
RELEASE      := -c release --static-swift-stdlib
PREFIX       ?= /usr/local
UNITS        ?= /etc/systemd/system
RECORDING    ?= data/$(shell date -u +%Y-%m-%dT%H-%M-%S)
SOURCES      := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

.DEFAULT_GOAL := help
.PHONY: help build run test faults bench format lint install clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## builds sonde, sonde-agent and sonde-collector into .build/release (8 minutes the first time)
	$(SWIFT) build $(RELEASE)

run: build ## records ten seconds of this machine into data/<time>
	@mkdir -p $(dir $(RECORDING))
	.build/release/sonde record --output $(RECORDING) --duration 10s --interval 1s

test: ## passes the tests; those that need a Docker engine or break things run as root, where dockerd and strace are installed
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --skip IntegrationTests
	$(SWIFT) test --skip-build --filter IntegrationTests

faults: ## does to the programs what docs/RELIABILITY.md describes, as root, in some minutes
	$(SWIFT) build --build-tests
	SONDE_FAULTS=long $(SWIFT) test --skip-build --filter IntegrationTests.FaultTests

bench: build ## measures the agent's cost and the collector's throughput (docs/PERFORMANCE.md)
	$(SWIFT) run -c release --package-path Benchmarks

format: ## formats the sources
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

lint: ## checks the formatting
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

install: build ## installs the programs below $(PREFIX) and the systemd units
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/bin .build/release/sonde .build/release/sonde-agent .build/release/sonde-collector
	install -D -m 0644 -t $(DESTDIR)$(UNITS) deploy/systemd/sonde-agent.service deploy/systemd/sonde-collector.service

clean: ## removes what was built
	rm -rf .build Benchmarks/.build
