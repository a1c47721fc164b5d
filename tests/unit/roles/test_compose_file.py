# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The compose file of a trainer: what stands in a variable is what compose reads, whatever it is."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.filter.compose_string import compose_string
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.claims import cdi_devices
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.yaml_string import yaml_string
from ansible_collections.distrain.cluster.tests.unit.support.json_values import TEXT
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from hypothesis import given
from hypothesis import strategies as st

TEMPLATE = ROOT / "roles/trainer_launch/templates/compose.yml.j2"
WITHOUT_NUL = TEXT.filter(lambda text: "\0" not in text)
AWKWARD = '$HOME ${X:-y} "q" \\ \U0001f600 é # : - {a} [b] *c &d !e\n\t\x85\u2028\ufeff\x07 '

VALUES: dict[str, Any] = {
    "trainer_launch_name": "lf",
    "trainer_launch_image": "team/trainer:1",
    "trainer_launch_restart": "unless-stopped",
    "trainer_launch_ipc": "host",
    "trainer_launch_shm_size": "16gb",
    "trainer_launch_job_working_directory": "/app",
    "trainer_launch_ulimits": {"memlock": -1, "nofile": "1024"},
    "trainer_launch_environment": {"A": "1"},
    "trainer_launch_directory": "/srv/lf",
    "trainer_launch_gpu_device": "nvidia.com/gpu=all",
    "trainer_launch_volumes": ["/srv/models:/app/models:ro"],
    "trainer_launch_webui_bind": "127.0.0.1",
    "trainer_launch_webui_port": 7860,
    "trainer_launch_network": "distrain",
    "__trainer_launch_container": "lf-gpu-01",
    "__trainer_launch_gpus": ["0", "1:0"],
    "__trainer_launch_port_claim": ["29500"],
    "__trainer_launch_webui_claim": ["127.0.0.1:7860"],
    "__trainer_launch_webui_command": ["python", "src/train_web.py"],
    "__trainer_launch_webui_volume": "/srv/lf/webui:/run/distrain/webui:ro",
    "__trainer_launch_container_directory": "/run/distrain",
    "__trainer_launch_runner_directory": "/run/distrain/runner",
    "__trainer_launch_is_on_host_network": False,
    "__trainer_launch_has_rdma": False,
    "__trainer_launch_has_webui": True,
    "__trainer_launch_has_webui_password": True,
}


def render(**changes: Any) -> str:
    # As Ansible's template plugins set it up.
    environment = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.ChainableUndefined)
    environment.filters |= {
        "distrain.cluster.compose_string": compose_string,
        "distrain.cluster.cdi_devices": cdi_devices,
        "bool": bool,
    }
    values = {**VALUES, **changes}
    prefix = "trainer_launch_"
    own = {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
    return environment.from_string(TEMPLATE.read_text()).render(trainer_launch_arguments=own, **values)


def trainer(**changes: Any) -> dict[str, Any]:
    return yaml.safe_load(render(**changes))["services"]["trainer"]


@pytest.mark.parametrize(
    "text", ["plain", AWKWARD, "yes", "0644", "1e5", "~", "", "a: b", "\U0001f468\u200d\U0001f4bb"]
)
def test_a_value_is_read_as_it_was_written(text: str) -> None:
    found = trainer(trainer_launch_environment={"A": text}, trainer_launch_image=text)
    assert found["environment"] == {"A": text.replace("$", "$$")}
    assert found["image"] == text.replace("$", "$$")


def test_nothing_is_written_as_a_pair_of_surrogates() -> None:
    assert compose_string("\U0001f600 $x") == '"\U0001f600 $$x"'
    assert "\\ud83d" not in render(__trainer_launch_webui_command=["\U0001f600"])


def test_the_whole_file_is_what_it_was() -> None:
    found = yaml.safe_load(render())
    assert set(found["services"]) == {"trainer", "webui"}
    assert found["networks"] == {"cluster": {"name": "distrain", "external": True}, "webui": {}}
    one = found["services"]["trainer"]
    assert one["ulimits"] == {"memlock": -1, "nofile": 1024}
    (device,) = one["deploy"]["resources"]["reservations"]["devices"]
    assert device == {
        "driver": "cdi",
        "device_ids": ["nvidia.com/gpu=0", "nvidia.com/gpu=1:0"],
        "capabilities": ["gpu"],
    }
    assert one["labels"] == {"io.distrain.trainer": "lf", "io.distrain.port": "29500", "io.distrain.gpus": "0,1:0"}
    assert one["volumes"][0] == "/srv/models:/app/models:ro"
    assert found["services"]["webui"]["command"] == ["python", "src/train_web.py"]


@pytest.mark.parametrize("text", ["a\0b", "\ud83d"])
def test_what_a_container_cannot_be_given_is_refused(text: str) -> None:
    with pytest.raises(AnsibleFilterError, match="holds a"):
        compose_string(text)


@given(TEXT)
def test_a_string_is_one_line_and_read_as_it_is(text: str) -> None:
    written = yaml_string(text)
    assert len(written.splitlines()) == 1
    assert yaml.safe_load(written) == text


@given(st.dictionaries(WITHOUT_NUL, WITHOUT_NUL, min_size=1, max_size=3), st.lists(WITHOUT_NUL, max_size=3))
def test_whatever_the_values_the_file_keeps_its_form(environment: dict[str, str], words: list[str]) -> None:
    found = yaml.safe_load(render(trainer_launch_environment=environment, __trainer_launch_webui_command=words))
    doubled = {name.replace("$", "$$"): value.replace("$", "$$") for name, value in environment.items()}
    assert found["services"]["trainer"]["environment"] == doubled
    assert (found["services"]["webui"]["command"] or []) == [word.replace("$", "$$") for word in words]
