# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a file was made, which Python's os.stat does not say on Linux."""

from __future__ import annotations

import ctypes
import struct

_AT_EMPTY_PATH = 0x1000
_STATX_BTIME = 0x800
# struct statx has 256 bytes; stx_mask is the first word, and stx_btime stands behind stx_atime.
_STATX_BYTES, _BTIME_AT = 256, 80


def birth_time(descriptor: int) -> float | None:
    """Return when the file behind a descriptor was made, in seconds since the epoch.

    None where the file system does not keep it, or the C library has no statx.
    """
    statx = getattr(ctypes.CDLL(None), "statx", None)
    if statx is None:
        return None
    buffer = ctypes.create_string_buffer(_STATX_BYTES)
    if statx(ctypes.c_int(descriptor), b"", _AT_EMPTY_PATH, ctypes.c_uint(_STATX_BTIME), buffer):
        return None
    (mask,) = struct.unpack_from("=I", buffer, 0)
    seconds, nanoseconds = struct.unpack_from("=qI", buffer, _BTIME_AT)
    return float(seconds) + nanoseconds / 1e9 if mask & _STATX_BTIME else None
