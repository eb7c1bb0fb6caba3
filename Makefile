# Lockstep: `make help` lists what there is. One build tree, optimized, for everything.
SHELL := /bin/bash
RANKS ?= 1
POINTS ?= 0
SHARED ?= ../shared
LOCKSTEP := .build/release/lockstep

.PHONY: help demo build test torture cluster processors arm64 check conformance benchmark parity fixtures clean setup

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

setup: ## install the system packages that are missing
	@scripts/setup.sh

build: setup ## build everything, optimized
	@swift build -c release

demo: setup ## train a small model for about a minute, look at it (RANKS=n: under mpirun)
	@swift build -c release --product lockstep
	@scripts/with-ranks.sh $(RANKS) $(LOCKSTEP) demo

test: setup ## every test: alone, on ranks, end to end
	@scripts/test.sh

torture: setup ## break runs at every file operation (POINTS=n: at n of them a sweep)
	@scripts/torture-checkpoints.sh $(POINTS)

cluster: setup ## train across hosts that are network namespaces of this machine (as root)
	@scripts/cluster.sh

check: setup ## format, layers, file limits, warnings as errors; silent when all is well
	@scripts/check.sh

processors: setup ## train on processors without AVX2, AVX-512, bf16, which qemu-user emulates
	@scripts/check-processors.sh

arm64: setup ## build for arm64 with Debian's compiler, train on emulated processors (as root)
	@scripts/check-arm64.sh

conformance: setup ## compare with the reference files in SHARED (../shared)
	@scripts/conformance.sh "$(SHARED)"

benchmark: build ## Lockstep and PyTorch side by side (PYTHON: an interpreter that has torch)
	@$(or $(PYTHON),python3) Benchmarks/benchmark.py

parity: build ## the same 200 steps in PyTorch and here, loss by loss (PYTHON as above)
	@$(or $(PYTHON),python3) Benchmarks/parity.py

fixtures: ## write the golden fixtures anew (PYTHON: an interpreter that has torch)
	@for script in operations optimizers models truth torch_draws; do \
	  $(or $(PYTHON),python3) scripts/reference/$$script.py || exit 1; done

clean: ## remove what was built
	@rm -rf .build
