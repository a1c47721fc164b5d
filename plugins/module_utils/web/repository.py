# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files by which a repository of apt describes itself. The functions are pure."""

from __future__ import annotations

import fnmatch
import gzip
import lzma
import zlib
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

# In this order; the first one that the server has is read.
SUFFIXES = (".gz", ".xz", "")
_FIELDS = ("Origin", "Suite", "Codename", "Date", "Valid-Until")


def release_fields(text: str) -> dict[str, str]:
    """Return the fields of an InRelease or Release that are of use; none where it is no such file."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.partition(":")
        if separator and name in _FIELDS:
            found.setdefault(name, value.strip())
    return found if "Date" in found else {}


def is_expired(fields: Mapping[str, str], now: datetime | None = None) -> bool:
    """Return whether the time until which an index is valid is over; an index without one is valid for ever."""
    try:
        until = parsedate_to_datetime(fields["Valid-Until"])
    except (KeyError, ValueError, TypeError):
        return False
    until = until if until.tzinfo else until.replace(tzinfo=timezone.utc)
    return until < (now or datetime.now(timezone.utc))


def unpacked(body: bytes, suffix: str) -> str:
    """Return the text of an index of packages; empty where it is damaged."""
    try:
        if suffix:
            body = gzip.decompress(body) if suffix == ".gz" else lzma.decompress(body)
        return body.decode(errors="replace")
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return ""


def missing_packages(index: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return those of the wanted versions that an index does not have, each with the newest that it has, if any.

    A version may have C(*) in it, as apt takes it.
    """
    versions: dict[str, list[str]] = {}
    for paragraph in index.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[:1] != " ")
        if fields.get("Package") in wanted:
            versions.setdefault(fields["Package"], []).append(fields.get("Version", ""))
    return {
        name: (versions.get(name) or [""])[-1]
        for name, version in wanted.items()
        if not any(fnmatch.fnmatchcase(one, version) for one in versions.get(name, ()))
    }
