# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parse single lines of a trainer's output: progress bars of tqdm, logged dictionaries, and lines with a step.

The forms are those of transformers, ms-swift, TRL, diffusers and Lightning (tqdm, dictionaries), of Megatron and its
descendants (C(iteration 120/ 1000 | ...)), of DeepSpeed (C(step=10, skipped=0, ...), C(global_step=10,)), and a step
and a loss in one line, as torchtitan, torchtune, nanoGPT and many custom training loops print them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..base.durations import seconds_of
from ..base.printable import drawn_lines
from .steps import count_of, finite, number_of

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?(?:e[-+]?\d+)?|nan|inf(?:inity)?)(?![a-z0-9_])"
_UNIT = r"(?:it|iter|step|batch)"
_BAR = re.compile(
    r"(?P<percent>\d{1,3})%\|[^|]*\|\s*(?P<step>\d{1,12})/(?P<total>\d{1,12}) \[(?P<elapsed>[\d:]+)<(?P<left>[\d:?]+),"
    rf"\s*(?P<rate>[\d.?]+)\s?(?P<unit>{_UNIT}(?:e?s)?/s|s/{_UNIT})(?P<postfix>[^\]]*)\]"
)
# What launchers put before a line: torchrun's and MPI's rank, srun's task, pdsh's host, a process ID, a time.
_PREFIX = re.compile(
    r"\s*(?:\[[^\]]*\](?:<\w+>)?:?|\(\w*\s?pid=[^)]*\):?|\d+:\s|[a-z][\w.-]*\d[\w.-]*:\s"
    r"|\d{4}-\d\d-\d\d[T ][\d:.,]+Z?)\s*",
    re.IGNORECASE,
)
# Bars of work before, between and after the training steps. They are ignored, whatever else they contain.
_OTHER_WORK = re.compile(
    r"load|fetch|\bmap\b|mapping|filter|token|generat|convert|sav|pack|shard|split|dataset|\bdata\b|read|writ|eval|valid"
    r"|test|predict|infer|check|format|extract|process|comput|merg|quantiz|creat|resolv|copy|build|cach|index|encod"
    r"|group|captur|compil|initiali",
    re.IGNORECASE,
)
_TRAINING = re.compile(
    r"train|\bstep|epoch|\biter|fine.?tun|\bloss\b|\bsft\b|\bdpo\b|\bppo\b|\bgrpo\b|progress", re.IGNORECASE
)
_LOGGED = re.compile(r"\{[^{}]*['\"]loss['\"]\s*:[^{}]*\}?")
_MEGATRON = re.compile(r"\biteration\s+(\d{1,12})\s*/\s*(\d{1,12})\s*\|(?P<rest>.*)", re.IGNORECASE)
_DEEPSPEED = re.compile(r"\bstep=(\d{1,12}), skipped=\d+, lr=|/global_step=(\d{1,12}), ")
_STEP = re.compile(
    r"\b(?:global[ _-]?)?(?:step|iter(?:ation)?)s?\s*[:=#]?\s*\[?\s*(\d{1,12})(?:\s*/\s*(\d{1,12}))?\b", re.IGNORECASE
)
_LOSS = re.compile(
    r"(?<![a-z0-9_./-])(?<!val )(?<!valid )(?<!validation )(?<!test )(?<!aux )"
    rf"(?:(?:train(?:ing)?|lm|step)[ _/-])?loss(?:\s+train)?\s*[:=]?\s*({_NUMBER})",
    re.IGNORECASE,
)
_NORM = re.compile(rf"grad(?:ient)?[ _]?norm\s*[:=]\s*({_NUMBER})", re.IGNORECASE)


@dataclass(frozen=True)
class ProgressBar:
    """``words`` stand before it; ``rate`` is in steps a second; ``loss`` and ``grad_norm`` stand behind it."""

    words: str
    step: int
    total: int
    percentage: float
    left: str
    rate: float | None
    loss: float | None = None
    grad_norm: float | None = None

    @property
    def is_training(self) -> bool:
        """Whether it has no words, or words that name training."""
        return not self.words or (not self.is_other_work and bool(_TRAINING.search(self.words)))

    @property
    def is_other_work(self) -> bool:
        return bool(_OTHER_WORK.search(self.words))


@dataclass(frozen=True)
class LoggedValues:
    """The values of a dictionary (``is_logged``), whose step may stand in the bar before it, or of another line."""

    step: int | None = None
    total: int | None = None
    loss: float | None = None
    grad_norm: float | None = None
    rate: float | None = None
    seconds_left: float | None = None
    batch: int | None = None
    tokens_seen: int | None = None
    is_logged: bool = False


def read_lines(text: str) -> list[ProgressBar | LoggedValues]:
    """Return the bars and values in the lines, in their order; other lines are left out."""
    return [found for drawn in drawn_lines(text) for line in drawn for found in _read(line)]


def _read(line: str) -> Iterator[ProgressBar | LoggedValues]:
    end = 0
    for match in _BAR.finditer(line):
        yield _bar(match, line[end : match.start()])
        end = match.end()
    rest = line[end:].strip()
    if not rest:
        return
    logged = _LOGGED.search(rest)
    if logged:
        yield _logged(logged[0])
    else:
        values = _megatron(rest) or _deepspeed(rest) or _step_and_loss(rest) or _tokens(rest)
        if values:
            yield values


def _bar(match: re.Match[str], before: str) -> ProgressBar:
    words = re.sub(r"\{[^{}]*\}", "", before)
    while prefix := _PREFIX.match(words):
        words = words[prefix.end() :]
    number = finite(match["rate"])
    rate = (1 / number if match["unit"].startswith("s/") else number) if number else None
    values = match["postfix"] or words
    return ProgressBar(
        words=words.strip(" :-|"),
        step=int(match["step"]),
        total=int(match["total"]),
        percentage=float(match["percent"]),
        left="" if "?" in match["left"] else match["left"],
        rate=rate,
        loss=_number(_LOSS, values),
        grad_norm=_number(_NORM, values),
    )


def _logged(text: str) -> LoggedValues:
    """Parse a dictionary as Python or JSON writes it; its values may be strings."""
    position = re.search(r"['\"]global_step/max_steps['\"]\s*:\s*['\"](\d{1,12})/(\d{1,12})['\"]", text)
    own = next((found for name in ("global_step", "step", "current_steps") if (found := _field(text, name))), None)
    return LoggedValues(
        step=int(position[1]) if position else count_of(own),
        total=int(position[2]) if position else count_of(_field(text, "total_steps")),
        loss=number_of(_field(text, "loss")),
        grad_norm=number_of(_field(text, "grad_norm")),
        rate=finite(_field(text, "train_speed(iter/s)")) or None,
        seconds_left=seconds_of(_field(text, "remaining_time")),
        tokens_seen=count_of(_field(text, "num_input_tokens_seen")),
        is_logged=True,
    )


def _field(text: str, name: str) -> str | None:
    found = re.search(rf"['\"]{re.escape(name)}['\"]\s*:\s*['\"]?([^'\",}}]*)", text)
    return found[1].strip() if found else None


def _megatron(line: str) -> LoggedValues | None:
    match = _MEGATRON.search(line)
    if not match:
        return None
    pairs = (part.rpartition(":") for part in match["rest"].split("|"))
    values = {name.strip().lower().replace("_", " "): value.strip() for name, _colon, value in pairs}
    losses = [value for name, value in values.items() if name.endswith("loss") and "scale" not in name]
    own = next((values[name] for name in ("lm loss", "loss", "train loss") if name in values), *losses[:1] or [None])
    milliseconds = finite(values.get("elapsed time per iteration (ms)"))
    rate = 1000 / milliseconds if milliseconds else None
    step, total = int(match[1]), int(match[2])
    return LoggedValues(
        step=step,
        total=total,
        loss=number_of(own),
        grad_norm=number_of(values.get("grad norm")),
        rate=rate,
        seconds_left=max(0, total - step) / rate if rate else None,
        batch=count_of(values.get("global batch size")),
    )


def _deepspeed(line: str) -> LoggedValues | None:
    match = _DEEPSPEED.search(line)
    return LoggedValues(step=int(match[1] or match[2])) if match else None


def _step_and_loss(line: str) -> LoggedValues | None:
    match = _STEP.search(line)
    loss = _number(_LOSS, line[match.end() :]) if match else None
    if not match or loss is None:
        return None
    norm = _number(_NORM, line[match.end() :])
    return LoggedValues(step=int(match[1]), total=int(match[2]) if match[2] else None, loss=loss, grad_norm=norm)


def _tokens(line: str) -> LoggedValues | None:
    tokens = count_of(_field(line, "num_input_tokens_seen"))
    return LoggedValues(tokens_seen=tokens) if tokens is not None else None


def _number(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text)
    return number_of(found[1]) if found else None
