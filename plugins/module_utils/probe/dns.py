# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: a question for the IPv4 address of a name, and the address in the answer, as DNS messages."""

from __future__ import annotations

import socket
import struct

from ..base.errors import ClusterError

HEADER = struct.Struct("!HHHHHH")
RECORD = struct.Struct("!HHIH")
RECURSION_DESIRED = 0x0100
IS_ANSWER = 0x8000
TYPE_A, CLASS_IN = 1, 1
POINTER = 0xC0


def question_for(name: str, number: int) -> bytes:
    """The message that asks for a name. Raises ClusterError where DNS can have no such name."""
    try:
        encoded = name.encode("idna" if name else "ascii")
        labels = b"".join(bytes([len(label)]) + label for label in encoded.split(b"."))
    except (UnicodeError, ValueError) as error:
        raise ClusterError(f"{name!r} is no name that DNS can have: {error}.") from error
    return HEADER.pack(number, RECURSION_DESIRED, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", TYPE_A, CLASS_IN)


def address_in(message: bytes, number: int) -> str | None:
    """The first address in the answer to the question of this number, or None."""
    try:
        answered, flags, questions, answers, _authorities, _additional = HEADER.unpack_from(message)
        if answered != number or not flags & IS_ANSWER:
            return None
        place = HEADER.size
        for _question in range(questions):
            place = _after_name(message, place) + 4
        for _answer in range(answers):
            place = _after_name(message, place)
            kind, _class, _ttl, length = RECORD.unpack_from(message, place)
            place += RECORD.size
            if kind == TYPE_A and length == 4:
                return socket.inet_ntoa(message[place : place + 4])
            place += length
    except (IndexError, struct.error, OSError):
        return None  # An answer that was cut.
    return None


def _after_name(message: bytes, place: int) -> int:
    while message[place]:
        if message[place] & POINTER == POINTER:
            return place + 2
        place += message[place] + 1
    return place + 1
