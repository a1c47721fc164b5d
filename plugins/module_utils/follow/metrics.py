# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: an observation of a job in the text format of Prometheus, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Labels = Mapping[str, str]
Rank = Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """``of_job`` and ``of_rank`` are the keys of an observation that the value is read from; ``factor`` its unit."""

    name: str
    help: str
    key: str
    kind: str = "gauge"
    factor: float = 1.0


# Of the first rank that knows it, since all ranks of a job make the same steps.
JOB_METRICS = (
    Metric("distrain_job_step", "The step that the job has reached.", "step"),
    Metric("distrain_job_steps", "The steps that the job is to make.", "total"),
    Metric("distrain_job_loss", "The training loss as it was reported last.", "loss"),
    Metric("distrain_job_grad_norm", "The norm of the gradients as it was reported last.", "grad_norm"),
    Metric("distrain_job_tokens_per_second", "Tokens a second over all ranks.", "tokens_per_second"),
    Metric("distrain_job_samples_per_second", "Samples a second over all ranks.", "samples_per_second"),
    Metric("distrain_job_remaining_seconds", "The time to the last step, as the trainer estimates it.", "remaining"),
)
RANK_METRICS = (
    Metric("distrain_rank_silent_seconds", "How long the rank has printed nothing.", "silent_seconds"),
    Metric(
        "distrain_rank_cpu_ratio", "CPUs in use by the rank's processes, 1 for one core.", "cpu_percent", factor=0.01
    ),
    Metric("distrain_rank_memory_bytes", "The resident memory of the rank's processes.", "memory_bytes"),
    Metric("distrain_rank_gpu_ratio", "The utilization of the host's GPUs of the job.", "gpu_percent", factor=0.01),
    Metric("distrain_rank_gpu_memory_bytes", "The memory of the GPUs in use by the rank.", "gpu_memory_bytes"),
)
UP = Metric("distrain_rank_running", "1 while the rank runs and its host answers.", "")
PROBLEMS = Metric("distrain_rank_gpu_problems", "How many things are wrong with the GPUs of the rank.", "")
STATE = Metric("distrain_job_state", "1 for the state that the job is in.", "")
RESTARTS = Metric("distrain_job_restarts_total", "How often the job was started again.", "", "counter")
STARTED = Metric("distrain_job_start_time_seconds", "When the job was started, in seconds since 1970.", "")
OBSERVED = Metric("distrain_job_observed_time_seconds", "When the job was observed, in seconds since 1970.", "")
STATES = ("running", "succeeded", "failed", "stopped")
RUNNING = "running"


@dataclass(frozen=True)
class JobMetrics:
    """A job as it was observed; ``ranks`` are those of an entry of its record, ``started`` is 0 where not known."""

    trainer: str
    job: str
    state: str
    at: float
    started: float = 0.0
    restarts: int = 0
    ranks: Sequence[Rank] = field(default_factory=tuple)


def metrics_text(job: JobMetrics) -> str:
    """Return the metrics, each with its help and its type, in a fixed order; what is not known is left out."""
    return "".join(f"{line}\n" for metric, samples in _families(job) for line in _family(metric, samples))


def _families(job: JobMetrics) -> Iterator[tuple[Metric, list[tuple[Labels, Any]]]]:
    of_job = {"trainer": job.trainer, "training_job": job.job}
    yield STATE, [({**of_job, "state": state}, int(job.state == state)) for state in STATES]
    yield RESTARTS, [(of_job, job.restarts)]
    yield STARTED, [(of_job, job.started or None)]
    yield OBSERVED, [(of_job, job.at)]
    for metric in JOB_METRICS:
        yield metric, [(of_job, next((one[metric.key] for one in job.ranks if one.get(metric.key) is not None), None))]
    labelled = [({**of_job, "host": str(one["host"]), "rank": str(one["rank"])}, one) for one in job.ranks]
    yield UP, [(labels, int(one["state"] == RUNNING)) for labels, one in labelled]
    for metric in RANK_METRICS:
        yield metric, [(labels, one.get(metric.key)) for labels, one in labelled]
    yield PROBLEMS, [(labels, len(one.get("gpu_problems") or ())) for labels, one in labelled]


def _family(metric: Metric, samples: Iterable[tuple[Labels, Any]]) -> list[str]:
    lines = [
        f"{metric.name}{_labels(labels)} {_number(value * metric.factor)}"
        for labels, value in samples
        if isinstance(value, int | float)
    ]
    return [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}", *lines] if lines else []


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.15g}"
