# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hashes of passwords as the file of a registry's users has them (bcrypt), by the C library of Debian and Ubuntu."""

from __future__ import annotations

import ctypes
import secrets
import string

from ..base.errors import ClusterError

_LIBRARY = "libcrypt.so.1"
# A registry hashes at every request. What is hashed here is long and random, so that this work is enough.
_SETTING = "$2b$05$"
_SALT_CHARACTERS = 22
# The last character of a salt carries two bits only.
_LAST_CHARACTERS = ".Oeu"
_CHARACTERS = "./" + string.ascii_letters + string.digits


def hashed(password: str) -> str:
    salt = "".join(secrets.choice(_CHARACTERS) for _number in range(_SALT_CHARACTERS - 1))
    return _crypt(password, _SETTING + salt + secrets.choice(_LAST_CHARACTERS))


def matches(password: str, known: str) -> bool:
    return known.startswith(_SETTING) and secrets.compare_digest(_crypt(password, known), known)


def _crypt(password: str, setting: str) -> str:
    try:
        crypt = ctypes.CDLL(_LIBRARY).crypt
    except OSError as error:
        raise ClusterError(f"This host lacks {_LIBRARY}: {error}. Install the package libcrypt1.") from error
    crypt.restype = ctypes.c_char_p
    found = crypt(password.encode(), setting.encode())
    if not found or not found.startswith(_SETTING.encode()):
        raise ClusterError(f"The {_LIBRARY} of this host cannot make bcrypt hashes. Install a newer libcrypt1.")
    return str(found.decode())
