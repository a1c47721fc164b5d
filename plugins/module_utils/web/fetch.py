# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking addresses of the web, each within a time that holds whatever the server does."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PART = 65536
USER_AGENT = "distrain.cluster"
# A thread that hangs in the resolver is given up a little after its time.
GRACE_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """``status`` is the HTTP status, None where there was none; ``said`` then says why. It took ``seconds``."""

    url: str
    status: int | None
    body: bytes
    said: str
    seconds: float


def fetch(url: str, timeout: float, limit: int, proxies: Mapping[str, str] | None = None) -> Answer:
    """Return what is at an address, at most ``limit`` bytes of it; of a server that is too slow, that.

    ``proxies`` are by scheme, those of the environment where they are None.
    """
    started = time.monotonic()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(None if proxies is None else dict(proxies)))
    body, status, said = b"", None, ""
    try:
        if not url.startswith(("http://", "https://")):
            raise ValueError("it is no address of HTTP")
        request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT})  # noqa: S310 (seen to above)
        with opener.open(request, timeout=timeout) as response:
            status = response.status
            while len(body) < limit and (part := response.read1(PART)):
                body += part
                if time.monotonic() - started > timeout:
                    status, said = None, f"{len(body)} bytes had come, and not all"
                    break
    except urllib.error.HTTPError as error:
        status, said = error.code, error.reason
        error.close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        said = "nothing came" if isinstance(reason, TimeoutError) else str(reason)
    return Answer(url, status, body[:limit], said, time.monotonic() - started)


def ask_all(questions: Sequence[Callable[[], Any]], timeout: float) -> list[Any]:
    """Return what each question returned, in their order, all asked at once; None for one without an answer in time."""
    answers: list[Any] = [None] * len(questions)

    def ask(number: int, question: Callable[[], Any]) -> None:
        answers[number] = question()

    deadline = time.monotonic() + timeout + GRACE_SECONDS
    threads = [
        threading.Thread(target=ask, args=(number, question), daemon=True) for number, question in enumerate(questions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(answers)
