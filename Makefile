# Sonde: `make help` lists what there is.
SWIFT        ?= swift
# Static programs run on any Linux of their architecture, and in an image that holds nothing else.
RELEASE      := -c release -Xswiftc -static-executable
# A fifth smaller: the linker drops functions that aren't called and merges equal ones; unwind tables aren't needed.
RELEASE      += -Xswiftc -Xfrontend -Xswiftc -function-sections -Xcc -ffunction-sections -Xcc -fdata-sections
# C code is optimized for size, so that the agent's image stays below 25 MB. Most of it is TLS, whose inner loops are assembly anyway.
RELEASE      += -Xcc -Os
RELEASE      += -Xcc -fno-unwind-tables -Xcc -fno-asynchronous-unwind-tables -Xlinker --icf=all -Xlinker --no-eh-frame-hdr
# All C++ is BoringSSL, which throws nothing and asks no type: its own build says so too. A fifth of its code is for what could be thrown.
RELEASE      += -Xcxx -fno-exceptions -Xcxx -fno-rtti
PROGRAMS     := sonde sonde-agent sonde-collector
# The tag of the images; an image with a shell (it only copies the built programs); and the hosts that get the images by ssh.
TAG          ?= latest
BUILDER      ?= busybox
# What Kubernetes' manifests pin.
VERSION      := $(shell sed -n 's/.*current = "\(.*\)"/\1/p' Sources/StatsCore/Control/Version.swift)
NODES        ?=
PREFIX       ?= /usr/local
UNITS        ?= /etc/systemd/system
RECORDING    ?= data/$(shell date -u +%Y-%m-%dT%H-%M-%S)
# For how many seconds `make fuzz` tries each of its targets.
SONDE_FUZZ   ?= 60
# All tests at once would wait for each other on few cores, and connections of theirs for a minute.
AT_ONCE      := --experimental-maximum-parallelization-width 16
SOURCES      := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Lint/Package.swift Lint/Sources Lint/Tests

.DEFAULT_GOAL := help
.PHONY: help build sbom images run test faults fuzz v2 bench format lint install clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## builds sonde, sonde-agent and sonde-collector into .build/release (six to nine minutes on two cores the first time)
	$(SWIFT) build $(RELEASE)

sbom: ## writes what the programs are made of into .build/sonde.cdx.json, as CycloneDX
	@mkdir -p .build
	$(SWIFT) package resolve
	$(SWIFT) run --package-path Lint sbom Package.resolved Package.swift \
	  "$(VERSION)" "$$($(SWIFT) --version 2>/dev/null | head -1)" >.build/sonde.cdx.json

images: build sbom ## makes the images sonde-agent and sonde-collector, also on NODES="host …"
	@mkdir -p .build/programs .build/symbols
	cp .build/sonde.cdx.json .build/programs/
	for name in $(PROGRAMS); do \
	  objcopy --only-keep-debug --compress-debug-sections .build/release/$$name .build/symbols/$$name.debug \
	  && strip -o .build/programs/$$name .build/release/$$name || exit; \
	done
	for name in agent collector; do \
	  docker build --file deploy/Dockerfile --build-arg BUILDER=$(BUILDER) --target $$name --tag sonde-$$name:$(TAG) --tag sonde-$$name:$(VERSION) \
	    .build/programs || exit; \
	done
	for node in $(NODES); do docker save $(foreach tag,$(TAG) $(VERSION),sonde-agent:$(tag) sonde-collector:$(tag)) | ssh $$node docker load || exit; done

run: build ## records ten seconds of this machine into data/<time>
	@mkdir -p $(dir $(RECORDING))
	.build/release/sonde record --output $(RECORDING) --duration 10s --interval 1s

test: ## passes the tests; those that need a Docker engine or break things run as root, where dockerd and strace are installed
	$(SWIFT) test --package-path Lint
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --skip IntegrationTests --skip Fuzz $(AT_ONCE)
	$(SWIFT) test --skip-build --filter Fuzz
	Tests/Lab/beside.sh

faults: ## does to the programs what docs/RELIABILITY.md describes, as root, in some minutes
	$(SWIFT) build --build-tests
	SONDE_FAULTS=long $(SWIFT) test --skip-build --filter IntegrationTests.FaultTests

fuzz: ## feeds whatever reads foreign bytes with damaged ones, each target for SONDE_FUZZ=60 seconds
	$(SWIFT) build --build-tests
	SONDE_FUZZ=$(SONDE_FUZZ) $(SWIFT) test --skip-build --filter Fuzz

v2: build ## compares every column of containers with the kernel's files under cgroup v2, in a virtual machine, in some minutes (Debian's qemu-system-x86 and cpio)
	Tests/Lab/v2.sh .build/release

bench: build ## measures the agent's cost, the collector's throughput and a fleet of ten thousand agents (docs/PERFORMANCE.md)
	$(SWIFT) run -c release --package-path Benchmarks

format: ## formats the sources
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

lint: ## checks the formatting, and that folders use each other as ARCHITECTURE.md says
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)
	$(SWIFT) run --package-path Lint check-folders Sources ARCHITECTURE.md

install: build ## installs the programs below $(PREFIX) and the systemd units
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/bin $(addprefix .build/release/,$(PROGRAMS))
	install -D -m 0644 -t $(DESTDIR)$(UNITS) deploy/systemd/sonde-agent.service deploy/systemd/sonde-collector.service

clean: ## removes what was built
	rm -rf .build Benchmarks/.build Lint/.build
