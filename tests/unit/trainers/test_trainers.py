# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The presets of trainers: each is made of options of the roles, pins its versions, and differs from the others."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.arguments.trainer_preset import SHIPPED, shipped_names
from ansible_collections.distrain.cluster.plugins.plugin_utils.build.values import problems_in
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import requirements as requirement_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.webui_address import webui_words
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from ansible_collections.distrain.cluster.tests.unit.support.role_files import entry_points, load

ROLES = ("image_build", "trainer_launch")
NAMES = ("custom", "llama_chinese", "llama_factory", "llama_factory_release", "xuanyuan")
# Of one trainer only, so a preset that does not say it would take over what the inventory says of another.
SAID_BY_EACH = {
    "image_build_name",
    "image_build_base_image",
    "image_build_base_archive",
    "image_build_base_has_project",
    "image_build_git_repository",
    "image_build_pip_requirements",
    "image_build_python_venv",
    "image_build_imports",
    "trainer_launch_name",
    "trainer_launch_image",
    "trainer_launch_volumes",
    "trainer_launch_webui",
    "trainer_launch_launcher",
    "trainer_launch_job_entry",
    "trainer_launch_job_working_directory",
    "trainer_launch_job_port",
    "trainer_launch_requirements",
}
# A version, or a wheel of one.
PINNED = re.compile(r"[a-z-]+((\[[a-z,]+\])?==[0-9][a-z0-9.]*| @ https://\S+/[a-z_]+-[0-9][0-9.]*[^/\s]*\.whl)")
LAB = ROOT / "tests" / "trainers"
# What the lab's image has otherwise: torch for CPUs, the DeepSpeed that runs with it, and nothing that only a GPU uses.
NOT_OF_THE_PRESET = {"torch", "deepspeed", "py-spy", "bitsandbytes", "flash-attn"}


def preset(name: str) -> dict[str, Any]:
    return load(SHIPPED / f"{name}.yml")


def options() -> dict[str, Any]:
    return {name: one for role in ROLES for name, one in entry_points(ROOT / "roles" / role)["main"].items()}


def defaults(role: str) -> dict[str, Any]:
    """Return the defaults of a role as they are without mirrors."""
    found = load(ROOT / "roles" / role / "defaults" / "main.yml")
    return {name: "" if "mirrors |" in str(value) else value for name, value in found.items()}


def test_these_are_brought() -> None:
    assert shipped_names() == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_key_is_an_option_of_a_role(name: str) -> None:
    assert set(preset(name)) <= set(options())
    assert set(preset(name)) >= SAID_BY_EACH


@pytest.mark.parametrize("name", NAMES)
def test_an_image_can_be_made_of_it(name: str) -> None:
    values = {**defaults("image_build"), **preset(name)}
    if name == "custom":
        values["image_build_base_image"] = "team/image:1"
    problems = problems_in({key.removeprefix("image_build_"): value for key, value in values.items()})
    assert problems == []


@pytest.mark.parametrize("name", NAMES)
def test_versions_are_pinned(name: str) -> None:
    values = preset(name)
    assert all(PINNED.fullmatch(one) for one in values["image_build_pip_requirements"])
    if values["image_build_git_repository"]:
        assert re.fullmatch(r"[0-9a-f]{40}", values["image_build_git_commit"])
        assert values["image_build_name"].endswith(f":{values['image_build_git_commit'][:7]}")
    if name != "custom":
        assert re.search(r":[a-z]*[0-9][a-z0-9.-]+$", values["image_build_base_image"])


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_needs(name: str) -> None:
    required = preset(name)["trainer_launch_requirements"]
    assert required["engine_min"] == "25"
    new = {"engine": "29.0.0", "driver": "570.00", "python": "3.12.1"}
    assert requirement_plan.unmet("gpu-01", required, new) == []


def test_all_can_stand_side_by_side() -> None:
    every = [preset(name) for name in NAMES]
    for key in ("image_build_name", "trainer_launch_name", "trainer_launch_job_port"):
        assert len({values[key] for values in every}) == len(NAMES), key
    ports = [values["trainer_launch_webui_port"] for values in every if values["trainer_launch_webui"]]
    assert len(set(ports)) == len(ports)


@pytest.mark.parametrize("name", NAMES)
def test_the_web_ui_is_on_for_llama_factory_only(name: str) -> None:
    assert preset(name)["trainer_launch_webui"] == name.startswith("llama_factory")


def test_the_first_preset_is_the_roles_own_defaults() -> None:
    of_roles = defaults("image_build") | defaults("trainer_launch")
    different = {"trainer_launch_image", "trainer_launch_launcher", "trainer_launch_requirements"}
    assert {
        key: value for key, value in preset("llama_factory").items() if of_roles.get(key) != value
    }.keys() <= different


def test_the_launchers_train_with_the_image_of_the_lab_and_deepspeed() -> None:
    lab = load(ROOT / "inventories/lab/group_vars/all/image_build.yml")
    own = load(ROOT / "molecule/launchers/vars/trainer.yml")
    wheels = load(ROOT / "roles/lab/vars/main.yml")
    assert set(own) <= set(options())
    assert own["image_build_name"] != lab["image_build_name"]
    extra = set(own["image_build_pip_requirements"]) - set(lab["image_build_pip_requirements"])
    assert extra == {wheels["__lab_wheels_deepspeed"]}
    assert [*lab["image_build_imports"], "deepspeed"] == own["image_build_imports"]


def named(requirements: list[str]) -> dict[str, str]:
    every = {re.split(r"==| @ ", one)[0]: one for one in requirements}
    return {name: one for name, one in every.items() if name not in NOT_OF_THE_PRESET}


@pytest.mark.parametrize("name", ["llama_chinese", "xuanyuan"])
def test_the_lab_runs_a_preset_with_its_versions_and_its_command(name: str) -> None:
    wanted, run = preset(name), load(LAB / "inventory" / "trainers" / f"{name}.yml")
    assert set(run) <= set(options())
    assert named(run["image_build_pip_requirements"]) == named(wanted["image_build_pip_requirements"])
    wheels = (LAB / "requirements" / f"{name}.txt").read_text().splitlines()
    assert set(named(run["image_build_pip_requirements"]).values()) <= set(wheels)
    values = {**defaults("image_build"), **wanted, **run}
    assert problems_in({key.removeprefix("image_build_"): value for key, value in values.items()}) == []
    assert run["trainer_launch_job_entry"] == ["/opt/on_cpu.py", *wanted["trainer_launch_job_entry"]]
    for key in ("image_build_git_commit", "trainer_launch_launcher", "trainer_launch_job_working_directory"):
        assert key not in run


LAB_HOST = {
    "inventory_hostname": "gpu-01",
    "ansible_host": "192.0.2.11",
    "ansible_port": 2222,
    "ansible_user": "lab",
    "ansible_ssh_private_key_file": "/keys/a b",
    "ansible_ssh_common_args": "-o IdentitiesOnly=yes",
}


def test_the_way_to_the_web_ui_is_that_of_the_inventory() -> None:
    said = webui_words(LAB_HOST, "llama-factory", "127.0.0.1", 7861)
    assert said[1] == ("ssh -N -L 7861:127.0.0.1:7861 -p 2222 -l lab -i '/keys/a b' -o IdentitiesOnly=yes 192.0.2.11")
    assert "runs on gpu-01 alone" in said[2]
    assert len(said) == 3
    assert webui_words({"inventory_hostname": "gpu-01"}, "x", "127.0.0.1", 7860)[1].endswith(":7860 gpu-01")


def test_a_web_ui_that_others_reach_is_warned_of() -> None:
    said = webui_words(LAB_HOST, "llama-factory", "192.0.2.11", 7860)
    assert said[1].startswith("ssh -N -L 7860:192.0.2.11:7860 ")
    assert "no password" in said[-1]
    assert "trainer_launch_webui_password" in said[-1]


def test_a_web_ui_with_a_password_says_for_whom_and_that_it_has_no_tls() -> None:
    at_home = webui_words(LAB_HOST, "llama-factory", "127.0.0.1", 7860, "distrain")
    assert at_home[3:] == ["Log in as distrain, with trainer_launch_webui_password."]
    outside = webui_words(LAB_HOST, "llama-factory", "192.0.2.11", 7860, "distrain")
    assert outside[3] == at_home[3]
    assert "no password" not in outside[-1]
    assert "no TLS" in outside[-1]
    assert "ssh" in outside[-1]
