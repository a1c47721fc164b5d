# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job that is followed through scenes, with a clock that takes no time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.causes.log import JobContext
from ansible_collections.distrain.cluster.plugins.module_utils.follow.follower import Follower, Timeouts
from ansible_collections.distrain.cluster.plugins.module_utils.follow.recorder import JobRecorder
from ansible_collections.distrain.cluster.plugins.module_utils.follow.stacks import Stack
from ansible_collections.distrain.cluster.plugins.module_utils.job.ranks import Rank


def rank(number: int, state: str = "running", **more: Any) -> Rank:
    return Rank(host=f"gpu-{number + 1:02d}", rank=number, state=state, **more)


class Stage:
    """Plays one scene after the other, the last one for ever."""

    def __init__(self, *scenes: Sequence[Rank]) -> None:
        self.scenes = list(scenes)
        self.now = 0.0
        self.stopped: list[str] = []
        self.shown: list[str] = []
        self.warned: list[str] = []

    def observe(self) -> Sequence[Rank]:
        return self.scenes.pop(0) if len(self.scenes) > 1 else self.scenes[0]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def follower(self, events_file: Path | None = None, **timeouts: float) -> Follower:
        kept = str(events_file) if events_file else None
        return Follower(
            trainer="llama-factory",
            job_name="sft",
            context=JobContext(image="team/trainer:1", port=29500, names=["llama-factory-gpu-01"]),
            stacks=lambda: [Stack("gpu-02", 1, 77, "T")],
            recorder=JobRecorder(
                None,
                kept,
                clock=lambda: self.now,
                stacks_file=str(events_file.with_name("stacks.txt")) if events_file else None,
            ),
            observe=self.observe,
            stop=lambda ranks: self.stopped.extend(rank.host for rank in ranks),
            show=lambda text, _percent: self.shown.append(text),
            warn=self.warned.append,
            clock=lambda: self.now,
            sleep=self.sleep,
            timeouts=Timeouts(**timeouts),
        )
