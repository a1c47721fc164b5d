# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memberships that a run of the product brings in order by itself, and those that it must not."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.play import Inventory, Play
from tests.faults.steps import On, Wait
from tests.faults.swarm_cases import BACK, FORGET, OUT

ONE, TWO, THREE = lab.HOSTS
ALL_MANAGERS = Inventory(lab.HOSTS, ())
NO_RAFT = "-p tcp --dport 2377 -j DROP"
NO_JOIN = f"INPUT --source {lab.address(THREE)} {NO_RAFT}"
SHUT = f"iptables -I INPUT {NO_RAFT}; iptables -I OUTPUT {NO_RAFT}"
OPEN = f"iptables -D INPUT {NO_RAFT}; iptables -D OUTPUT {NO_RAFT}"
MOVED = f"198.18.{lab.NUMBER}.53"


MEMBERSHIP_CASES = (
    Case(
        "never-a-member",
        f"{THREE} is in no swarm, and the manager does not list it",
        ends="healed",
        prepare=[*OUT, FORGET],
        run=Play("swarm"),
    ),
    Case(
        "old-id",
        f"{THREE} has left the swarm, and is listed as Down under its old ID",
        ends="healed",
        prepare=[*OUT, Wait(ONE, f"docker node ls | grep {THREE} | grep -q Down")],
        run=Play("swarm"),
        proof=[On(ONE, f"test $(docker node ls | grep -c {THREE}) = 1")],
    ),
    Case(
        "removed-by-force",
        f"the manager has removed {THREE} from its list by force",
        prepare=[On(ONE, f"docker node rm --force {THREE}")],
        run=Play("swarm"),
        says=[f"{THREE}: .*has removed this node", "leave_foreign: true"],
        restore=BACK,
    ),
    Case(
        "drained",
        f"{THREE} was drained by hand",
        ends="healed",
        prepare=[On(ONE, f"docker node update --availability drain {THREE}")],
        run=Play("swarm"),
        proof=[On(ONE, f"docker node inspect {THREE} --format '{{{{.Spec.Availability}}}}' | grep -qx active")],
    ),
    Case(
        "address-changed",
        f"{THREE} is to have another address, and swarm_rejoin is set",
        ends="healed",
        prepare=[On(THREE, f"ip address add {MOVED}/24 dev eth0")],
        run=Play("swarm", {"swarm_rejoin": True}, Inventory(variables={THREE: {"swarm_advertise_addr": MOVED}})),
        proof=[On(THREE, f"docker info --format '{{{{.Swarm.NodeAddr}}}}' | grep -qx {MOVED}")],
        restore=[
            Play(
                "swarm",
                {"swarm_rejoin": True},
                Inventory(variables={THREE: {"swarm_advertise_addr": lab.address(THREE)}}),
            ),
            On(THREE, f"ip address del {MOVED}/24 dev eth0"),
        ],
    ),
    Case(
        "joining-blocked",
        f"a firewall on {ONE} drops 2377/tcp from {THREE}, which is to join",
        prepare=[*OUT, FORGET, On(ONE, f"iptables -I {NO_JOIN}")],
        run=Play("swarm"),
        says=[f"blocked between {THREE} -> {ONE}", "Open 2377/tcp"],
        restore=[On(ONE, f"iptables -D {NO_JOIN}"), *BACK],
    ),
    Case(
        "joining-blocked-unmeasured",
        "the same, with fabric_measure set to never",
        prepare=[*OUT, FORGET, On(ONE, f"iptables -I {NO_JOIN}")],
        run=Play("swarm", {"fabric_measure": "never", "swarm_join_timeout": 30}),
        says=[f"{THREE}: .*could not join through {lab.address(ONE)}:2377", "2377/tcp"],
        restore=[On(ONE, f"iptables -D {NO_JOIN}"), *BACK],
    ),
    Case(
        "three-managers",
        "all hosts are in the group managers",
        ends="healed",
        run=Play("swarm", inventory=ALL_MANAGERS),
        proof=[On(ONE, "test $(docker node ls --format '{{.ManagerStatus}}' | grep -cE 'Leader|Reachable') = 3")],
        restore=[Play("swarm")],
    ),
    Case(
        "quorum-lost",
        f"of three managers, {TWO} and {THREE} cannot be reached at 2377/tcp",
        prepare=[
            Play("swarm", inventory=ALL_MANAGERS),
            On(TWO, SHUT),
            On(THREE, SHUT),
            Wait(ONE, "! timeout 5 docker node ls"),
        ],
        run=Play("swarm", {"fabric_measure": "never"}, ALL_MANAGERS),
        says=[f"{ONE}: .*no leader", "more than half", "Bring their hosts and engines back"],
        restore=[On(TWO, OPEN), On(THREE, OPEN), Wait(ONE, "timeout 5 docker node ls"), Play("swarm")],
    ),
    Case(
        "locked",
        f"the swarm has autolock, and the engine of its manager {ONE} was restarted",
        prepare=[On(ONE, "docker swarm update --autolock=true >/root/key && systemctl restart docker")],
        run=Play("swarm"),
        says=[f"{ONE}: .*locked", "docker swarm unlock"],
        restore=[
            On(ONE, "grep -o 'SWMKEY[^ ]*' /root/key | docker swarm unlock"),
            Wait(ONE, "docker swarm update --autolock=false && rm /root/key"),
        ],
    ),
    Case(
        "tokens-anew",
        "swarm_rotate_tokens is set",
        ends="healed",
        prepare=[On(ONE, "docker swarm join-token -q worker >/root/token")],
        run=Play("swarm", {"swarm_rotate_tokens": True}),
        proof=[On(ONE, 'test "$(docker swarm join-token -q worker)" != "$(cat /root/token)"')],
    ),
    Case(
        "host-taken-out",
        f"swarm_state of {THREE} is absent",
        ends="done",
        run=Play("swarm", inventory=Inventory(variables={THREE: {"swarm_state": "absent"}})),
        proof=[
            On(ONE, f"test $(docker node ls | grep -c {THREE}) = 0"),
            On(THREE, "docker info --format '{{.Swarm.LocalNodeState}}' | grep -qx inactive"),
        ],
        restore=[Play("swarm")],
    ),
    Case(
        "last-manager-taken-out",
        f"swarm_state of {ONE}, the only manager, is absent",
        run=Play("swarm", inventory=Inventory(variables={ONE: {"swarm_state": "absent"}})),
        says=["swarm_first_manager", "is to leave the swarm", "dissolve the swarm"],
    ),
)
