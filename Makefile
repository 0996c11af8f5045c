# Every target is a CI step and the other way round; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .venv/bin/uv
RUN := .venv/bin/
PHOTO ?=
export UV_PROJECT_ENVIRONMENT := .venv
# The labelled photographs and the edge corpus, when they are there.
STUDIO_PHOTOS ?= $(wildcard ../shared/photos)
STUDIO_EDGE ?= $(wildcard ../shared/edge)
export STUDIO_PHOTOS STUDIO_EDGE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-service test lint format types arch docs bench bench-service faults train evaluate figures network clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-13s %s\n", $$1, $$2}'

$(UV):
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet uv==$(UV_VERSION)

.venv/.ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --all-extras --inexact --quiet --compile-bytecode
	@touch $@

setup: .venv/.ready ## set everything up in .venv (needs only Python and make)

demo: setup ## analyse sample photos, or your own: make demo PHOTO=path
	@$(RUN)python tools/demo.py $(if $(PHOTO),"$(PHOTO)")

demo-service: setup ## start the service from nothing, post ten photos, stop
	@$(RUN)python tools/demo_service.py

test: setup ## lint, types, architecture and every test
	@$(MAKE) --no-print-directory lint types arch
	$(RUN)pytest -n 2 $(PYTEST_ARGS)

lint: setup ## ruff check, ruff format --check, codespell
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)codespell src tests docs tools examples network benchmarks README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md

format: setup ## mend what ruff can mend
	$(RUN)ruff check --fix .
	$(RUN)ruff format .

types: setup ## mypy --strict
	$(RUN)mypy

arch: setup ## import-linter: the arrows between the rooms
	$(RUN)lint-imports

docs: setup ## regenerate the generated parts of docs/
	$(RUN)python tools/make_docs.py

# Rivals that cannot be installed are left out, and the run says so.
bench: setup ## measure every stage beside the floor and the rivals; ARGS=--write keeps the figures
	@for group in bench bench-compiled; do \
	  $(UV) sync --frozen --all-extras --inexact --quiet --group $$group \
	    || echo "the group $$group could not be installed"; \
	done
	$(RUN)python -m benchmarks $(ARGS)

bench-service: setup ## measure the service beside batch (needs PostgreSQL, Redis, RabbitMQ)
	$(RUN)python -m benchmarks.service $(ARGS)

faults: setup ## kill, stop and flood services and count jobs in and results out; ARGS=--write
	$(RUN)python -m tools.faults $(ARGS)

train: setup ## refit the shipped models from the photo set (the network: make network)
	$(RUN)python -m studio_detector.learning.train
	$(RUN)python -m studio_detector.learning.stack
	$(RUN)python -m studio_detector.learning.typical

evaluate: setup ## judge the default model on the test split; report in .cache/report
	$(RUN)studio-detector evaluate "$(STUDIO_PHOTOS)" --split test --output .cache/report

figures: setup ## remeasure docs/figures/shipped.json, which the tests hold the models against
	$(RUN)python tools/figures.py

# PyTorch stays out of the lock: its plain wheels bring gigabytes of CUDA (network/README.md).
.venv-network/.ready: network/requirements.txt
	$(PYTHON) -m venv .venv-network
	.venv-network/bin/python -m pip install --quiet --requirement network/requirements.txt
	@touch $@

network: .venv-network/.ready ## fine-tune, average and export the network again (over an hour)
	.venv-network/bin/python network/make.py $(NETWORK_ARGS)

clean: ## remove the environment and the caches
	rm -rf .venv .venv-network .pytest_cache .mypy_cache .ruff_cache .hypothesis .cache
