# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import base64

import pytest
from ansible_collections.distrain.cluster.plugins.plugin_utils.apt.openpgp import fingerprints

ARMOURED = b"""-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawSwPRYJKwYBBAHaRw8BAQdASdJO8yXDbVE/P1kAUBOdqsZk04rWf+qeZGRh
T5x5DyO0FmRpc3RyYWluIHVuaXQgdGVzdCBrZXmIkAQTFggAOBYhBGkfnLCGWveS
5p37y/N5vFK+6298BQJrBLA9AhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJ
EPN5vFK+6298LzEA/icEsYnHCc/Gnk7Rt0eCRGTBk91MhF6FzeJ2kjT+jOONAP9A
ooH1PjGDnQ954Gumu5Exiz9FYpWM9/Qrql7nt0+8BQ==
=pzf2
-----END PGP PUBLIC KEY BLOCK-----
"""
BINARY = base64.b64decode(b"".join(ARMOURED.splitlines()[2:7]))
FINGERPRINT = "691F9CB0865AF792E69DFBCBF379BC52BEEB6F7C"


@pytest.mark.parametrize(
    "key",
    [
        ARMOURED,
        BINARY,
        ARMOURED.replace(b"\n", b"\r\n"),
        ARMOURED.replace(b"BLOCK-----\n\n", b"BLOCK-----\nComment: x\n\n"),
    ],
    ids=["armoured", "binary", "windows line ends", "with a header"],
)
def test_the_fingerprint_is_the_one_that_gpg_shows(key: bytes) -> None:
    assert fingerprints(key) == [FINGERPRINT]


def test_every_primary_key_in_a_file_is_listed() -> None:
    assert fingerprints(ARMOURED + ARMOURED) == [FINGERPRINT, FINGERPRINT]


def test_the_newer_packet_format_gives_the_same_fingerprint() -> None:
    body = BINARY[2 : 2 + BINARY[1]]
    assert fingerprints(bytes([0xC6, len(body)]) + body) == [FINGERPRINT]


@pytest.mark.parametrize(
    "key",
    [b"", b"<html>404</html>", BINARY[:20], ARMOURED.replace(b"mDMEa", b"m!MEa"), b"\x98\x01\x03"],
    ids=["empty", "a web page", "cut", "damaged armour", "version 3"],
)
def test_what_is_no_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=r"it|there"):
        fingerprints(key)
