# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The addresses of the host's own interfaces, and whether a port answers, without any command."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv6Address
from pathlib import Path
from string import hexdigits

ANSWER_SECONDS = 2
# Of an IPv6 address as the kernel writes it.
_HEXADECIMAL_DIGITS = 32


def parse_fib_trie(lines: Iterable[str]) -> frozenset[str]:
    """The host's own IPv4 addresses, from the lines of C(/proc/net/fib_trie): a leaf, then what kind of host it is."""
    found = set()
    leaf = ""
    for line in lines:
        words = line.split()
        if len(words) == 2 and words[0] == "|--":
            leaf = words[1]
        elif words[:3] == ["/32", "host", "LOCAL"]:
            found.add(leaf)
    return frozenset(found)


def parse_if_inet6(lines: Iterable[str]) -> frozenset[str]:
    """The host's own IPv6 addresses, from the lines of C(/proc/net/if_inet6)."""
    return frozenset(str(IPv6Address(int(words[0], 16))) for words in map(str.split, lines) if _is_hexadecimal(words))


def _is_hexadecimal(words: list[str]) -> bool:
    return bool(words) and len(words[0]) == _HEXADECIMAL_DIGITS and all(one in hexdigits for one in words[0])


def own_addresses(directory: Path = Path("/proc/net")) -> frozenset[str]:
    four, six = directory / "fib_trie", directory / "if_inet6"
    return parse_fib_trie(_lines(four)) | parse_if_inet6(_lines(six))


def answers(host: str, port: int, timeout: float = ANSWER_SECONDS) -> bool:
    """Whether anything accepts a connection there; nothing is sent."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
