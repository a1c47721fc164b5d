# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ranks as agents report them, around the moment at which an attempt is begun."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.agent_link import Events
from ansible_collections.distrain.cluster.plugins.module_utils.keeper.observer import JobObserver


class FakeLink:
    """An agent that sends what a test lets it send."""

    has_ended = False

    def __init__(self, host: str, events: Events) -> None:
        self._host, self._events = host, events
        self.sees("old", "failed")

    def sees(self, attempt: str | None, state: str = "running") -> None:
        job = {"attempt": attempt, "state": state, "last_lines": []}
        self._events.put((self._host, {"event": "seen", "found": {"job": job}}))

    def send(self, command: Mapping[str, Any]) -> None: ...

    def send_line(self, line: bytes) -> None: ...

    def keep_alive(self) -> None: ...

    def close(self) -> None: ...


def test_a_host_that_has_not_looked_again_yet_has_lost_nothing() -> None:
    links: list[FakeLink] = []

    def connect(host: str, events: Events) -> FakeLink:
        links.append(FakeLink(host, events))
        return links[-1]

    with closing(JobObserver(["gpu-01"], 1, 1, str, connect)) as observer:
        observer.expect("old")
        assert [rank.state for rank in observer.observe()] == ["failed"]
        observer.expect("new")
        assert [rank.state for rank in observer.observe()] == ["running"], "nothing is known of it"
        assert observer.job_of("gpu-01") == {}
        links[0].sees("old", "failed")
        assert [rank.state for rank in observer.observe()] == ["running"], "it may have been under way"
        links[0].sees("new")
        assert [rank.state for rank in observer.observe()] == ["running"]
        assert observer.job_of("gpu-01")["attempt"] == "new"
        links[0].sees(None, "absent")
        assert [rank.state for rank in observer.observe()] == ["lost"], "its host has lost it"
