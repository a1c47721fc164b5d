# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an engine says of an archive that it was given: its errors come with HTTP 200, inside the stream."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..base.errors import EngineError

_FULL_DISK = ("no space left on device", "disk quota exceeded")


def complaint_in(said: Sequence[str]) -> str | None:
    """What the containerd store says of an image that it could not unpack, although it calls the load a success."""
    return next((line for line in said if line.startswith("Error ") or "content digest" in line), None)


def read_answer(body: bytes) -> list[str]:
    """The lines of a successful load; raise EngineError where the engine failed over it or complains of it."""
    said = []
    for line in body.splitlines():
        message = _message(line)
        if "errorDetail" in message or "error" in message:
            detail = message.get("errorDetail")
            detail = (detail.get("message") if isinstance(detail, dict) else detail) or message.get("error")
            raise EngineError(f"The engine could not load the archive: {detail}")
        said += [text for text in str(message.get("stream") or "").splitlines() if text.strip()]
    complaint = complaint_in(said)
    if complaint:
        raise EngineError(f"The engine could not load the archive: {complaint}")
    return said


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line) if line.strip() else {}
    except (ValueError, RecursionError) as error:
        raise EngineError(f"The engine's answer to the load cannot be read: {error}") from error
    return message if isinstance(message, dict) else {}


def is_full_disk(message: str) -> bool:
    return any(words in message.lower() for words in _FULL_DISK)
