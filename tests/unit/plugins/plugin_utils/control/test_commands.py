# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.control.commands import playbook_command

INSTALLED = Path("/home/me/.ansible/collections/ansible_collections/distrain/cluster")
CLONE = Path("/home/me/cluster")


@pytest.mark.parametrize(
    ("arguments", "inventory", "collection", "working", "command"),
    [
        ("status", [], INSTALLED, "/home/me", "ansible-playbook distrain.cluster.status"),
        (
            "report -e report_job=sft",
            ["/home/me/mine/hosts.yml"],
            INSTALLED,
            "/home/me",
            "ansible-playbook distrain.cluster.report -i mine/hosts.yml -e report_job=sft",
        ),
        ("site", ["/srv/mine"], CLONE, "/home/me/cluster", "ansible-playbook site.yml -i /srv/mine"),
        ("status", ["a,b"], CLONE, "/home/me/cluster", "ansible-playbook playbooks/status.yml -i a,b"),
        ("status", ["/a b"], CLONE, "/", "ansible-playbook home/me/cluster/playbooks/status.yml -i 'a b'"),
    ],
)
def test_commands(arguments: str, inventory: list[str], collection: Path, working: str, command: str) -> None:
    assert playbook_command(arguments, inventory, collection, Path(working)) == command
