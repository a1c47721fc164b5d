# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback in a real run of ansible-playbook, on hosts that are all this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.callback import steps
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

PLAY = """
- name: The play
  hosts: gpu-01:gpu-02
  gather_facts: false
  tasks:
    - name: Change nothing
      ansible.builtin.command: "true"
      changed_when: false
    - name: Change
      ansible.builtin.command: "true"
    - name: Say
      ansible.builtin.debug:
        msg: a "quoted" é
      run_once: true
    - name: Hide
      ansible.builtin.command: echo hunter2
      no_log: true
    - name: Try
      block:
        - name: Break
          ansible.builtin.command: "false"
          register: broken
          until: broken is succeeded
          retries: 1
          delay: 0
      rescue:
        - name: Go on
          ansible.builtin.meta: noop
    - name: Write
      ansible.builtin.copy:
        content: "{{ 'new' }}\\n"
        dest: "{{ written }}"
        mode: "0600"
      run_once: true
    - name: Tell
      ansible.builtin.set_stats:
        data: {Next: [go on]}
    - name: Refuse
      ansible.builtin.assert:
        that: false
        fail_msg: It is x. Set it to y.
      when: refuses | default(false)
"""
INVENTORY = f"""
gpu-0[1:2] ansible_connection=local ansible_python_interpreter={sys.executable}
gpu-03 ansible_host=127.0.0.1 ansible_port=1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "hosts.ini").write_text(INVENTORY)
    return tmp_path


def run(project: Path, *arguments: str) -> tuple[int, list[str]]:
    """Return the exit code, and the lines that were printed without the times."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    for name in ("ANSIBLE_STDOUT_CALLBACK", "ANSIBLE_FORCE_COLOR"):
        environment.pop(name, None)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "play.yml", "-i", "mine/hosts.ini"]
    command += ["-e", f"written={project / 'written'}", *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    printed = re.sub(r"\d+:\d+|\d+(\.\d+)? s\b", "T", done.stdout + done.stderr)
    # As ansible-core 2.22 says it.
    printed = printed.replace("The command exited with a non-zero return code.", "non-zero return code")
    return done.returncode, [line.rstrip() for line in printed.splitlines()]


def test_a_run(project: Path) -> None:
    code, lines = run(project)
    assert (code, lines) == (
        0,
        [
            "The play",
            "   T  Change  (gpu-01…02, T)",
            'a "quoted" é',
            "   T  Hide  (gpu-01…02, T)",
            "   T  Break: the play goes on without it  (gpu-01…02)",
            "         non-zero return code",
            "   T  Write  (gpu-01, T)",
            "",
            "Next: go on",
            "Done in T: 3 tasks changed something. The full log is in mine/artifacts/play.log",
        ],
    )
    log = project / "mine/artifacts/play.log"
    assert log.stat().st_mode & 0o777 == 0o600
    text = log.read_text()
    assert "TASK [Change nothing]" in text
    assert "FAILED - RETRYING" in text
    assert "changed=3" in text
    assert "hunter2" not in text


def test_an_error_and_the_variable_for_the_artifacts(project: Path) -> None:
    code, lines = run(project, "-e", '{"refuses": true}', "-e", "artifacts_directory={{ inventory_dir }}/../results")
    assert code == 2
    start = next(number for number, line in enumerate(lines) if "FAILED" in line)
    assert lines[start : start + 3] == [
        "   T  FAILED  Refuse  (gpu-01…02)",
        "         Set it to y.",
        "         It is x.",
    ]
    assert lines[-1].startswith("Failed in T: gpu-01…02 failed; 3 tasks changed something.")
    assert (project / "results/play.log").is_file()


def test_check_mode_says_what_would_change_and_a_diff_what(project: Path) -> None:
    code, lines = run(project, "--check", "--diff", "-e", "artifacts_directory=results")
    assert code == 0
    start = lines.index("   T  would change  Write  (gpu-01, T)")
    assert "+new" in lines[start:]
    assert lines[-1].startswith("Done in T: 1 task would change something.")


def test_a_host_out_of_reach_and_verbose_output(project: Path) -> None:
    (project / "play.yml").write_text("- hosts: gpu-03\n  gather_facts: false\n  tasks: [{ansible.builtin.ping: }]\n")
    code, lines = run(project)
    assert code == 4
    assert lines[1] == "   T  UNREACHABLE  ansible.builtin.ping  (gpu-03)"
    assert "Connection refused" in lines[2]
    _code, lines = run(project, "-v")
    assert any(line.startswith("PLAY RECAP") for line in lines)
    assert any("UNREACHABLE! =>" in line for line in lines)


@pytest.mark.parametrize(
    ("label", "shown"),
    [("gpu-01", "gpu-01"), ("gpu-01 -> gpu-02", "gpu-01 -> gpu-02"), ("gpu-01 -> {{ item }}", "gpu-01")],
)
def test_a_delegation_that_differs_by_item_is_not_shown(label: str, shown: str) -> None:
    assert steps._where(label) == shown
