# What a person types. Each target says what it does, and installs what it needs.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What playbooks need, and what the tests need beside it.
PLAYBOOKS := $(VENV)/.playbooks
READY := $(VENV)/.ready
LAB_DIRECTORY := /var/lib/distrain-lab
CASES ?=
BENCH_IMAGES ?=
BENCH_RELAY ?=
BENCH_LAB := --extra-vars '{"lab_name": "bench", "lab_number": 19, "lab_trainer": false, \
    "lab_inventory_directory": "$(LAB_DIRECTORY)/bench-inventory"}'
TRAINERS := $(CURDIR)/tests/trainers
TRAINERS_LAB := --extra-vars '{"lab_name": "trainers", "lab_number": 20, "lab_hosts": 2, "lab_warm": true, \
    "lab_inventory_directory": "$(TRAINERS)/inventory", "lab_group_vars_directory": "$(TRAINERS)/inventory/group_vars"}'
SOURCES ?=
KIT ?= artifacts/kit
# Arguments of tests.rehearse.gpu, as in REHEARSE='--gpus 2 --gpus-per-host 2'.
REHEARSE ?=
# Beside default, which make test runs; in the order in which they would be missed most.
SCENARIOS := images swarm network healing gpu
# Begin no scenario after this moment, in seconds of the epoch; what is left out is named. Empty for no limit.
UNTIL ?=
NAME ?= default
# Errors alone are of interest; what is imported is compiled then.
INSTALL := $(BIN)/pip install -qq --no-compile --constraint constraints.txt
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

say = @printf '\n==> %s\n' $(1)

.PHONY: help demo test lint unit report-test package scenario scenarios faults trainers clean kit rehearse-gpu \
    bench-overlay bench-relay bench-chains bench-trees bench-images

help:
	@echo "make demo                 bring up two lab hosts and train one model over both"
	@echo "make test                 lint, the unit tests, the report in a browser, and the whole site on a lab of two hosts"
	@echo "make scenarios            the other Molecule scenarios: $(SCENARIOS)"
	@echo "make lint                 ruff, mypy, the layers of imports, yamllint, ansible-lint, ansible-test sanity, antsibull-docs"
	@echo "make unit                 the unit tests"
	@echo "make report-test          the report's pages in a headless browser; pictures in artifacts/report"
	@echo "make package              the tarball, as Galaxy and ansible-builder take it, in artifacts/package; licences and workflows"
	@echo "make scenario NAME=swarm  one Molecule scenario"
	@echo "make faults CASES=a,b     faults and bad inputs on a lab: all of them, or some"
	@echo "make trainers             XuanYuan's and Llama-Chinese's own scripts on a lab; SOURCES=DIRECTORY: clones there, see tests/trainers"
	@echo "make kit KIT=DIRECTORY    the lab in parts, for a machine that reaches nothing; see tests/rehearse"
	@echo "make rehearse-gpu         the whole site on a lab with the GPUs of this machine, offline; see tests/rehearse"
	@echo "make bench-overlay        TCP over the overlay against over the hosts' own network"
	@echo "make bench-relay          what hashing, TLS and copying cost on this machine, and the relay as a whole"
	@echo "make bench-chains         many agents with capped links: one chain against what is chosen"
	@echo "make bench-trees          a directory of 300,000 files, and one of large files, against rsync"
	@echo "make bench-images         an image to 1, 2, 4, 8 hosts: ours against what people do without it (50 minutes)"
	@echo "make docs                 the site of the documentation, into artifacts/docs/html; a warning is an error"
	@echo "make clean                remove the lab from this machine"

demo: $(PLAYBOOKS)
	$(call say,"Bringing up the lab: two hosts with systemd and SSH on this machine")
	@$(BIN)/ansible-playbook playbooks/lab.yml
	$(call say,"Running site.yml on the lab: Docker; swarm; overlay; image; training over both hosts")
	@$(BIN)/ansible-playbook site.yml -i inventories/lab

# Beside each other, since each alone keeps one core busy; what each printed comes in one piece.
test: $(READY)
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target lint unit report-test
	@$(MAKE) --no-print-directory scenario NAME=default

lint: $(READY)
	$(call say,"Linting: ruff; mypy; layers of imports; yamllint; ansible-lint; ansible-test sanity; antsibull-docs")
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	cd .collections && PYTHONPATH=. ../$(BIN)/lint-imports --config ../pyproject.toml
	$(BIN)/yamllint --strict .
	$(BIN)/ansible-lint
	$(BIN)/nox --reuse-venv=yes --session 'sanity(2.19)' docs-check

unit: $(READY)
	$(call say,"Running the unit tests")
	$(BIN)/pytest

report-test: $(READY)
	$(call say,"Looking at the report in a headless browser")
	tests/report/run

package:
	$(call say,"Checking what is released: licences; workflows; the tarball")
	tests/package/run

scenarios: $(READY)
	@set -e; for name in $(SCENARIOS); do \
	    if [ -n "$(UNTIL)" ] && [ "$$(date +%s)" -gt "$(UNTIL)" ]; then \
	        echo "NOT RUN, because the time for it was over: the scenario $$name"; continue; fi; \
	    $(MAKE) --no-print-directory scenario NAME=$$name; done

scenario: $(READY)
	$(call say,"Running the scenario $(NAME) on lab hosts of its own")
	$(BIN)/molecule test --scenario-name $(NAME)

faults: $(READY)
	$(call say,"Doing what must be refused or must heal to a lab of three hosts")
	$(BIN)/python -m tests.faults --cases "$(CASES)"

trainers: $(READY)
	$(call say,"Running the training scripts of XuanYuan and Llama-Chinese by their presets on a lab of two hosts")
	$(BIN)/ansible-playbook playbooks/lab.yml $(TRAINERS_LAB)
	$(BIN)/ansible-playbook tests/trainers/prepare.yml --inventory $(TRAINERS)/inventory
	@set -e; for name in xuanyuan llama_chinese; do \
	    $(BIN)/ansible-playbook site.yml --inventory $(TRAINERS)/inventory --extra-vars trainer=$$name \
	        $(if $(SOURCES),--extra-vars image_build_git_repository=$(abspath $(SOURCES))/$$name); \
	    $(BIN)/ansible-playbook tests/trainers/verify.yml --inventory $(TRAINERS)/inventory --extra-vars trainer=$$name; done
	$(BIN)/ansible-playbook playbooks/lab.yml $(TRAINERS_LAB) --extra-vars lab_state=absent --extra-vars lab_purge=false

kit: $(READY)
	$(call say,"Making the offline kit of the lab in $(KIT)")
	$(BIN)/python -m tests.rehearse.kit "$(KIT)"

rehearse-gpu: $(READY)
	$(call say,"Running the whole site on a lab with the GPUs of this machine")
	$(BIN)/python -m tests.rehearse.gpu $(REHEARSE)

bench-overlay: $(READY)
	$(call say,"Comparing the overlay with the hosts' own network on a lab of two hosts")
	$(BIN)/ansible-playbook playbooks/lab.yml $(BENCH_LAB) --extra-vars lab_hosts=2 --extra-vars lab_warm=true
	$(BIN)/ansible-playbook tests/bench/overlay_throughput.yml --inventory $(LAB_DIRECTORY)/bench-inventory
	$(BIN)/ansible-playbook playbooks/lab.yml $(BENCH_LAB) --extra-vars lab_state=absent --extra-vars lab_purge=false

bench-relay: $(READY)
	$(call say,"Measuring SHA-256; TLS; copying between sockets; and the relay as a whole on the loopback")
	PYTHONPATH=.collections $(BIN)/python -m tests.bench.relay $(BENCH_RELAY)

bench-chains: $(READY)
	PYTHONPATH=.collections $(BIN)/python -m tests.bench.chains $(BENCH_CHAINS)

bench-trees: $(READY)
	PYTHONPATH=.collections $(BIN)/python -m tests.bench.trees $(BENCH_TREES)

bench-images: $(READY)
	$(call say,"Bringing images to lab hosts with capped interfaces: ours against rsync; zstd and ssh; a registry")
	$(BIN)/python -m tests.bench.images $(BENCH_IMAGES)

.PHONY: docs
docs:
	$(call say,"Building the site of the documentation")
	PYTHON=$(PYTHON) docs/build

clean: $(PLAYBOOKS)
	$(call say,"Removing the lab: hosts; networks; disks; engine; keys; caches")
	@set -e; for name in $$(ls $(LAB_DIRECTORY)/labs 2>/dev/null) lab; do \
	    $(BIN)/ansible-playbook playbooks/lab.yml --extra-vars lab_state=absent --extra-vars lab_name=$$name; done
	@echo "The packages that the lab installed by apt (docker.io, mmdebstrap, rsync) and $(VENV) stay."

$(PLAYBOOKS): requirements.txt constraints.txt
	$(call say,"Installing Ansible into $(VENV)")
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "Python has no venv module: installing python3-venv by apt, which needs root"; \
	    apt-get update && apt-get install --yes --no-install-recommends python3-venv; }
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --requirement requirements.txt
	@touch $@

$(READY): tests/requirements.txt $(PLAYBOOKS)
	$(call say,"Installing the tools of the tests into $(VENV)")
	@$(INSTALL) --requirement tests/requirements.txt
	@touch $@
