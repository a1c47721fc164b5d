# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role trainer_launch refuses before anything is changed, with the host and the remedy."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.refusals import refuse_arguments, refuse_needs
from ansible_collections.distrain.cluster.tests.unit.support.launch_hosts import NAMES, bare, decide, host, request


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "UPPER"}, "trainer_launch_name is 'UPPER'"),
        ({"hosts": [*NAMES, "gpu-09"]}, "trainer_launch_hosts also names gpu-09, which this run leaves out"),
        ({"webui_bind": "0.0.0.0"}, r"trainer_launch_webui_bind \(0.0.0.0\) has to be one IPv4 address"),
        ({"webui_password": "short"}, "trainer_launch_webui_password has to have 12 characters"),
        ({"webui_password": "long enough for it", "webui_user": " x"}, r"trainer_launch_webui_user \( x\)"),
        ({"volumes": ["models:/app/models"]}, "the source has to be an absolute path"),
        ({"volumes": ["/srv/lf/control:/app/control"]}, "which holds the host's own files"),
        ({"copies": [{"src": "/lab/x", "dest": "/etc"}]}, "a dest inside /srv/lf; found"),
        ({"copies": [{"src": "/lab/x", "dest": "../x"}]}, "a dest inside /srv/lf; found"),
        ({"copies": [{"src": "/srv/x", "source_host": "gpu-09"}]}, "has one of trainer_launch_hosts there"),
        ({"copies": [{"src": "x", "source_host": "gpu-01"}]}, "has one of trainer_launch_hosts there"),
        ({"deepspeed_ssh_port": 29500}, "two ports between 1024 and 65535"),
        ({"gpu_devices": ["3"]}, "Host gpu-01 has no GPUs, but trainer_launch_gpu_devices names 3"),
    ],
)
def test_arguments(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        refuse_arguments([host(name, **changes) for name in NAMES], NAMES)


def test_what_is_the_same_on_all_hosts_is_said_once_and_what_is_not_names_its_host() -> None:
    with pytest.raises(PlanError) as all_hosts:
        refuse_arguments([host(name, webui_bind="::1") for name in NAMES], NAMES)
    assert "\n" not in str(all_hosts.value) and not str(all_hosts.value).startswith("Host")
    with pytest.raises(PlanError, match=r"^Host gpu-02: The web UI has no TLS"):
        refuse_arguments([host("gpu-01"), host("gpu-02", webui_bind="::1")], NAMES)


@pytest.mark.parametrize(
    ("gpus", "changes", "is_refused"),
    [
        (2, {"processes_per_host": 8}, True),
        (2, {"processes_per_host": 2, "gpu_devices": ["1"]}, True),
        (2, {"processes_per_host": 2}, False),
        (8, {}, False),
        (0, {"processes_per_host": 4}, False),
        (2, {"processes_per_host": 8, "gpu_count": 0}, False),
        (2, {"processes_per_host": 8, "job_config": {}}, False),
    ],
)
def test_more_processes_than_gpus(gpus: int, changes: dict[str, Any], is_refused: bool) -> None:
    hosts = [host("gpu-01", None, gpus, **changes)]
    if not is_refused:
        refuse_arguments(hosts, NAMES)
        return
    with pytest.raises(PlanError, match="Host gpu-01: trainer_launch_processes_per_host is"):
        refuse_arguments(hosts, NAMES)


def test_images() -> None:
    other = {**bare("gpu-02"), "image": {"id": "sha256:1", "layers": ["sha256:8"], "labels": {}}}
    with pytest.raises(PlanError, match="team/trainer:1 on host gpu-02 is not the one that gpu-01 has"):
        decide(host("gpu-01"), host("gpu-02", other))
    missing = host("gpu-02", {**bare("gpu-02"), "image": None})
    with pytest.raises(PlanError, match="Host gpu-02 does not have the image team"):
        decide(host("gpu-01"), missing)
    assert decide(host("gpu-01"), missing, check_mode=True)["decision"] == "start"


CLAIM = {"io.distrain.trainer": "second", "io.distrain.port": "127.0.0.1:7860", "io.distrain.gpus": "all"}


def test_what_another_trainer_has() -> None:
    taken = [host(name, {**bare(name), "claims": [CLAIM]}) for name in NAMES]
    with pytest.raises(PlanError, match="Host gpu-01: port 7860 belongs to the trainer second"):
        decide(*taken)
    decide(*[host(name, {**bare(name), "claims": [CLAIM]}, webui_port=7999) for name in NAMES])
    with pytest.raises(PlanError, match="all GPUs already"):
        refuse_needs(request(host("gpu-01", {**bare("gpu-01"), "claims": [CLAIM]}, 2, webui_port=7999)))


@pytest.mark.parametrize(
    ("required", "python", "said"),
    [
        ({"engine_min": "99"}, None, "Docker Engine 99 or newer"),
        ({"driver_min": "535"}, None, "NVIDIA's driver 535 or newer"),
        ({"python_min": "3.12"}, "3.11.2", "the python3 of the image 3.12 or newer"),
        ({"python_min": "3.12"}, "", "its version could not be learned"),
    ],
)
def test_versions(required: dict[str, str], python: str | None, said: str) -> None:
    hosts = [host(name, bare(name), 2, requirements=required) for name in NAMES]
    with pytest.raises(PlanError, match=said):
        decide(*hosts, image_python=python)
    decide(*[host(name, bare(name), requirements={"python_min": "3.12", "driver_min": "1"}) for name in NAMES])


def test_a_launch_that_contradicts_itself() -> None:
    with pytest.raises(PlanError, match="trainer_launch_job_command is given, which only the launcher plain runs"):
        decide(*[host(name, launcher="accelerate", job_command=["true"]) for name in NAMES])
