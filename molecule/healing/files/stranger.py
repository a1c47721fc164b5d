# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Knock at the swarm's ports of a lab host from outside the swarm: at TCP ports, and with a packet at 4789/udp.

    stranger.py ADDRESS PORT...

Prints the TCP ports that answered, as JSON.
"""

from __future__ import annotations

import json
import socket
import sys

TIMEOUT_SECONDS = 2


def answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=TIMEOUT_SECONDS):
            return True
    except OSError:
        return False


def main() -> None:
    address, *ports = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
        packets.sendto(b"\x08\0\0\0\0\x10\0\0", (address, 4789))
    print(json.dumps([int(port) for port in ports if answers(address, int(port))]))


if __name__ == "__main__":
    main()
