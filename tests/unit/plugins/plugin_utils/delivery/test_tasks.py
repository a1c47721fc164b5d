# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts one pass is for, with Ansible itself: tasks whose conditions, loops and arguments differ by host.

The action is that of the transfers; in the place of a transfer it notes for which hosts it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import COLLECTIONS

ACTION = """
import json, os
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.action import RELAY_ARGUMENTS, RelayAction

class ActionModule(RelayAction):
    argument_spec = {"to": {"type": "str"}, **RELAY_ARGUMENTS}
    kind = "tree"

    def _deliver_to(self, hosts):
        line = [self._task.name, self.arguments["to"], sorted(hosts), self._task.check_mode]
        with open(os.environ["PASSES"], "a") as file:
            file.write(json.dumps(line) + "\\n")
        return {host: {"changed": True, "for": host, "to": self.arguments["to"]} for host in hosts}
"""
INVENTORY = """
all:
  vars: {ansible_connection: local}
  hosts:
    a: {to: one, runs: true, items: [x, y]}
    b: {to: one, runs: true, items: [y, x]}
    c: {to: two, runs: false, items: [z]}
    d: {to: two, runs: true, items: [y]}
"""
INCLUDED = """
- name: "{{ title | default('included') }}"
  pass_probe: {source_host: a, to: here}
"""
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - name: same for all
      pass_probe: {source_host: a, to: here}
      register: got
      failed_when: got.for != inventory_hostname
    - name: differs
      pass_probe: {source_host: a, to: "{{ to }}"}
      register: got
      failed_when: got.to != to
    - name: conditional
      pass_probe: {source_host: a, to: here}
      when: runs
    - name: outer condition
      when: runs
      block:
        - name: block
          pass_probe: {source_host: a, to: here}
    - name: loop
      pass_probe: {source_host: a, to: "{{ item }}"}
      loop: "{{ items }}"
      when: item != 'x' or inventory_hostname == 'a'
    - name: twice
      pass_probe: {source_host: a, to: "{{ item }}"}
      loop: [x, x]
    - name: older loop
      pass_probe: {source_host: a, to: "{{ item.key }}"}
      with_dict: {k: 1}
      when: runs
    - name: once
      pass_probe: {source_host: a, to: here, hosts: [a, b, d]}
      run_once: true
    - name: named
      pass_probe: {source_host: a, to: here, hosts: "{{ ansible_play_hosts }}"}
      when: runs
    - name: check mode
      pass_probe: {source_host: a, to: here}
      check_mode: "{{ to == 'one' }}"
    - name: undefined
      pass_probe: {source_host: a, to: "{{ 'here' if runs else nowhere }}"}
      ignore_errors: true
    - name: only some include it
      include_tasks: included.yml
      when: to == 'two'
    - name: with defaults
      module_defaults:
        pass_probe: {source_host: a}
      block:
        - name: defaults
          pass_probe: {to: "{{ to }}"}
    - name: rescued
      block:
        - name: fails on c
          ansible.builtin.fail: {msg: "no"}
          when: not runs
        - name: after it
          pass_probe: {source_host: a, to: here}
      rescue:
        - name: in rescue
          pass_probe: {source_host: a, to: here}
    - name: notify
      ansible.builtin.debug: {msg: "changed here"}
      changed_when: to == 'two'
      notify: handler
    - name: delegated
      pass_probe: {source_host: a, to: here}
      delegate_to: a
      register: got
      failed_when: (got.msg | default('') is search('cannot be delegated')) != (inventory_hostname != 'a')
      when: inventory_hostname in ['a', 'b']
  handlers:
    - name: handler
      pass_probe: {source_host: a, to: here}
- hosts: all
  gather_facts: false
  serial: 2
  tasks:
    - name: serial
      pass_probe: {source_host: a, to: here}
- hosts: all
  gather_facts: false
  strategy: free
  tasks:
    - name: free
      pass_probe: {source_host: a, to: here}
      when: runs
"""
# For each task the hosts that it is done for, by what it is to do.
ALL = ["a", "b", "c", "d"]
DONE = {
    "same for all": {"here": ALL},
    "differs": {"one": ["a", "b"], "two": ["c", "d"]},
    "conditional": {"here": ["a", "b", "d"]},
    "block": {"here": ["a", "b", "d"]},
    "loop": {"x": ["a"], "y": ["a", "b", "d"], "z": ["c"]},
    "twice": {"x": [*ALL, *ALL]},
    "older loop": {"k": ["a", "b", "d"]},
    "once": {"here": ["a", "b", "d"]},
    "named": {"here": ["a", "b", "d"]},
    "undefined": {"here": ["a", "b", "d"]},
    "included": {"here": ["c", "d"]},
    "defaults": {"one": ["a", "b"], "two": ["c", "d"]},
    "after it": {"here": ["a", "b", "d"]},
    "in rescue": {"here": ["c"]},
    "handler": {"here": ["c", "d"]},
    "serial": {"here": ALL},
    "free": {"here": ["a", "b", "d"]},
}
# What differs in no way that could be known beforehand is one pass, with any number of forks.
ONE_PASS = ["same for all", "conditional", "block", "older loop", "once", "named", "undefined"]


@pytest.fixture(scope="module", params=[1, 2, 8])
def passes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[list]:
    directory = tmp_path_factory.mktemp(f"forks-{request.param}")
    (directory / "action_plugins").mkdir()
    (directory / "action_plugins/pass_probe.py").write_text(ACTION)
    for name, text in (
        ("play.yml", PLAY),
        ("included.yml", INCLUDED),
        ("inventory.yml", INVENTORY),
        ("ansible.cfg", ""),
    ):
        (directory / name).write_text(text)
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        "ANSIBLE_HOME": str(directory / "home"),
        "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
        "PASSES": str(directory / "passes"),
    }
    command = [
        sys.executable,
        "-m",
        "ansible.cli.playbook",
        "-i",
        "inventory.yml",
        "-f",
        str(request.param),
        "play.yml",
    ]
    ended = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    return [json.loads(line) for line in (directory / "passes").read_text().splitlines()]


@pytest.mark.parametrize("task", DONE)
def test_a_pass_is_for_those_that_do_the_same(passes: list[list], task: str) -> None:
    done: dict[str, list[str]] = {}
    for name, to, hosts, _check_mode in passes:
        if name == task:
            done.setdefault(to, []).extend(hosts)
    assert {to: sorted(hosts) for to, hosts in done.items()} == {to: sorted(hosts) for to, hosts in DONE[task].items()}


@pytest.mark.parametrize("task", ONE_PASS)
def test_what_is_the_same_is_done_once(passes: list[list], task: str) -> None:
    assert len([name for name, *_rest in passes if name == task]) == 1


def test_check_mode_is_each_hosts_own(passes: list[list]) -> None:
    assert sorted(line[2:] for line in passes if line[0] == "check mode") == [[["a", "b"], True], [["c", "d"], False]]
