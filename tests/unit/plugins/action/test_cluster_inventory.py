# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.action.cluster_inventory import named_hosts, planned, write
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError


def apply(directory: Path, hosts: dict[str, str], trainer: str = "") -> set[str]:
    changes = planned(directory, hosts, trainer, "")
    for name, (_before, after) in changes.items():
        write(directory / name, after)
    return set(changes)


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    where = tmp_path / "mine"
    assert apply(where, {"a": "", "b": ""}, "custom") == {"hosts.yml", "group_vars/all.yml", "ansible.cfg"}
    assert apply(where, {"a": "", "b": ""}, "custom") == set()
    (where / "hosts.yml").chmod(0o600)
    (where / "ansible.cfg").write_text("[defaults]\n")
    assert apply(where, {"c": "192.0.2.3"}) == {"hosts.yml"}
    assert (where / "hosts.yml").stat().st_mode & 0o777 == 0o600


def test_a_directory_of_variables_gets_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "group_vars/all").mkdir(parents=True)
    (tmp_path / "group_vars/all/own.yml").write_text("a: 1\n")
    assert "group_vars/all/trainer.yml" in apply(tmp_path, {"a": ""}, "custom")
    assert apply(tmp_path, {"a": ""}, "custom") == set()
    with pytest.raises(PlanError, match=r"trainer\.yml says trainer: custom"):
        apply(tmp_path, {"a": ""}, "xuanyuan")


@pytest.mark.parametrize("name", ["all", "all.yaml"])
def test_the_file_that_ansible_reads_is_completed(tmp_path: Path, name: str) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / name).write_text("a: 1\n")
    assert f"group_vars/{name}" in apply(tmp_path, {"a": ""}, "custom")


def test_hosts_with_addresses() -> None:
    assert named_hosts(["gpu-01", " gpu-02=192.0.2.2", ""]) == {"gpu-01": "", "gpu-02": "192.0.2.2"}


@pytest.mark.parametrize("given", [[], [""], ["a", "a"], ["a b"], ["=1"], ["a=b c"], ["{{ x }}"], ["-a"]])
def test_hosts_that_are_none(given: list[str]) -> None:
    with pytest.raises(PlanError, match="The option hosts"):
        named_hosts(given)
