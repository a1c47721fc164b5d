# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Artifacts as a job over three hosts leaves them, one of whose ranks was killed and came back."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).resolve().parents[3] / "roles" / "report" / "templates"
BEGAN = 1_795_600_000.0
FIRST_STEP = 70
KILLED = 760
RESUMED = 905
SECONDS_A_STEP = 2.5
STEPS = 600
CHECKPOINT = 250
ENDED = RESUMED + (STEPS - CHECKPOINT) * SECONDS_A_STEP + 40
HOSTS = ("gpu-01", "gpu-02", "gpu-03")
IMAGE_ID = "sha256:4be1f0c8d2a7735e9f6a41c6b0de83a9e27c5f14d8b6a03921e7cc58f4ad9012"
LAYERS = "sha256:a91c34e07d5b28f6135e9d7c40ba62f8e31d9b7a05c4f2e86d17b3098cfe4a25"
GIB = 1024**3
EVIL = "\"'</style></title></svg><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"


def write_all(directory: Path) -> None:
    """A job C(sft) and what the cluster's playbooks leave."""
    write_job(directory, "sft")
    _write_json(directory / "preflight.json", preflight())
    _write_json(directory / "overlay-matrix.json", matrix(HOSTS))
    _write_json(directory / "network-check.json", network_check())


def write_job(directory: Path, name: str, hosts: tuple[str, ...] = HOSTS) -> None:
    chance = random.Random(5)
    _write_json(directory / name / "job.json", job(name, hosts))
    _write_lines(directory / name / "watch.jsonl", looks(hosts, chance))
    _write_lines(directory / name / "events.jsonl", events(hosts))
    for host in hosts:
        _write_lines(directory / name / host / "trainer_log.jsonl", trainer_log(chance))


def job(name: str, hosts: tuple[str, ...]) -> dict[str, Any]:
    return {
        "schema": 1,
        "name": name,
        "trainer": "llama-factory",
        "attempt": 2,
        "outcome": "succeeded",
        "message": "",
        "began": BEGAN,
        "ended": BEGAN + ENDED,
        "launcher": "torchrun",
        "command": ["torchrun", "--nnodes", "3", "--node_rank", "0", "--nproc_per_node", "8", "src/train_bash.py"],
        "settings": {
            "stage": "sft",
            "finetuning_type": "lora",
            "learning_rate": 5e-05,
            "cutoff_len": 1024,
            "per_device_train_batch_size": 4,
            "gradient_accumulation_steps": 8,
            "save_steps": 50,
            "fp16": True,
            "output_dir": f"/app/output/{name}",
        },
        "environment": {"NCCL_DEBUG": "WARN", "NCCL_SOCKET_IFNAME": "=eth1"},
        "network": "overlay",
        "collection_version": "1.0.0",
        "image": {
            "name": "distrain/llama-factory:e3d8fc7",
            "layers_digest": LAYERS,
            "labels": {"io.distrain.commit": "e3d8fc7", "io.distrain.base": "nvcr.io/nvidia/pytorch:24.01-py3"},
        },
        "hosts": [host_of_job(host, rank) for rank, host in enumerate(hosts)],
        "plan": plan_lines(hosts),
        "results": {
            "world_size": 8 * len(hosts),
            "first_loss": 2.41,
            "last_loss": 0.83,
            "steps": STEPS,
            "steps_per_second": 1 / SECONDS_A_STEP,
            "checkpoint_seconds": 6.2,
            "checkpoint_every": 250,
            "seconds": ENDED,
        },
    }


def host_of_job(host: str, rank: int) -> dict[str, Any]:
    return {
        "host": host,
        "rank": rank,
        "processes": 8,
        "container": f"llama-factory-{host}",
        "image_id": IMAGE_ID,
        "engine": "28.5.2",
        "kernel": "6.8.0-45-generic" if rank != 2 else "6.8.0-41-generic",
        "driver": "550.127.05",
        "gpus": ["NVIDIA H100 80GB HBM3"] * 8,
        "interface": "eth1",
    }


def plan_lines(hosts: tuple[str, ...]) -> list[str]:
    return [
        *(f"advertise address      {host}  198.18.14.{11 + rank}" for rank, host in enumerate(hosts)),
        "    because: 198.18.14.0/24: the interfaces of the default routes",
        *(f"data path address      {host}  198.19.14.{11 + rank}" for rank, host in enumerate(hosts)),
        "    because: 198.19.14.0/24: 24.1 Gbit/s measured, MTU 9000; not 198.18.14.0/24: 0.9 Gbit/s, MTU 1500",
        "MTU below the overlay  all     9000",
        "    because: of the data path's smallest interface, and measured",
        "subnet of the overlay  all     10.78.0.0/16",
        "    because: no host has a route into it; 10.77.0.0/16 overlaps 10.77.128.0/20 of gpu-03",
        "network of the job     all     overlay",
        "    because: not every data interface has RDMA, so that the overlay costs some rate and nothing else",
    ]


def step_at(seconds: float) -> int | None:
    """Which step has been done; nothing while the trainer starts."""
    if seconds < FIRST_STEP or KILLED <= seconds < RESUMED:
        return None
    if seconds < KILLED:
        return int((seconds - FIRST_STEP) / SECONDS_A_STEP)
    return min(STEPS, CHECKPOINT + int((seconds - RESUMED) / SECONDS_A_STEP))


def loss_at(step: int, chance: random.Random) -> float:
    return round(0.8 + 1.6 * math.exp(-step / 130) + chance.gauss(0, 0.02 + 0.05 * math.exp(-step / 200)), 4)


def looks(hosts: tuple[str, ...], chance: random.Random) -> Iterable[dict[str, Any]]:
    for seconds in range(0, int(ENDED) + 1, 5):
        yield {
            "at": BEGAN + seconds,
            "ranks": [_rank(host, rank, seconds, chance) for rank, host in enumerate(hosts)],
        }


def _rank(host: str, rank: int, seconds: int, chance: random.Random) -> dict[str, Any]:
    step = step_at(seconds)
    is_training = step is not None and step < STEPS
    slower = 0.97 if rank == 2 else 1.0
    return {
        "host": host,
        "rank": rank,
        "state": "lost" if rank == 1 and KILLED <= seconds < KILLED + 30 else "running",
        "step": step,
        "total": STEPS if step is not None else None,
        "loss": loss_at(step, chance) if step else None,
        "samples_per_second": round(102.4 * slower + chance.gauss(0, 1.6), 2) if is_training else None,
        "remaining": (STEPS - step) * SECONDS_A_STEP if step is not None else None,
        "cpu_percent": 120.0,
        "memory_bytes": 60 * GIB,
        "gpu_percent": max(0.0, min(100.0, chance.gauss(93 * slower, 2.5))) if is_training else 0.0,
        "gpu_memory_bytes": (61 + rank * 0.4) * GIB if step is not None else 3 * GIB,
        "silent_seconds": 1.0,
    }


def events(hosts: tuple[str, ...]) -> list[dict[str, Any]]:
    last = f"{hosts[1]} is gone: its container was killed for memory. Its last line: CUDA error: out of memory"
    return [
        {"at": BEGAN, "kind": "started", "host": None, "rank": None, "text": f"Attempt 1 on {', '.join(hosts)}."}
        | {"hosts": len(hosts)},
        {"at": BEGAN + KILLED + 6, "kind": "finding", "host": hosts[1], "rank": 1, "text": f"Rank 1 on {last}"},
        {"at": BEGAN + KILLED + 12, "kind": "stopped", "host": None, "rank": None, "text": "Stopped the other ranks."},
        {"at": BEGAN + KILLED + 13, "kind": "ended", "host": hosts[1], "rank": 1, "text": "The job has failed: killed."}
        | {"cause": "killed", "retryable": True},
        {"at": BEGAN + 845, "kind": "restarted", "host": None, "rank": None, "text": "Attempt 2 from checkpoint-250."}
        | {"hosts": len(hosts)},
        {
            "at": BEGAN + 905,
            "kind": "phase",
            "host": None,
            "rank": None,
            "text": "The job trains.",
            "phase": "training",
        },
        {"at": BEGAN + ENDED, "kind": "ended", "host": None, "rank": None, "text": "All ranks ended with 0."},
    ]


def trainer_log(chance: random.Random) -> Iterable[dict[str, Any]]:
    for step in range(10, STEPS + 1, 10):
        yield {
            "current_steps": step,
            "total_steps": STEPS,
            "loss": loss_at(step, chance),
            "learning_rate": 5e-05,
            "epoch": step / 200,
            "percentage": step / STEPS * 100,
            "elapsed_time": str(timedelta(seconds=int(step * SECONDS_A_STEP))),
            "remaining_time": str(timedelta(seconds=int((STEPS - step) * SECONDS_A_STEP))),
        }


def matrix(hosts: tuple[str, ...], lost: tuple[str, str] | None = None) -> dict[str, Any]:
    chance = random.Random(3)
    rows = [_pair(one, other, (one, other) == lost, chance) for one in hosts for other in hosts if one != other]
    found = f"names resolve, but nothing crosses from {lost[0]} to {lost[1]}" if lost else ""
    remedy = "Open 4789/udp between the hosts, in the firewall of gpu-02 and on the way."
    return {
        "network": "distrain",
        "whole": lost is None,
        "matrix": rows,
        "problems": [{"cause": "4789/udp", "host": lost[1], "found": found, "remedy": remedy}] if lost else [],
    }


def _pair(source: str, target: str, is_lost: bool, chance: random.Random) -> dict[str, Any]:
    rate = chance.uniform(21_000, 24_000) * (0.55 if "gpu-03" in {source, target} else 1)
    return {
        "source": source,
        "target": target,
        "resolved": "10.78.0.7",
        "ms": None if is_lost else round(chance.uniform(0.08, 0.31), 3),
        "mtu": 8950,
        "path_mtu": None if is_lost else 8950,
        "mbits": None if is_lost else round(rate, 1),
        "verdict": "nothing crosses" if is_lost else "ok",
    }


def preflight() -> dict[str, Any]:
    values = [("data path address", host, f"198.19.14.{11 + rank}") for rank, host in enumerate(HOSTS)]
    choices = [{"what": what, "host": host, "value": value, "reason": "measured"} for what, host, value in values]
    finding = {
        "host": "gpu-03",
        "severity": "warning",
        "subject": "kernel",
        "found": "6.8.0-41, the others have 6.8.0-45",
        "remedy": "Bring the hosts to one kernel.",
    }
    return {"findings": [finding], "measurements": [], "plan": {"problem": "", "choices": choices}}


def network_check() -> dict[str, Any]:
    sizes = [4 << 10, 64 << 10, 1 << 20, 16 << 20, 64 << 20]
    rows = [_all_reduce(size, 0.00012 + size / 9.1e8, 0.00008 + size / 1.04e9) for size in sizes]
    cluster = ", ".join(f"{host} (198.19.14.{11 + rank})" for rank, host in enumerate(HOSTS))
    latest = {
        "cluster": cluster,
        "date": "2026-11-25 08:12:03 UTC",
        "ranks": list(HOSTS),
        "backend": "nccl",
        "versions": {"torch": "2.2.0"},
        "hosts": [{"host": host, "kernel": "6.8.0-45-generic", "engine": "28.5.2"} for host in HOSTS],
        "rows": rows,
        "problems": [],
        "overlay_cost_percent": 12.5,
        "network": "overlay",
        "reason": "the overlay costs large messages 12.5 % of their bandwidth",
        "remedy": "",
        "regressions": [],
        "compared_with": "2026-11-20 17:40:11 UTC",
        "not_compared": "",
    }
    return {"schema": 1, "clusters": {cluster: {"baseline": latest, "latest": latest}}}


def _all_reduce(size: int, overlay: float, host: float) -> dict[str, Any]:
    figures = {
        network: {"seconds": seconds, "algorithm": size / seconds, "bus": size / seconds * 4 / 3}
        for network, seconds in (("overlay", overlay), ("host", host))
    }
    return {"bytes": size, **figures, "ratio": round(host / overlay, 3)}


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1))


def _write_lines(path: Path, entries: Iterable[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))


def poisoned(value: Any, key: str = "") -> Any:
    """The same with something evil in every text, and in every name that is no field of the format."""
    if isinstance(value, dict):
        return {
            (f"{name}{EVIL}" if key in {"settings", "environment", "labels"} else name): poisoned(one, name)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [poisoned(one, key) for one in value]
    return f"{value}{EVIL}" if isinstance(value, str) else value


def poison(directory: Path) -> None:
    """Put something evil into every text that the artifacts hold."""
    for path in directory.rglob("*.json"):
        path.write_text(json.dumps(poisoned(json.loads(path.read_text()))))
    for path in directory.rglob("*.jsonl"):
        lines = [json.dumps(poisoned(json.loads(line))) for line in path.read_text().splitlines()]
        path.write_text("\n".join(lines))


def look(at: float, step: int | None, **fields: Any) -> dict[str, Any]:
    """What one look at a job with one rank has seen."""
    return {"at": at, "ranks": [{"host": "gpu-01", "rank": 0, "step": step, **fields}]}
