# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The compose file of a trainer: what stands in a variable is what compose reads, whatever it is."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.yaml_string import compose_string, yaml_string
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.compose import compose_text, without_webui
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.host import Host
from ansible_collections.distrain.cluster.tests.unit.support.json_values import TEXT
from ansible_collections.distrain.cluster.tests.unit.support.launch_hosts import arguments
from hypothesis import given
from hypothesis import strategies as st

WITHOUT_NUL = TEXT.filter(lambda text: "\0" not in text)
AWKWARD = '$HOME ${X:-y} "q" \\ \U0001f600 é # : - {a} [b] *c &d !e\n\t\x85\u2028\ufeff\x07 '

VALUES: dict[str, Any] = {
    "shm_size": "16gb",
    "ulimits": {"memlock": -1, "nofile": "1024"},
    "environment": {"A": "1", "NO": "yes", "path": 3},
    "volumes": ["/srv/models:/app/models:ro"],
    "gpu_devices": ["0", "1:0"],
    "webui_command": ["python", "src/train_web.py"],
    "webui_password": "long enough for it",
}


def render(
    has_webui: bool = True, on_host: bool = False, interfaces: dict[str, str] | None = None, **changes: Any
) -> str:
    return compose_text(Host("gpu-01", arguments(**{**VALUES, **changes}), {}, 2, interfaces or {}), on_host, has_webui)


def trainer(**changes: Any) -> dict[str, Any]:
    return yaml.safe_load(render(**changes))["services"]["trainer"]


@pytest.mark.parametrize(
    "text", ["plain", AWKWARD, "yes", "0644", "1e5", "~", "", "a: b", "\U0001f468\u200d\U0001f4bb"]
)
def test_a_value_is_read_as_it_was_written(text: str) -> None:
    found = trainer(environment={"A": text}, image=text)
    assert found["environment"] == {"A": text.replace("$", "$$")}
    assert found["image"] == text.replace("$", "$$")


def test_the_endpoint_of_hugging_face_gives_way_to_the_environment() -> None:
    endpoint = "https://hf.example.org"
    assert trainer(huggingface_endpoint=endpoint)["environment"]["HF_ENDPOINT"] == endpoint
    own = {"HF_ENDPOINT": "https://own.example.org"}
    assert trainer(huggingface_endpoint=endpoint, environment=own)["environment"] == own


def test_nothing_is_written_as_a_pair_of_surrogates() -> None:
    assert compose_string("\U0001f600 $x") == '"\U0001f600 $$x"'
    assert "\\ud83d" not in render(webui_command=["\U0001f600"])


def test_the_whole_file() -> None:
    found = yaml.safe_load(render())
    assert set(found["services"]) == {"trainer", "webui"}
    assert found["networks"] == {"cluster": {"name": "distrain", "external": True}, "webui": {}}
    common = {
        "image": "team/trainer:1",
        "pull_policy": "never",
        "init": True,
        "restart": "unless-stopped",
        "ipc": "host",
        "shm_size": "16gb",
        "working_dir": "/app",
        "ulimits": {"memlock": -1, "nofile": 1024},
        "environment": {"A": "1", "NO": "yes", "path": "3"},
        "deploy": {
            "resources": {
                "reservations": {
                    "devices": [
                        {
                            "driver": "cdi",
                            "device_ids": ["nvidia.com/gpu=0", "nvidia.com/gpu=1:0"],
                            "capabilities": ["gpu"],
                        }
                    ]
                }
            }
        },
    }
    labels = {"io.distrain.trainer": "lf", "io.distrain.gpus": "0,1:0"}
    assert found["services"]["trainer"] == {
        **common,
        "container_name": "lf-gpu-01",
        "entrypoint": ["sleep", "infinity"],
        "command": [],
        "labels": {**labels, "io.distrain.port": "29500"},
        "hostname": "lf-gpu-01",
        "networks": ["cluster"],
        "cap_add": ["SYS_PTRACE"],
        "tmpfs": ["/run/distrain/launch:mode=0700,size=4m"],
        "volumes": [
            "/srv/models:/app/models:ro",
            "/srv/lf/control:/run/distrain/control:ro",
            "/srv/lf/logs:/run/distrain/logs",
            "/srv/lf/runner:/run/distrain/runner:ro",
        ],
    }
    asking = ["python3", "/run/distrain/webui/webui_password.py", "/run/distrain/webui/credentials"]
    assert found["services"]["webui"] == {
        **common,
        "container_name": "lf-webui",
        "entrypoint": [],
        "command": [*asking, "python", "src/train_web.py"],
        "labels": {**labels, "io.distrain.port": "127.0.0.1:7860"},
        "networks": ["webui"],
        "ports": ["127.0.0.1:7860:7860"],
        "cpu_shares": 128,
        "volumes": ["/srv/models:/app/models:ro", "/srv/lf/webui:/run/distrain/webui:ro"],
    }


def test_on_the_network_of_the_host_with_rdma() -> None:
    found = yaml.safe_load(render(False, True, {"NCCL_IB_HCA": "mlx5_0"}, launcher="deepspeed", gpu_devices=[]))
    one = found["services"]["trainer"]
    assert found["networks"] == {"default": {}} and set(found["services"]) == {"trainer"}
    assert one["network_mode"] == "host" and "hostname" not in one and "networks" not in one
    assert one["devices"] == ["/dev/infiniband"] and one["cap_add"] == ["SYS_PTRACE", "IPC_LOCK"]
    assert one["labels"]["io.distrain.port"] == "0.0.0.0:29500,0.0.0.0:29522"
    assert one["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"] == ["nvidia.com/gpu=all"]


@pytest.mark.parametrize("text", ["a\0b", "\ud83d"])
def test_what_a_container_cannot_be_given_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="holds a"):
        compose_string(text)


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({}, True),
        ({"webui_command": ["x"]}, True),
        ({"has_webui": False}, True),
        ({"image": "other"}, False),
        ({"network": "other"}, False),
    ],
)
def test_a_change_of_the_web_ui_is_distinguished_from_that_of_the_trainer(changes: dict[str, Any], alike: bool) -> None:
    assert (without_webui(render()) == without_webui(render(**changes))) is alike


@pytest.mark.parametrize("text", ["", "- a", "services: [", "a: b"])
def test_a_file_that_is_none_has_no_services(text: str) -> None:
    assert without_webui(text) == {"services": {}, "networks": {}}


@given(TEXT)
def test_a_string_is_one_line_and_read_as_it_is(text: str) -> None:
    written = yaml_string(text)
    assert len(written.splitlines()) == 1
    assert yaml.safe_load(written) == text


@given(st.dictionaries(WITHOUT_NUL, WITHOUT_NUL, min_size=1, max_size=3), st.lists(WITHOUT_NUL, max_size=3))
def test_whatever_the_values_the_file_keeps_its_form(environment: dict[str, str], words: list[str]) -> None:
    text = render(environment=environment, webui_command=words, webui_password="")
    found = yaml.safe_load(text)
    doubled = {name.replace("$", "$$"): value.replace("$", "$$") for name, value in environment.items()}
    assert found["services"]["trainer"]["environment"] == doubled
    assert found["services"]["webui"]["command"] == [word.replace("$", "$$") for word in words]
