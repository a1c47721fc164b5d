# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
import yaml
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.inventory.completion import with_hosts, with_trainer
from ansible_collections.distrain.cluster.plugins.plugin_utils.inventory.new_files import HOSTS, new_files

EXAMPLE = {"gpu-01": "192.0.2.11", "gpu-02": "192.0.2.12", "gpu-03": "192.0.2.13"}
ONE_MANAGER = """\
all:
  children:
    gpu_hosts:
      children:
        managers:
          hosts: {gpu-01: {ansible_host: 192.0.2.1}}   # one line
        workers:
          # ours
          hosts:
            gpu-02:
              ansible_host: 192.0.2.2
              secret: !vault |
                $ANSIBLE_VAULT;1.1;AES256
                6162
            # the last one
  vars:
    a: 1
"""


@pytest.mark.parametrize("hosts", [{"a": ""}, {"a": "", "b": "192.0.2.1"}, EXAMPLE])
def test_a_new_inventory_has_the_first_host_as_manager(hosts: dict[str, str]) -> None:
    groups = yaml.safe_load(new_files(hosts, "xuanyuan", "")[HOSTS])["gpu_hosts"]["children"]
    assert list(groups["managers"]["hosts"]) == list(hosts)[:1]
    assert list(groups["workers"]["hosts"] or {}) == list(hosts)[1:]


def test_a_host_is_added_to_the_workers_and_nothing_else_is_touched() -> None:
    completed = with_hosts(ONE_MANAGER, {"gpu-01": "", "gpu-03": "192.0.2.3", "gpu-04": ""})
    new = "            gpu-03:\n              ansible_host: 192.0.2.3\n            gpu-04:\n"
    assert completed.replace(new, "", 1) == ONE_MANAGER
    assert with_hosts(completed, {"gpu-03": "192.0.2.3", "gpu-04": ""}) == completed


@pytest.mark.parametrize("hosts", [{"a": ""}, {"a": "", "b": ""}, {"a": "", "b": "192.0.2.1"}])
def test_what_is_written_can_be_completed(hosts: dict[str, str]) -> None:
    text = new_files(hosts, "", "")[HOSTS]
    completed = with_hosts(text, {**hosts, "c": "192.0.2.9", "d": ""})
    assert completed == new_files({**hosts, "c": "192.0.2.9", "d": ""}, "", "")[HOSTS]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gpu_hosts: {children: {workers: {hosts: {a: }}}}", "no certain place for b"),
        ("gpu_hosts:\n  hosts:\n    a:\n", "no certain place for b"),
        ("[gpu_hosts]\na\n", "no mapping|no YAML"),
        ("a: [", "no YAML"),
        (
            "gpu_hosts:\n  children:\n    workers:\n      hosts:\n        b: {ansible_host: other}\n",
            "ansible_host: other",
        ),
    ],
)
def test_what_cannot_be_completed(text: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        with_hosts(text, {"b": "192.0.2.1"})


def test_a_trainer_is_added_where_none_is_said() -> None:
    assert with_trainer("a: 1\n", "custom", {"all.yml": "a: 1\n"}) == "a: 1\n\ntrainer: custom\n"
    assert with_trainer("", "custom", {}) == "---\ntrainer: custom\n"
    assert with_trainer("a: 1\n", "", {"all.yml": "a: 1\n"}) == "a: 1\n"
    assert with_trainer("a: 1\n", "custom", {"other.yml": "trainer: custom\n"}) == "a: 1\n"
    with pytest.raises(PlanError, match=r"other.yml says trainer: xuanyuan"):
        with_trainer("a: 1\n", "custom", {"other.yml": "trainer: xuanyuan\n"})
