# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventories that do not describe the hosts there are."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.play import Inventory, Play
from tests.faults.steps import On

ONE, TWO, THREE = lab.HOSTS
FOUR = "gpu-04"


def reached_otherwise(**variables: object) -> Play:
    return Play("preflight", inventory=Inventory(variables={THREE: variables}))


INVENTORY_CASES = (
    Case(
        "no-gpu-hosts",
        "an inventory in which no host is in the group gpu_hosts",
        run=Play("preflight", inventory=Inventory((), ())),
        says=["no host in the group gpu_hosts", "managers and workers"],
    ),
    Case(
        "no-manager",
        "an inventory in which no host is in the group managers",
        run=Play("preflight", inventory=Inventory((), lab.HOSTS)),
        says=["no host is in the group managers", "Put one host, or three"],
    ),
    Case(
        "no-manager-for-the-swarm",
        "the same inventory, without preflight",
        run=Play("swarm", inventory=Inventory((), lab.HOSTS)),
        says=[
            "swarm_first_manager",
            "no host of the inventory",
            "Put at least one other host first into the group managers",
        ],
    ),
    Case(
        "unknown-first-manager",
        "swarm_first_manager names a host that is not in the inventory",
        run=Play("swarm", {"swarm_first_manager": "gpu-99"}),
        says=["swarm_first_manager", "gpu-99", "no host of the inventory"],
    ),
    Case(
        "even-managers",
        "two hosts in the group managers",
        ends="warned",
        run=Play("preflight", inventory=Inventory((ONE, TWO), (THREE,))),
        says=["warning .* managers", "bear the loss of no more hosts than 1 do", "Use 1 or 3 managers"],
    ),
    Case(
        "two-names-for-one-address",
        f"a fourth host in the inventory, with the address and port of {TWO}",
        run=Play(
            "preflight",
            inventory=Inventory(workers=(TWO, THREE, FOUR), variables={FOUR: {"ansible_port": lab.ssh_port(TWO)}}),
        ),
        says=[f"{FOUR}: has the same address as {TWO}", "ansible_host", "Give each host its own address"],
    ),
    Case(
        "same-swarm-address",
        f"swarm_advertise_addr of {THREE} is the one of {TWO}",
        run=Play(
            "preflight",
            inventory=Inventory(variables={one: {"swarm_advertise_addr": lab.address(TWO)} for one in (TWO, THREE)}),
        ),
        says=[f"{THREE}: has the same swarm address as {TWO}", "swarm_advertise_addr", "its own address"],
    ),
    Case(
        "unreachable-host",
        f"nothing listens at the SSH port that the inventory gives {THREE}",
        run=reached_otherwise(ansible_port=lab.ssh_port("gpu-98")),
        says=[f"{THREE}: not reached at 127.0.0.1 port", "Connection refused", "ansible_port"],
    ),
    Case(
        "silent-host",
        f"the address that the inventory gives {THREE} answers nothing at all",
        run=reached_otherwise(ansible_host="198.18.35.250", ansible_port=22),
        says=[f"{THREE}: not reached at 198.18.35.250", "ansible_host"],
    ),
    Case(
        "unknown-user",
        f"ansible_user of {THREE} does not exist there",
        run=reached_otherwise(ansible_user="nobody-here"),
        says=[f"{THREE}: not reached", "Permission denied", "ansible_user"],
    ),
    Case(
        "foreign-host-key",
        f"{THREE} shows another host key than the one that was pinned",
        # A connection that is kept open has its host key behind it.
        run=reached_otherwise(
            ansible_ssh_extra_args=f"-o ControlPath=none -o HostKeyAlias=[127.0.0.1]:{lab.ssh_port(TWO)}"
        ),
        says=[f"{THREE}: ", "Host key verification failed"],
    ),
    Case(
        "wrong-python",
        f"ansible_python_interpreter of {TWO} does not exist there",
        run=Play("preflight", inventory=Inventory(variables={TWO: {"ansible_python_interpreter": "/opt/none"}})),
        says=[f"{TWO}: reached .* could not be observed", "/opt/none", "Python"],
    ),
    Case(
        "no-sudo",
        f"the user of {TWO} may not use sudo",
        prepare=[On(TWO, "mv /etc/sudoers.d/lab /root/sudoers-lab")],
        run=Play("preflight"),
        says=[f"{TWO}: reached .* could not be observed", "sudo"],
        restore=[On(TWO, "mv /root/sudoers-lab /etc/sudoers.d/lab")],
    ),
)
