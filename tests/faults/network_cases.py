# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Overlay networks that cannot be, and that do not carry."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.play import Play
from tests.faults.steps import Cut, Narrow, On

ONE, TWO, THREE = lab.HOSTS
DROP = "INPUT -p udp --dport 4789 -j DROP"
GUEST = "docker run --detach --name guest --network distrain distrain/probe:1 /bin/busybox sleep 3600"


def swarm(**variables: object) -> Play:
    return Play("swarm", {f"swarm_{name}": value for name, value in variables.items()})


def preflight(subnet: str) -> Play:
    return Play("preflight", {"swarm_network_subnet": subnet})


NETWORK_CASES = (
    Case(
        "subnet-of-the-hosts",
        "swarm_network_subnet is the network of the hosts themselves",
        run=preflight(f"198.18.{lab.NUMBER}.0/24"),
        says=[f"{ONE}: 198.18.{lab.NUMBER}.0/24 overlaps", "swarm_network_subnet", "no host has a route to"],
    ),
    Case(
        "subnet-of-a-route",
        f"swarm_network_subnet holds a network that only {TWO} has a route to",
        prepare=[On(TWO, "ip route add 10.99.3.0/24 via $(ip route show default | cut -d' ' -f3)")],
        run=preflight("10.99.0.0/16"),
        says=[f"1 error .*{TWO}: 10.99.0.0/16 overlaps 10.99.3.0/24", "swarm_network_subnet"],
        restore=[On(TWO, "ip route del 10.99.3.0/24")],
    ),
    Case(
        "subnet-of-the-bridge",
        "swarm_network_subnet is the subnet of the engine's own bridge, without preflight",
        run=swarm(network_name="second", network_subnet="172.17.0.0/24"),
        says=[f"{ONE}: .*172.17.0.0/24 overlaps 172.17.0.0/16 of the network bridge", "subnet", "Choose a subnet"],
    ),
    Case(
        "subnet-of-another-overlay",
        "swarm_network_subnet overlaps another overlay network of the swarm",
        prepare=[On(ONE, "docker network create --driver overlay --subnet 10.88.0.0/16 other")],
        run=swarm(network_name="second", network_subnet="10.88.9.0/24"),
        says=[f"{ONE}: .*10.88.9.0/24 overlaps 10.88.0.0/16 of the network other", "Choose a subnet"],
        restore=[On(ONE, "docker network rm other")],
    ),
    Case(
        "subnet-with-host-bits",
        "swarm_network_subnet is an address within a subnet",
        run=preflight("10.77.1.0/16"),
        says=["swarm_network_subnet: found 10.77.1.0/16, which is an address within", "itself, 10.77.0.0/16"],
    ),
    Case(
        "subnet-nonsense",
        "swarm_network_subnet is no subnet, without preflight",
        run=swarm(network_subnet="10.77.0.0/33"),
        says=[f"{ONE}: swarm_network_subnet: found '10.77.0.0/33', which is no subnet", "as in 10.77.0.0/16"],
    ),
    Case(
        "mtu-of-another",
        "swarm_network_mtu differs from the MTU of the network that is there",
        run=swarm(network_mtu=1400),
        says=[f"{ONE}: .*distrain differs .*mtu: found 1500, wanted 1400", "recreate: true"],
    ),
    Case(
        "mtu-nonsense",
        "swarm_network_mtu is 20 bytes",
        run=swarm(network_name="second", network_subnet="10.88.0.0/16", network_mtu=20),
        says=["swarm_network_mtu: found 20, expected a whole number from 576"],
    ),
    Case(
        "recreate-under-a-container",
        f"swarm_network_recreate is set, and a container on {TWO} uses the network",
        prepare=[On(TWO, GUEST)],
        run=swarm(network_mtu=1400, network_recreate=True),
        says=[f"{ONE}: .*distrain cannot be made anew .*in use by .*guest", "Remove those containers first"],
        restore=[On(TWO, "docker rm --force guest")],
    ),
    Case(
        "name-of-the-bridge",
        "swarm_network_name is the name of the engine's own bridge",
        run=swarm(network_name="bridge"),
        says=[f"{ONE}: .*found a network bridge with the driver bridge", "Choose another name"],
    ),
    Case(
        "name-of-a-user's-network",
        f"swarm_network_name is the name of a bridge network that a user has made on the manager {ONE}",
        prepare=[On(ONE, "docker network create team")],
        run=swarm(network_name="team"),
        says=[f"{ONE}: .*found a network team with the driver bridge", "Choose another name"],
        restore=[On(ONE, "docker network rm team")],
    ),
    Case(
        "name-nonsense",
        "swarm_network_name has a blank in it",
        run=swarm(network_name="my network", network_subnet="10.88.0.0/16"),
        says=[f"{ONE}: swarm_network_name .*my network", "letters, digits"],
    ),
    Case(
        "encryption-wanted-later",
        "swarm_network_encrypted is set for a network that is there without it",
        run=swarm(network_encrypted=True),
        says=[f"{ONE}: .*encrypted: found False, wanted True", "recreate: true"],
    ),
    Case(
        "vxlan-blocked",
        f"a firewall on {TWO} drops 4789/udp",
        prepare=[On(TWO, f"iptables -I {DROP}")],
        run=swarm(verify_timeout=30),
        says=[
            "distrain does not carry",
            f"nothing crosses from {ONE}, {THREE} to {TWO}",
            "Open 4789/udp",
            "set swarm_data_path_port to another port such as 7789",
        ],
        restore=[On(TWO, f"iptables -D {DROP}")],
    ),
    Case(
        "vxlan-of-the-hypervisor",
        "the network between the hosts keeps 4789/udp to itself, and there is no swarm yet",
        prepare=[Play("reset"), On("all", f"iptables -I {DROP}")],
        run=Play("preflight"),
        says=["4789/udp", "set swarm_data_path_port to another port such as 7789"],
        restore=[On("all", f"iptables -D {DROP}"), Play("swarm")],
    ),
    Case(
        "another-port-under-a-swarm",
        "swarm_data_path_port is another than the swarm was made with",
        run=swarm(data_path_port=7789),
        says=[f"{ONE}: .*found 4789, wanted 7789", "A swarm keeps the port .*playbooks/reset.yml"],
    ),
    Case(
        "swarm-on-another-port",
        "the same network, and a swarm that is made with another port",
        ends="done",
        prepare=[Play("reset"), On("all", f"iptables -I {DROP}")],
        run=swarm(data_path_port=7789),
        proof=[
            On("all", "ss -Hlun sport = :7789 | grep -q . && ! ss -Hlun sport = :4789 | grep -q ."),
            On(ONE, "docker info --format '{{.Swarm.Cluster.DataPathPort}}' | grep -qx 7789"),
        ],
        restore=[Play("reset"), On("all", f"iptables -D {DROP}"), Play("swarm")],
    ),
    Case(
        "cable-carries-less",
        f"the cable of {TWO} silently loses what is larger than 1400 bytes, and its interface says 1500",
        ends="warned",
        prepare=[Narrow(TWO, 1400)],
        run=Play("preflight"),
        says=[f"warning +{TWO} .*packets above 1400 bytes are lost", "swarm_network_mtu to 1400"],
        restore=[Narrow(TWO, 1500)],
    ),
    Case(
        "overlay-larger-than-the-cable",
        "the same, and the swarm is wanted",
        prepare=[Narrow(TWO, 1400)],
        run=swarm(verify_settle=5),
        says=[f"{TWO}", "distrain", "MTU|mtu", "swarm_network_mtu"],
        restore=[Narrow(TWO, 1500)],
    ),
    Case(
        "keepalive-removed",
        f"the keepalive container of {THREE} has been removed by hand",
        ends="healed",
        prepare=[On(THREE, "docker rm --force distrain-keepalive")],
        run=Play("swarm"),
    ),
    Case(
        "network-removed",
        "the keepalive containers and the overlay network have been removed by hand",
        ends="healed",
        prepare=[On("all", "docker rm --force distrain-keepalive"), On(ONE, "docker network rm distrain")],
        run=Play("swarm"),
    ),
    Case(
        "cut-for-ten-seconds",
        f"the cable of {TWO} is pulled out for ten seconds",
        ends="healed",
        prepare=[Cut(TWO, 10)],
    ),
)
