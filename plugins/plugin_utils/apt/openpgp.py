# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fingerprints of OpenPGP public keys (RFC 4880 and 9580, version 4 keys), so that no gpg is needed to pin one."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator

PUBLIC_KEY_PACKET = 6
VERSION_4 = 4


def fingerprints(key: bytes) -> list[str]:
    """The fingerprint of every primary key, in capitals without spaces, of an armoured or binary key file.

    Raises ValueError where there is no key in it.
    """
    packets = _packets(_without_armour(key))
    found = [_fingerprint(body) for tag, body in packets if tag == PUBLIC_KEY_PACKET]
    if not found:
        raise ValueError("there is no OpenPGP public key in it")
    return found


def _fingerprint(body: bytes) -> str:
    if not body or body[0] != VERSION_4:
        raise ValueError("it holds a public key that is not of version 4")
    # SHA-1 is what the format defines a fingerprint to be.
    digest = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False)
    return digest.hexdigest().upper()


def _without_armour(key: bytes) -> bytes:
    if b"-----BEGIN PGP" not in key:
        return key
    binary = b""
    for block in key.replace(b"\r\n", b"\n").split(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")[1:]:
        armour = block.split(b"-----END PGP", 1)[0]
        # Headers end at the first empty line; the line that starts with "=" is a checksum.
        lines = armour.partition(b"\n\n")[2].split(b"\n")
        try:
            binary += base64.b64decode(b"".join(line for line in lines if not line.startswith(b"=")), validate=True)
        except binascii.Error as error:
            raise ValueError("its armour is damaged") from error
    return binary


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        header = data[position]
        if not header & 0x80:
            raise ValueError("it is not an OpenPGP key")
        if header & 0x40:
            tag, start, length = header & 0x3F, *_new_length(data, position + 1)
        else:
            tag, start, length = (header >> 2) & 0x0F, *_old_length(data, position + 1, header & 0x03)
        if start + length > len(data):
            raise ValueError("it ends in the middle of a packet")
        yield tag, data[start : start + length]
        position = start + length


def _new_length(data: bytes, position: int) -> tuple[int, int]:
    """Where the body starts and how long it is, in the newer packet format."""
    first = int.from_bytes(data[position : position + 1], "big")
    if first < 192:
        return position + 1, first
    if first < 224:
        return position + 2, ((first - 192) << 8) + int.from_bytes(data[position + 1 : position + 2], "big") + 192
    if first == 255:
        return position + 5, int.from_bytes(data[position + 1 : position + 5], "big")
    raise ValueError("it holds a packet of partial length")


def _old_length(data: bytes, position: int, kind: int) -> tuple[int, int]:
    """Where the body starts and how long it is, in the older packet format."""
    if kind == 3:
        return position, len(data) - position
    size = 1 << kind
    return position + size, int.from_bytes(data[position : position + size], "big")
