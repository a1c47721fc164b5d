# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is posted of a job, in which form, and a webhook that takes it, refuses it, or does not answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.follow import webhook
from ansible_collections.distrain.cluster.plugins.module_utils.follow.messages import (
    DINGTALK,
    FEISHU,
    JSON,
    SLACK,
    Messages,
    address_of,
    body_of,
    refusal_in,
)
from ansible_collections.distrain.cluster.plugins.module_utils.follow.webhook import Webhook, notifying
from ansible_collections.distrain.cluster.plugins.module_utils.web.webhook_url import host_of, url_problem
from ansible_collections.distrain.cluster.tests.unit.support.job_stage import Stage, rank

MESSAGE = {"event": "started", "trainer": "t", "job": "sft", "text": "Job sft <started> & \x1b[2Jruns.", "at": 5.0}


class Receiver(HTTPServer):
    """A webhook on loopback, which answers as it is told to, and keeps what it received."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[str, Any]] = []
        self.answers: list[tuple[int, str]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook/hidden-token"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, body))
        status, answer = self.server.answers.pop(0) if self.server.answers else (200, "{}")
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.server.url.replace("/hook/", "/elsewhere/"))
        self.end_headers()
        self.wfile.write(answer.encode())

    def do_GET(self) -> None:
        self.server.received.append((self.path, None))

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_PAUSES", (0.01, 0.01))


def event(kind: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at": 5.0, "host": None, "rank": None, "text": text, **more}


def test_what_people_are_told_of() -> None:
    messages = Messages("t", "sft")
    events = [
        event("started", "Job sft was started on 2 hosts."),
        event("phase", "Job sft trains.", phase="training"),
        event("finding", "Rank 1 is unreachable.", cause="host_gone"),
        event("finding", "No rank has printed anything.", cause="silent"),
        event("finding", "Job sft hangs.", cause="hang"),
        event("stopped", "Job sft was stopped."),
        event("ended", "Job sft has failed: hang.", cause="hang"),
        event("restarted", "Job sft was started again."),
        event("finding", "Rank 1 was killed.", cause="killed", host="gpu-02"),
        event("ended", "Job sft has failed: killed.", cause="killed", host="gpu-02"),
        event("given_up", "The job was not restarted."),
        event("ended", "Job sft has succeeded."),
    ]
    told = [message for one in events if (message := messages.of(one))]
    assert [(one["event"], one["text"]) for one in told] == [
        ("started", "Job sft was started on 2 hosts."),
        ("finding", "No rank has printed anything."),
        ("finding", "Job sft hangs."),
        ("ended", "Job sft has failed: hang."),
        ("restarted", "Job sft was started again."),
        ("ended", "Job sft has failed: killed. Rank 1 was killed."),
        ("given_up", "The job was not restarted."),
        ("ended", "Job sft has succeeded."),
    ]
    assert told[5]["host"] == "gpu-02" and told[5]["job"] == "sft"
    assert messages.of(event("started", "a\x1b[2Jb\nc"))["text"] == "ab\nc"  # type: ignore[index]


def test_the_form_of_each_service() -> None:
    assert body_of(MESSAGE, JSON, "", 0) == MESSAGE
    assert body_of(MESSAGE, SLACK, "", 0)["text"].startswith("t sft: Job sft &lt;started&gt; &amp; ")
    text = f"t sft: {MESSAGE['text']}"
    assert body_of(MESSAGE, FEISHU, "", 0) == {"msg_type": "text", "content": {"text": text}}
    assert body_of(MESSAGE, DINGTALK, "", 0) == {"msgtype": "text", "text": {"content": text}}


def test_the_signatures_of_bots() -> None:
    key = b"1700000000\nhush"
    signed = body_of(MESSAGE, FEISHU, "hush", 1_700_000_000.9)
    assert signed["timestamp"] == "1700000000"
    assert signed["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    address = address_of("https://x/robot/send?access_token=a", DINGTALK, "hush", 1_700_000_000.5)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    own = base64.b64encode(hmac.new(b"hush", b"1700000000500\nhush", hashlib.sha256).digest()).decode()
    assert query == {"access_token": ["a"], "timestamp": ["1700000000500"], "sign": [own]}
    assert address_of("https://x/y", SLACK, "hush", 0) == "https://x/y"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"errcode": 310000, "errmsg": "keywords not in content"}, "keywords not in content (310000)"),
        ({"code": 19001, "msg": "param invalid"}, "param invalid (19001)"),
        ({"code": 0, "msg": "success"}, ""),
        ({"errcode": 0, "errmsg": "ok"}, ""),
        ({"ok": True}, ""),
        (["x"], ""),
        (None, ""),
    ],
)
def test_success_that_is_none(answer: Any, why: str) -> None:
    assert refusal_in(answer) == why


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://hooks.example.org/services/T/B/x", ""),
        ("http://127.0.0.1:8080/x", ""),
        ("file:///etc/passwd", "does not begin with"),
        ("hooks.example.org/x", "does not begin with"),
        ("https://", "does not begin with"),
        ("https://x:99999/y", "is no URL"),
        ("https://x/a b", "has characters"),
        ("https://x/a\r\nHost: y", "has characters"),
    ],
)
def test_a_url_that_cannot_be(url: str, problem: str) -> None:
    assert url_problem(url).startswith(problem) and bool(url_problem(url)) == bool(problem)


def send(url: str, *events: dict[str, Any]) -> list[str]:
    warned: list[str] = []
    options = {"webhook_url": url, "webhook_format": JSON, "webhook_secret": ""}
    with notifying(options, Messages("t", "sft"), warned.append) as notify:
        for one in events:
            notify(one)
    return warned


def test_it_arrives_in_order(receiver: Receiver) -> None:
    assert send(receiver.url, event("started", "one"), event("phase", "no"), event("ended", "two")) == []
    assert [(path, body["text"]) for path, body in receiver.received] == [
        ("/hook/hidden-token", "one"),
        ("/hook/hidden-token", "two"),
    ]


def test_it_is_tried_again(receiver: Receiver) -> None:
    receiver.answers = [(500, ""), (502, "")]
    assert send(receiver.url, event("started", "one")) == []
    assert len(receiver.received) == 3


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([(404, "")] * 9, "it answered with HTTP status 404"),
        ([(302, "")] * 9, "it answered with HTTP status 302"),
        ([(200, '{"code": 19021, "msg": "sign match fail"}')] * 9, r"sign match fail (19021)"),
    ],
)
def test_what_does_not_take_it_is_reported_once_without_the_url(receiver: Receiver, answers: Any, why: str) -> None:
    receiver.answers = answers
    (warned,) = send(receiver.url, event("started", "one"), event("ended", "two"))
    assert why in warned and "on host 127.0.0.1" in warned and "hidden-token" not in warned
    assert {path for path, _body in receiver.received} == {"/hook/hidden-token"}


def test_one_that_is_not_there_holds_nothing_up() -> None:
    (warned,) = send("http://127.0.0.1:9/hidden-token", event("started", "one"))
    assert "cannot be reached (Connection refused)" in warned and "hidden-token" not in warned
    assert host_of("https://user:word@hooks.example.org/x") == "hooks.example.org"


def test_one_that_does_not_answer_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_CLOSE_SECONDS", 0.2)
    monkeypatch.setattr(Webhook, "_send", lambda *_arguments: time.sleep(30) or "")
    began = time.monotonic()
    send("http://127.0.0.1:9/x", *[event("started", "one")] * 200)
    assert time.monotonic() - began < 5


def test_nothing_is_sent_without_a_url() -> None:
    with notifying({}, Messages("t", "sft"), lambda _text: None) as notify:
        notify(event("started", "one"))


def test_a_followed_job_notifies(receiver: Receiver, tmp_path: Path) -> None:
    killed = rank(1, "failed", exit_code=137, ended=5.0, last_lines=["Killed"])
    stage = Stage([rank(0), rank(1)], [rank(0), killed])
    follower = stage.follower(tmp_path / "events.jsonl", grace=0)
    hook = Webhook(receiver.url, SLACK, "", Messages("llama-factory", "sft"))
    follower.recorder._notify = hook
    follower.recorder.began(100.0, 2, "sft", 0)
    with pytest.raises(ClusterError):
        follower.follow()
    hook.close()
    said = [body["text"] for _path, body in receiver.received]
    assert said[0] == "llama-factory sft: Job sft was started on 2 hosts."
    assert said[1].startswith("llama-factory sft: Job sft has failed: killed. Rank 1 of job sft on host gpu-02 ended")
    assert len(said) == 2
