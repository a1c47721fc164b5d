# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a file of tensors was written to its end, as far as its format tells.

torch.save writes a zip archive without a comment since torch 1.6, so that the last 22 bytes are the record of its end.
A file of safetensors begins with the length of its header, which names where the last tensor ends. What is of another
format counts as whole: a part of torch.distributed.checkpoint is proven by C(.metadata), which is written last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..files.safe_open import read_regular
from .container_files import ContainerFiles

_ZIP_SUFFIXES = (".pt", ".pth", ".bin")
_ZIP_BEGIN, _ZIP_END, _ZIP_END_BYTES = b"PK\x03\x04", b"PK\x05\x06", 22
_SAFETENSORS = ".safetensors"
_LENGTH_BYTES = 8
_MOST_HEADER_BYTES = 16 * 1024**2


def is_cut(directory: ContainerFiles, path: str, size: int) -> bool:
    """Return whether the end of a regular file is missing; an empty one has no format and is not cut."""
    try:
        if path.endswith(_ZIP_SUFFIXES):
            return _is_cut_archive(directory, path)
        if path.endswith(_SAFETENSORS):
            return _is_cut_tensors(directory, path, size)
    except OSError:
        # It has gone meanwhile, or cannot be read: that it is absent is found elsewhere.
        return False
    return False


def _is_cut_archive(directory: ContainerFiles, path: str) -> bool:
    if _begin(directory, path, len(_ZIP_BEGIN)) != _ZIP_BEGIN:
        return False
    end = read_regular(directory.root, directory.below(path).relative, _ZIP_END_BYTES, from_end=True)
    return not end.startswith(_ZIP_END)


def _is_cut_tensors(directory: ContainerFiles, path: str, size: int) -> bool:
    length = int.from_bytes(_begin(directory, path, _LENGTH_BYTES), "little")
    if not 0 < length <= _MOST_HEADER_BYTES:
        return False
    text = _begin(directory, path, _LENGTH_BYTES + length)[_LENGTH_BYTES:]
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return size < _LENGTH_BYTES + length + _last_end(header)


def _last_end(header: Any) -> int:
    """Return where the last tensor ends behind the header."""
    ends = [0]
    for one in header.values() if isinstance(header, Mapping) else ():
        offsets = one.get("data_offsets") if isinstance(one, Mapping) else None
        if isinstance(offsets, list) and len(offsets) == 2 and isinstance(offsets[1], int):
            ends.append(offsets[1])
    return max(ends)


def _begin(directory: ContainerFiles, path: str, count: int) -> bytes:
    return read_regular(directory.root, directory.below(path).relative, count)
