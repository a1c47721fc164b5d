# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.distrain.cluster.plugins.action.docker_decision import ActionModule as DockerDecision
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.pages import ERRORS
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.play_decision import PlayDecision, hosts_left


class Decision(PlayDecision):
    def decide(self, arguments: Any, play: Any) -> dict[str, Any]:
        hosts = [name for name, _arguments, _observed in play.observed("swarm")]
        if not hosts:
            raise PlanError("No host was observed.")
        return {"hosts": hosts}


def action(kind: type[PlayDecision] = Decision, **arguments: Any) -> PlayDecision:
    loader = DataLoader()
    task = SimpleNamespace(args=arguments, async_val=0, check_mode=False, diff=False, action="decision")
    return kind(
        task=task,
        connection=SimpleNamespace(_shell=SimpleNamespace(tmpdir=None), _remote_is_local=True),
        play_context=SimpleNamespace(check_mode=False),
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=None,
    )


def variables(**hosts: dict[str, Any]) -> dict[str, Any]:
    names = list(hosts)
    every = dict.fromkeys(("ansible_play_batch", "ansible_play_hosts", "ansible_play_hosts_all"), names)
    return {**every, "groups": {"all": names}, "hostvars": SimpleNamespace(raw_get=hosts.get)}


SEEN = {"swarm_arguments": {"a": 1}, "swarm_observed": {"engine": {}}}


def test_only_hosts_that_were_observed_are_decided_for() -> None:
    skipped = {**SEEN, "swarm_observed": {"skipped": True}}
    decided = action().run(task_vars=variables(gpu01=SEEN, gpu02=skipped, gpu03={"swarm_arguments": {"a": 1}}))
    assert decided == {"changed": False, "hosts": ["gpu01"]}


def test_an_error_is_the_message_of_the_task() -> None:
    message = f"No host was observed. See {ERRORS}#decision"
    assert action().run(task_vars=variables()) == {"changed": False, "failed": True, "msg": message}


def test_a_text_is_read_from_the_controller(tmp_path: Path) -> None:
    (tmp_path / "key.asc").write_text("key\n")
    assert action().read_text(str(tmp_path / "key.asc"), {}) == "key"
    with pytest.raises(PlanError, match=r"none\.asc"):
        action().read_text(str(tmp_path / "none.asc"), {})


def test_the_wheels_lie_below_the_home_of_who_runs_the_playbook(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("docker==7.2.0 --hash=sha256:ab\n")
    arguments = {
        **{"source": "distribution", "package_versions": {}, "daemon_options": {}, "restart_under_jobs": False},
        **{"requirements_file": str(tmp_path / "requirements.txt"), "wheels_directory": "~/wheels"},
    }
    observed = {
        **{"distribution": {"id": "debian"}, "packages": {}, "cli_plugins": [], "is_enabled": False, "source": None},
        **{"engine": {"version": None}, "python": {"exists": False, "packages": []}, "candidates": {}},
        "configuration": {"steps": [], "needs_restart": False, "problem": "", "options": {}, "flags": []},
        "provenance": {"program": "/usr/sbin/dockerd", "package": "docker.io", "replacements": [], "held": []},
    }
    host = {"docker_arguments": arguments, "docker_observed": observed}
    decided = action(DockerDecision).run(task_vars=variables(gpu01=host))
    assert decided["hosts"]["gpu01"]["wheels_path"].startswith(str(Path.home() / "wheels"))


def test_a_host_that_a_rescue_goes_on_with_takes_part_and_one_that_has_failed_does_not() -> None:
    here, before = {"swarm_arguments": {"run": "2"}}, {"swarm_arguments": {"run": "1"}}
    found = variables(gpu01=here, gpu02=here, gpu03=before) | {"ansible_play_hosts": ["gpu01"]} | here
    assert hosts_left(found, "swarm") == ["gpu01", "gpu02"]
    assert hosts_left({**found, "swarm_arguments": {}}, "swarm") == ["gpu01"]
