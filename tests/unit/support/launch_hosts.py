# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts as the role trainer_launch sees them: converged ones, of which a test changes what it is about."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from ansible_collections.distrain.cluster.plugins.plugin_utils.arguments.role import convert, options_of, without_prefix
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.compose import compose_text
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.decision import decision
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.host import Host, Request
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

ROLE = ROOT / "roles" / "trainer_launch"
NAMES = ("gpu-01", "gpu-02")
IMAGE = {"id": "sha256:1", "layers": ["sha256:9"], "labels": {}, "environment": {}}
PROGRAMS = {"runner/run-job": "sha256:a", "runner/ssh_launch.py": "sha256:b", "webui/webui_password.py": "sha256:c"}
COMMON = {
    "name": "lf",
    "image": "team/trainer:1",
    "hosts": list(NAMES),
    "first_host": "gpu-01",
    "network": "distrain",
    "huggingface_endpoint": "",
    "directory": "/srv/lf",
    "volumes": ["/srv/lf/models:/app/models:ro", "/srv/lf/output:/app/output"],
    "parity_paths": [],
    "job_output_directory": "/app/output/sft",
    "launcher": "torchrun",
    "job_config": {"stage": "sft"},
}


@cache
def _defaults() -> dict[str, Any]:
    """The role's own, as it converts them; those that are computed are left out."""
    values = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    options = options_of(yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"], "main")
    arguments, problems = convert(options, {}, {name: one for name, one in values.items() if "{{" not in str(one)})
    assert not problems
    return without_prefix("trainer_launch", arguments)


def arguments(**changes: Any) -> dict[str, Any]:
    return {**_defaults(), **COMMON, **changes}


def host(name: str, observed: dict[str, Any] | None = None, gpus: int = 0, /, **changes: Any) -> Host:
    return Host(name, arguments(**changes), observed or bare(name), gpus)


def state(mode: str | None = None, digest: str | None = None, modified: float | None = None) -> dict[str, Any]:
    return {"owner": "0:0" if mode else None, "mode": mode, "digest": digest, "modified": modified}


def bare(name: str) -> dict[str, Any]:
    """What is observed on a host that has the image and nothing else."""
    nothing = {"state": "absent", "image_id": None, "created": None, "started": None, "on_network": False}
    webui = {part: state() for part in ("directory", "program")}
    return {
        "engine_version": "28.5.2",
        "platform": "",
        "driver_installation": None,
        "driver_version": "",
        "image": IMAGE,
        "claims": [],
        "trainer_containers": [],
        "gpu": None,
        "container": {"name": f"lf-{name}", **nothing},
        "webui": nothing,
        "is_first": name == NAMES[0],
        "leader_found": None,
        "job": {"state": "absent", "digest": None, "exit_code": None, "ended": None, "progress": {}},
        "files": {
            "directories": {one: state() for one in ("", "control", "logs", "runner")},
            "programs": {one: state() for one in ("runner/run-job", "runner/ssh_launch.py")},
            "compose": {**state(), "text": ""},
            "webui": {**webui, "credentials": {**state(), "are_wanted": False}},
        },
        "storage": ["ext4"],
        "paths": {},
    }


def converged(name: str, job: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """What is observed on a host where everything is as these arguments want it; ``job`` is what its job is beside."""
    before = host(name, **changes)
    has_webui = name == before.arguments["first_host"] and before.arguments["webui"]
    running = {"state": "running", "image_id": "sha256:1", "created": 20.0, "started": 20.0, "on_network": True}
    made = decide(host(NAMES[0], **changes), host(NAMES[1], **changes))["hosts"][name]
    files = {
        "directories": {one: state("0700") for one in ("", "control", "logs", "runner")},
        "programs": {one: state("0755", PROGRAMS[one]) for one in ("runner/run-job", "runner/ssh_launch.py")},
        "compose": {**state("0600", "sha256:d", 10.0), "text": compose_text(before, False, has_webui)},
        "webui": bare(name)["files"]["webui"],
    }
    return {
        **bare(name),
        "container": {"name": f"lf-{name}", **running},
        "webui": running if has_webui else bare(name)["webui"],
        "leader_found": True,
        "job": {"state": "succeeded", "digest": made.get("digest"), "progress": {}, **(job or {})},
        "files": files,
    }


def request(*hosts: Host, **changes: Any) -> Request:
    return Request(**{"hosts": hosts, "job_network": "overlay", "programs": PROGRAMS, "attempt": "now", **changes})


def decide(*hosts: Host, **changes: Any) -> dict[str, Any]:
    return decision(request(*hosts, **changes))
