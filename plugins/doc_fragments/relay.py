# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What the modules that bring something from one host to all others in one pass have in common."""

    DOCUMENTATION = r"""
options:
  source_host:
    description: The host that has it, by its name in the inventory. On this host itself there is nothing to do.
    type: str
    required: true
  hosts:
    description:
      - All hosts that are to have it, by their names in the inventory, whether they have come to the task or not; a
        host for which its own variables make the arguments others, or a condition false, is left out.
      - The default is those that run the task, and with C(run_once) those of the play's current batch.
    type: list
    elements: str
  addresses:
    description:
      - By the name of a host in the inventory, the address of its own at which the other hosts reach it.
      - A host that is not named here is reached at the address that the data of its swarm goes to, and outside of a
        swarm at the address of its default route.
    type: dict
    default: {}
  ports:
    description:
      - At which TCP ports the hosts may listen, as V(28500-28599) or as one port; each takes the first that is free
        there. Empty for a port that the kernel chooses.
      - One port serves one transfer at a time. Take ports outside of the kernel's own range for connections
        (C(net.ipv4.ip_local_port_range), 32768 to 60999 on most hosts).
      - Where the role P(distrain.cluster.swarm#role) has loaded its firewall with a range of ports for transfers, the
        port is open to the hosts of the swarm from before the first byte until the transfer ends, whichever way it
        ends. What O(addresses) names must then be in C(swarm_firewall_allow).
    type: str
    default: ""
  disk_reserve:
    description:
      - What must stay free after the transfer on the disk that it goes to, which of an image is the engine's. In bytes,
        or with a unit such as V(500M) or V(20G), in powers of 1024.
    type: str
    default: 1G
  patience:
    description: For how many seconds nothing may come to a host, from any other, before it gives up.
    type: int
    default: 60
notes:
  - The task of one host works for all hosts that run it with the same arguments; where arguments differ by host, or a
    condition keeps a host from the task, each host gets only what its own task says. Where there are fewer forks than
    hosts, in roles, included files, handlers, blocks with C(rescue) and with strategies other than C(linear), as many
    hosts as there are forks come at a time. Naming the O(hosts) brings it to all of them at once there too.
  - All hosts must be reached by the connection plugin P(ansible.builtin.ssh#connection) with keys, also through a jump
    host or a proxy command. Become, where it is used, is by C(sudo), C(su) or C(doas), with a password or without; the
    password goes through the input of that command, and is in no argument and no file. The host keys are checked as the
    SSH client is configured, also where Ansible is set not to check them.
  - The hosts connect to each other with TLS 1.3, at O(ports), and with keys that are made for this run and lie in no
    file. They listen at the one address of O(addresses) and only while the run lasts.
  - Before the first byte a table shows for each host what is missing, its bytes, how long that is expected to take, and
    which part limits it - the disk of the source, a link, or loading. Afterwards the same columns show what it was. The
    rates are those of earlier transfers, which each host keeps in C(/var/lib/distrain/transfers.json), and for a link,
    as long as it has not been what limits, the speed that its interface reports. What is not known is called so.
requirements:
  - cryptography, on the controller
"""
