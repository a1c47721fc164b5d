# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts that are in no swarm, in another, or in one that does not work."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.play import Inventory, Play
from tests.faults.steps import Leave, On, Wait

ONE, TWO, THREE = lab.HOSTS
LISTEN = "python3 -c 'import socket, time; s = socket.create_server((\"\", 7946)); time.sleep(600)'"
OUT = (On(THREE, "docker rm --force distrain-keepalive; docker swarm leave"),)
FORGET = On(ONE, f"docker node ls --filter name={THREE} --format '{{{{.ID}}}}' | xargs -r docker node rm --force")
OWN_SWARM = (*OUT, FORGET, On(THREE, f"docker swarm init --advertise-addr {lab.address(THREE)}"))
BACK = (Play("swarm", {"swarm_leave_foreign": True}),)


def advertise(host: str, address: str) -> Play:
    return Play("swarm", inventory=Inventory(variables={host: {"swarm_advertise_addr": address}}))


SWARM_CASES = (
    Case(
        "address-of-nobody",
        f"swarm_advertise_addr of {THREE}, a member, is an address that no interface has",
        run=advertise(THREE, "203.0.113.9"),
        says=[f"swarm_advertise_addr: found 203.0.113.9 for {THREE}", f"{lab.address(THREE)} .eth0"],
    ),
    Case(
        "address-of-nobody-at-joining",
        f"swarm_advertise_addr of {THREE}, in no swarm, is an address that no interface has",
        prepare=[*OUT, FORGET],
        run=advertise(THREE, "203.0.113.9"),
        says=[f"swarm_advertise_addr: found 203.0.113.9 for {THREE}", f"{lab.address(THREE)} .eth0"],
        restore=BACK,
    ),
    Case(
        "interface-of-nobody",
        f"swarm_advertise_addr of {THREE}, in no swarm, names an interface that it has not",
        prepare=[*OUT, FORGET],
        run=advertise(THREE, "eth77"),
        says=[f"swarm_advertise_addr: found eth77 for {THREE}", f"{lab.address(THREE)} .eth0"],
        restore=BACK,
    ),
    Case(
        "gossip-port-taken",
        f"another program on {THREE}, in no swarm, listens at 7946/tcp",
        prepare=[*OUT, FORGET, Leave(THREE, LISTEN), Wait(THREE, "ss -Hltn sport = :7946 | grep -q .")],
        run=Play("swarm"),
        says=[f"{THREE}: .*7946/tcp is taken", "restart"],
        restore=[On(THREE, "pkill -f [7]946"), *BACK],
    ),
    Case(
        "foreign-swarm-at-preflight",
        f"{THREE} has a swarm of its own, and preflight looks",
        prepare=OWN_SWARM,
        run=Play("preflight"),
        says=[f"{THREE}: is a node of another swarm than {ONE}", "swarm_leave_foreign"],
        restore=BACK,
    ),
    Case(
        "foreign-swarm",
        f"{THREE} has a swarm of its own, and is wanted in this one",
        prepare=OWN_SWARM,
        run=Play("swarm"),
        says=[f"{THREE}: .*another swarm", "leave_foreign: true"],
        restore=BACK,
    ),
    Case(
        "first-manager-is-a-worker",
        f"the inventory calls {TWO}, a worker, the manager",
        run=Play("preflight", inventory=Inventory((TWO,), (ONE, THREE))),
        says=[f"{TWO}: is a worker of a swarm .*is to be the first manager", "docker swarm leave"],
    ),
    Case(
        "first-manager-is-a-worker-for-the-swarm",
        "the same inventory, without preflight",
        run=Play("swarm", inventory=Inventory((TWO,), (ONE, THREE))),
        says=[f"{TWO}: .*cannot become the first manager", "leave_foreign: true"],
    ),
    Case(
        "dead-swarm",
        f"the manager {ONE} has left the swarm and made a new one",
        prepare=[
            On(ONE, "docker rm --force distrain-keepalive; docker swarm leave --force"),
            On(ONE, f"docker swarm init --advertise-addr {lab.address(ONE)}"),
        ],
        run=Play("swarm"),
        says=[f"{TWO}: .*that swarm is dead", "leave_foreign: true"],
        restore=BACK,
    ),
)
