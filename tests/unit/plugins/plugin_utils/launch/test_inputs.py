# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is written into a variable, what makes a launch or a build of it gives a value, or an error of ours."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Callable
from typing import Any

import yaml
from ansible_collections.distrain.cluster.plugins.filter.compose_containers import compose_containers
from ansible_collections.distrain.cluster.plugins.module_utils.base import sizes as byte_count
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.image import name as image_name
from ansible_collections.distrain.cluster.plugins.module_utils.job import throughput as throughput_plan
from ansible_collections.distrain.cluster.plugins.module_utils.trainer import claims as claims_plan
from ansible_collections.distrain.cluster.plugins.module_utils.trainer import placement as launch_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.build import plan as build_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import arguments as command_arguments
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import commands as launcher_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import files as launcher_files
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import parity as parity_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import requirements as requirement_plan
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch import webui_address as webui_words
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.commands import Launch
from ansible_collections.distrain.cluster.plugins.plugin_utils.launch.compose import without_webui
from ansible_collections.distrain.cluster.tests.unit.support.json_values import JSON, TECHNICAL, TEXT
from hypothesis import given
from hypothesis import strategies as st

ANY = JSON | TECHNICAL
HOSTS = st.lists(TECHNICAL | st.sampled_from(["gpu-01", "gpu-02", "gpu-03"]), max_size=4, unique=True)
LAUNCHERS = st.sampled_from([*launcher_plan.COMMANDS, "mpirun", ""])
WORDS = st.lists(ANY, max_size=3)
LAUNCH = st.fixed_dictionaries(
    {
        "launcher": LAUNCHERS,
        "job": TECHNICAL,
        "port": ANY | st.integers(1024, 65535),
        "entry": WORDS | ANY,
        "command": WORDS | st.just([]),
        "elastic_min_hosts": ANY | st.integers(0, 3),
        "elastic_restarts": ANY | st.integers(0, 3),
        "deepspeed_arguments": WORDS,
        "ssh_port": ANY | st.integers(1024, 65535),
        "directory": TECHNICAL,
        "runner_directory": TECHNICAL,
    }
)


def answer(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What it returns; an error that is not ours fails the test."""
    with contextlib.suppress(ClusterError):
        return function(*arguments, **named)
    return None


@given(HOSTS, TECHNICAL, LAUNCH, st.data())
def test_a_launch(hosts: list[str], first: str, values: dict[str, Any], data: st.DataObject) -> None:
    processes = {host: data.draw(st.integers(0, 8)) for host in hosts}
    ranks = answer(launch_plan.ranks, hosts, first, "lf", processes)
    launch = answer(Launch.of, values)
    if not ranks or launch is None:
        return
    for rank in range(len(ranks)):
        words = answer(launcher_plan.command_of, ranks, rank, launch)
        assert words is None or all(isinstance(word, str) for word in words)
        environment = launcher_plan.environment_of(ranks, rank, launch, {"A": data.draw(ANY)})
        assert all(isinstance(value, str) for value in environment.values())
        files = launcher_files.files_of(ranks, rank, launch, {})
        assert all(isinstance(text, str) for text in files.values())
        launcher_files.key_names(ranks, rank, launch)


@given(ANY)
def test_arguments(settings: Any) -> None:
    found = answer(command_arguments.command_arguments, settings)
    assert found is None or all(isinstance(word, str) for word in found)


@given(st.dictionaries(TECHNICAL, ANY), st.lists(ANY, max_size=4), st.integers(0, 64))
def test_the_samples_of_a_step(settings: dict[str, Any], arguments: list[Any], world_size: int) -> None:
    batch = {throughput_plan.BATCH: settings.popitem()[1]} if settings else {}
    words = [str(word) for word in arguments]
    assert throughput_plan.samples_per_step({**settings, **batch}, words, world_size) >= 0


@given(st.integers(4301, 5000).map(lambda count: "9" * count))
def test_a_number_of_thousands_of_digits_is_no_count(digits: str) -> None:
    assert throughput_plan.samples_per_step({throughput_plan.BATCH: digits}, [], 1) == 0
    assert len(requirement_plan.unmet("gpu-01", {"engine_min": digits}, {"engine": "29"})) == 1


@given(st.dictionaries(st.sampled_from([*requirement_plan.MINIMA, "python_max"]) | TEXT, ANY), ANY)
def test_requirements(required: dict[str, Any], version: Any) -> None:
    found = dict.fromkeys(("engine", "driver", "python"), version if isinstance(version, str) else None)
    assert all(isinstance(one, str) for one in requirement_plan.unmet("gpu-01", required, found))


@given(st.lists(ANY, max_size=4), st.integers(-1, 8), TECHNICAL)
def test_claims_on_gpus(devices: list[Any], count: int, device: str) -> None:
    claim = answer(claims_plan.gpu_claim, devices, count, "gpu-01")
    assert claim is None or all(isinstance(one, str) for one in claims_plan.cdi_devices(claim, device))


INPUTS = st.dictionaries(st.sampled_from(["Dockerfile", "project", "requirements", "wheels", "files"]), JSON)
LABELS = st.dictionaries(
    st.sampled_from([claims_plan.TRAINER_LABEL, claims_plan.PORT_LABEL, claims_plan.GPUS_LABEL]) | TEXT, TECHNICAL
)


@given(st.lists(st.fixed_dictionaries({"Labels": st.none() | LABELS})), st.lists(TECHNICAL), st.lists(TECHNICAL))
def test_claims_of_others(there: list[dict[str, Any]], ports: list[str], gpus: list[str]) -> None:
    found = claims_plan.conflicts("gpu-01", [claims_plan.Claim("lf", tuple(ports), tuple(gpus))], there)
    assert len(found) == len(set(found))


PARTS = st.dictionaries(st.sampled_from(["settings", "command", "code", "data"]), st.dictionaries(TEXT, JSON))


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), PARTS, min_size=1))
def test_parity(seen: dict[str, Any]) -> None:
    assert isinstance(parity_plan.parity_problem(seen, sorted(seen)), str)
    alike = dict.fromkeys(("a", "b"), next(iter(seen.values())))
    assert parity_plan.parity_problem(alike, ["a", "b"]) == ""


@given(INPUTS, TECHNICAL.filter(bool), st.none() | TECHNICAL, LABELS)
def test_a_build(inputs: dict[str, Any], base: str, archive: str | None, labels: dict[str, str]) -> None:
    plan = build_plan.plan_build(build_plan.BuildState(labels, base, archive), inputs)
    assert plan.changes
    built = build_plan.BuildState(dict(plan.steps[-1].arguments["labels"]), base, archive)
    again = build_plan.plan_build(built, inputs)
    assert [step.verb for step in again.steps if step.verb == "build"] == []


@given(TECHNICAL | TEXT)
def test_the_name_of_an_image(name: str) -> None:
    tagged = answer(image_name.with_tag, name)
    assert tagged is None or image_name.with_tag(tagged) == tagged


@given(st.integers(0, 10**30) | st.floats(0, allow_nan=False, allow_infinity=False))
def test_a_count_of_bytes(count: float) -> None:
    assert byte_count.in_words(count).split()[1] in ("bytes", "kB", "MB", "GB", "TB")


VARIABLES = st.dictionaries(
    st.sampled_from(["ansible_host", "ansible_port", "ansible_user", "ansible_ssh_common_args", "inventory_hostname"]),
    ANY,
)


@given(VARIABLES, TECHNICAL | st.sampled_from(["127.0.0.1", "0.0.0.0"]), st.integers(1, 65535), TECHNICAL)
def test_how_a_web_ui_is_reached(variables: dict[str, Any], bind: str, port: int, user: str) -> None:
    words = answer(webui_words.webui_words, variables, "lf", bind, port, user)
    assert words is None or shlex.split(words[1])[0] == "ssh"


@given(
    st.lists(st.fixed_dictionaries({"Labels": st.none() | LABELS, "Names": st.lists(TECHNICAL, min_size=1)})), TECHNICAL
)
def test_containers_of_compose(containers: list[dict[str, Any]], directory: str) -> None:
    compose_containers(containers, directory)


@given(ANY)
def test_what_stands_in_a_compose_file(content: Any) -> None:
    text = json.dumps({"services": content, "networks": content})
    assert set(without_webui(text)) == set(without_webui(json.dumps(content))) == {"services", "networks"}


@given(st.dictionaries(st.sampled_from(["command", "settings", "environment", "working_directory", "rank"]), ANY))
def test_the_digest_of_a_job(values: dict[str, Any]) -> None:
    job = dict.fromkeys(("command", "settings", "environment", "working_directory", "rank", "world_size")) | values
    assert launch_plan.job_digest(job) == launch_plan.job_digest(dict(reversed(job.items())))


def test_the_settings_of_accelerate_are_yaml() -> None:
    ranks = launch_plan.ranks(["a"], "a", "lf", {"a": 1})
    values = {"job": "j", "port": 1, "entry": ["x"], "command": [], "elastic_min_hosts": 1, "elastic_restarts": 1}
    more = {"deepspeed_arguments": [], "ssh_port": 2, "directory": "/d", "runner_directory": "/r"}
    files = launcher_files.files_of(ranks, 0, Launch.of({"launcher": "accelerate", **values, **more}), {})
    assert yaml.safe_load(files["accelerate.yaml"])["distributed_type"] == "NO"
