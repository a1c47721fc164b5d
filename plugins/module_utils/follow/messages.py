# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which events of a job are posted, and in which form each service takes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base.printable import printable

JSON, SLACK, FEISHU, DINGTALK = "json", "slack", "feishu", "dingtalk"
# Kinds of events, and causes of findings, that are posted.
_KINDS = ("started", "restarted", "ended", "given_up")
_CAUSES = ("silent", "hang")
_LONGEST_LINE = 2000
_MOST_LINES = 20

Event = Mapping[str, Any]


@dataclass
class Messages:
    """Chooses from the events of one job those that are posted, in the order in which they come."""

    trainer: str
    job_name: str
    _finding: Event = field(default_factory=dict)

    def of(self, event: Event) -> dict[str, Any] | None:
        """Return the message on an event as plain JSON has it, or None where it is not posted.

        The end of a job that has failed is posted with its finding, so that this is not posted twice.
        """
        if event["kind"] == "finding":
            self._finding = event
        is_posted = event["kind"] in _KINDS or (event["kind"] == "finding" and event.get("cause") in _CAUSES)
        if not is_posted:
            return None
        text = str(event["text"])
        if event["kind"] == "ended" and event.get("cause") and self._finding.get("cause") == event["cause"]:
            text = text if event["cause"] in _CAUSES else f"{text} {self._finding['text']}"
        known = {name: event.get(name) for name in ("host", "rank", "cause")}
        return {"event": event["kind"], "trainer": self.trainer, "job": self.job_name, "at": event["at"], **known} | {
            "text": _lines(text)
        }


def body_of(message: Mapping[str, Any], form: str, secret: str, now: float) -> dict[str, Any]:
    """Return the JSON object that a service takes; ``secret`` is that of a bot that checks a signature, or empty."""
    text = f"{message['trainer']} {message['job']}: {message['text']}"
    if form == SLACK:
        for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(character, entity)
        return {"text": text}
    if form == FEISHU:
        signed = {"timestamp": str(int(now)), "sign": _feishu_sign(secret, int(now))} if secret else {}
        return {**signed, "msg_type": "text", "content": {"text": text}}
    if form == DINGTALK:
        return {"msgtype": "text", "text": {"content": text}}
    return dict(message)


def address_of(url: str, form: str, secret: str, now: float) -> str:
    """Return the URL to which a message goes: DingTalk takes its signature there."""
    if form != DINGTALK or not secret:
        return url
    at = int(now * 1000)
    signature = base64.b64encode(hmac.digest(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256)).decode()
    query = urllib.parse.urlencode({"timestamp": at, "sign": signature})
    return f"{url}{'&' if '?' in url else '?'}{query}"


def refusal_in(answer: Any) -> str:
    """Return why a service did not take a message although it answered with success, empty where it did."""
    if not isinstance(answer, Mapping):
        return ""
    code = answer.get("errcode", answer.get("code", 0))
    if code in (0, "0", None):
        return ""
    return printable(f"{answer.get('errmsg') or answer.get('msg') or 'no reason given'} ({code})", 200)


def _feishu_sign(secret: str, at: int) -> str:
    return base64.b64encode(hmac.digest(f"{at}\n{secret}".encode(), b"", hashlib.sha256)).decode()


def _lines(text: str) -> str:
    return "\n".join(printable(line, _LONGEST_LINE) for line in text.splitlines()[:_MOST_LINES])
