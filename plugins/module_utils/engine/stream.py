# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stream of messages with which an engine answers a load, a push or a pull: its errors come with HTTP 200."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..base.errors import EngineError

LOAD_FAILED = "The engine could not load the archive"
_FULL_DISK = ("no space left on device", "disk quota exceeded")


def messages_in(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the messages of an answer, one JSON object a line; raise EngineError where a line is no JSON."""
    for line in body.splitlines():
        try:
            message = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError) as error:
            raise EngineError(f"The engine's answer to the load cannot be read: {error}") from error
        if isinstance(message, dict):
            yield message


def checked(failed: str, messages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the messages; raise EngineError, which begins with ``failed``, at the first that is an error."""
    for message in messages:
        if "errorDetail" in message or "error" in message:
            detail = message.get("errorDetail")
            detail = (detail.get("message") if isinstance(detail, dict) else detail) or message.get("error")
            raise EngineError(f"{failed}: {detail}")
        yield message


def loaded(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the lines of a successful load; raise EngineError where it failed."""
    lines = []
    for message in checked(LOAD_FAILED, messages):
        lines += [line for line in str(message.get("stream") or "").splitlines() if line.strip()]
    # The containerd store calls it a success when it could not unpack an image.
    failure = next((line for line in lines if line.startswith("Error ") or "content digest" in line), None)
    if failure:
        raise EngineError(f"{LOAD_FAILED}: {failure}")
    return lines


def is_full_disk(message: str) -> bool:
    return any(words in message.lower() for words in _FULL_DISK)
