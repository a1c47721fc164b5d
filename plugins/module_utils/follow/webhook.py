# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Send the messages of a job to a webhook, in a thread: one that does not answer holds nothing up."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..web.webhook_url import host_of
from .messages import JSON, Messages, address_of, body_of, refusal_in

_ANSWER_SECONDS = 10.0
# A message is tried again after so many seconds.
_PAUSES = (1.0, 5.0)
_CLOSE_SECONDS = 20.0
_MOST_WAITING = 100
_MOST_ANSWER_BYTES = 64 * 1024


Notify = Callable[[Mapping[str, Any]], None]


@contextlib.contextmanager
def notifying(arguments: Mapping[str, Any], messages: Messages, warn: Callable[[str], None]) -> Iterator[Notify]:
    """Yield the function that posts an event, as the arguments of the role say, and send all at the end."""
    if not arguments.get("webhook_url"):
        yield lambda _event: None
        return
    options = (arguments["webhook_url"], arguments.get("webhook_format") or JSON, arguments.get("webhook_secret") or "")
    webhook = Webhook(*options, messages, warn)
    try:
        yield webhook
    finally:
        webhook.close()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The address of a webhook is a secret, and what answers for it is not followed elsewhere."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


class Webhook:
    """Sends messages one after the other in a thread of its own; ``warn`` is called once where that fails.

    What is said of a failure names the host of ``url`` alone.
    """

    def __init__(
        self, url: str, form: str, secret: str, messages: Messages, warn: Callable[[str], None] = lambda _text: None
    ) -> None:
        self._url, self._form, self._secret = url, form, secret
        self._messages = messages
        self._warn = warn
        self._has_warned = False
        self._waiting: queue.Queue[Mapping[str, Any] | None] = queue.Queue(_MOST_WAITING)
        self._is_over = threading.Event()
        # Redirects alone are left out: proxies and certificates are as the environment has them.
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._thread = threading.Thread(target=self._send_all, daemon=True)
        self._thread.start()

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Post this event where it is one that is posted; return at once."""
        message = self._messages.of(event)
        if message is None:
            return
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            self._say("too many messages wait for it")

    def close(self) -> None:
        """Wait until everything is sent, for a bounded time."""
        try:
            self._waiting.put(None, timeout=1.0)
        except queue.Full:
            self._is_over.set()
        self._thread.join(_CLOSE_SECONDS)
        self._is_over.set()

    def _send_all(self) -> None:
        while (message := self._waiting.get()) is not None and not self._is_over.is_set():
            problem = self._send(message)
            for pause in _PAUSES:
                if not problem or self._is_over.wait(pause):
                    break
                problem = self._send(message)
            if problem:
                self._say(problem)

    def _send(self, message: Mapping[str, Any]) -> str:
        """Return why the message was not taken, empty where it was."""
        now = time.time()
        request = urllib.request.Request(  # noqa: S310 (its scheme is checked before)
            address_of(self._url, self._form, self._secret, now),
            data=json.dumps(body_of(message, self._form, self._secret, now)).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=_ANSWER_SECONDS) as answer:
                return refusal_in(_json(answer.read(_MOST_ANSWER_BYTES)))
        except urllib.error.HTTPError as error:
            return f"it answered with HTTP status {error.code}"
        except urllib.error.URLError as error:
            return f"it cannot be reached ({_reason(error.reason)})"
        except OSError as error:
            return f"it cannot be reached ({_reason(error)})"
        except (http.client.HTTPException, ValueError) as error:
            return f"it did not answer as HTTP servers do ({type(error).__name__})"

    def _say(self, problem: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._warn(
                f"Messages on job {self._messages.job_name} do not reach trainer_launch_webhook_url on host "
                f"{host_of(self._url)}: {problem}. The job is followed all the same."
            )


def _reason(error: Any) -> str:
    """Return the reason without what it may quote of the URL."""
    return (getattr(error, "strerror", None) or type(error).__name__) if isinstance(error, OSError) else "unknown"


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
