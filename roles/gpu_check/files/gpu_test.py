# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A test of some seconds of each GPU of a host: matrix products, copies, and whether it computes the same every time.

Without ``--gpu`` it starts one process for each GPU, all at once as a job has them, and prints what they found as one
line of JSON. With it, it is one of these. With the device cpu it tests the processor instead, as one GPU would be.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SEED = 20260131
# How long products are timed in a row; after each such batch the last product is checked.
BATCH_SECONDS = 0.25
COPY_SECONDS = 1.0
# Sums of whole numbers below this are exact in 32 bits, in whatever order they are added.
EXACT = 2**24
# The whole numbers that bfloat16 holds exactly are up to this.
MOST_OF_BFLOAT16 = 127
GIGA, TERA = 1e9, 1e12
GRACE_SECONDS = 5


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=["cuda", "cpu"], required=True)
    parser.add_argument("--gpus", nargs="+", required=True, help="the UUIDs of the GPUs, or cpu")
    parser.add_argument("--gpu", help="the one of this process")
    parser.add_argument("--size", type=int, required=True, help="rows and columns of the matrices")
    parser.add_argument("--seconds", type=float, required=True, help="how long products are timed")
    parser.add_argument("--copy-bytes", type=int, required=True)
    parser.add_argument("--timeout", type=float, required=True, help="seconds for everything at most")
    return parser.parse_args(arguments)


def run_all(settings: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return the result of each GPU; one that does not end in time, or whose process dies, has a problem."""
    deadline = time.monotonic() + settings.timeout
    processes = {gpu: _start(gpu) for gpu in settings.gpus}
    return {gpu: _result(process, deadline) for gpu, process in processes.items()}


def _start(gpu: str) -> subprocess.Popen[str]:
    # A workspace of a fixed size, without which cuBLAS may add in another order each time.
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": gpu, "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
    command = [sys.executable, "-u", __file__, *sys.argv[1:], "--gpu", gpu]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _result(process: subprocess.Popen[str], deadline: float) -> dict[str, Any]:
    try:
        printed, words = process.communicate(timeout=max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        # A process that waits for a driver that is stuck cannot be killed.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=GRACE_SECONDS)
        return {"problem": "the test did not end in time"}
    with contextlib.suppress(ValueError, IndexError):
        return json.loads(printed.splitlines()[-1])
    last = next((line.strip() for line in reversed(words.splitlines()) if line.strip()), "")
    return {"problem": f"its process ended with {process.returncode}{f': {last[:300]}' if last else ''}"}


class GpuTest:
    def __init__(self, torch: Any, settings: argparse.Namespace) -> None:
        self._torch = torch
        self._settings = settings
        self._is_cuda = settings.device == "cuda"
        self._device = torch.device("cuda", 0) if self._is_cuda else torch.device("cpu")

    def run(self) -> dict[str, Any]:
        torch = self._torch
        torch.use_deterministic_algorithms(True)
        rates, digests = self._products()
        return {
            "model": torch.cuda.get_device_name(0) if self._is_cuda else "cpu",
            "teraflops": round(statistics.median(rates), 4),
            "teraflops_lowest": round(min(rates), 4),
            "digest": digests[0],
            "digests": sorted(set(digests)),
            "products": len(digests),
            "copies": self._copies(),
            "versions": {"torch": torch.__version__, "cuda": torch.version.cuda or ""},
            "problem": "",
        }

    def _products(self) -> tuple[list[float], list[str]]:
        """Return the teraflops of each batch, and the checksum of the last product of each."""
        left, right = self._matrix(1), self._matrix(2)
        product = self._torch.matmul(left, right)
        once = self._timed(lambda: self._torch.matmul(left, right, out=product), 3)
        count = max(1, int(BATCH_SECONDS / once))
        rates, digests = [], []
        end = time.monotonic() + self._settings.seconds
        while not rates or time.monotonic() < end:
            seconds = self._timed(lambda: self._torch.matmul(left, right, out=product), count)
            rates.append(2 * self._settings.size**3 / seconds / TERA)
            digests.append(self._digest(product))
        return rates, digests

    def _matrix(self, number: int) -> Any:
        """Whole numbers, the same on every host, whose products are exact: any other result is an error."""
        size = self._settings.size
        most = min(MOST_OF_BFLOAT16, int((EXACT / size) ** 0.5))
        generator = self._torch.Generator("cpu").manual_seed(SEED + number)
        values = self._torch.randint(-most, most + 1, (size, size), generator=generator, dtype=self._torch.int16)
        return values.to(self._device).to(self._torch.bfloat16 if self._is_cuda else self._torch.float32)

    def _digest(self, product: Any) -> str:
        """A checksum of all bits: of each column and each row the sum of what the bits are as whole numbers."""
        bits = product.view(self._torch.int16 if product.element_size() == 2 else self._torch.int32)
        sums = [bits.sum(dim=one, dtype=self._torch.int64).cpu() for one in (0, 1)]
        return hashlib.sha256(repr([one.tolist() for one in sums]).encode()).hexdigest()[:16]

    def _copies(self) -> dict[str, float]:
        """Gigabytes a second; one GPU of a host after the other, as they may share a link."""
        torch, count = self._torch, self._settings.copy_bytes
        there = torch.zeros(count, dtype=torch.uint8, device=self._device)
        other = torch.zeros_like(there)
        found = {"device": self._copy_rate(other, there)}
        if self._is_cuda:
            here = torch.zeros(count, dtype=torch.uint8, pin_memory=True)
            with Path(__file__).open(encoding="utf-8") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                found["host_to_device"] = self._copy_rate(there, here)
                found["device_to_host"] = self._copy_rate(here, there)
        return found

    def _copy_rate(self, target: Any, source: Any) -> float:
        once = self._timed(lambda: target.copy_(source, non_blocking=True), 2)
        seconds = self._timed(lambda: target.copy_(source, non_blocking=True), max(1, int(COPY_SECONDS / once)))
        return round(self._settings.copy_bytes / seconds / GIGA, 3)

    def _timed(self, action: Callable[[], Any], count: int) -> float:
        """Seconds of one, the mean of some in a row."""
        self._wait()
        started = time.perf_counter()
        for _one in range(count):
            action()
        self._wait()
        return max((time.perf_counter() - started) / count, 1e-9)

    def _wait(self) -> None:
        if self._is_cuda:
            self._torch.cuda.synchronize()


def run_one(settings: argparse.Namespace) -> dict[str, Any]:
    try:
        import torch  # noqa: PLC0415 (only the process of a GPU needs it)

        return GpuTest(torch, settings).run()
    except Exception as error:
        return {"problem": f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:300]}"}


def main() -> None:
    settings = parse(sys.argv[1:])
    print(json.dumps(run_one(settings) if settings.gpu else run_all(settings)), flush=True)
    # What torch or a driver still holds must not keep it.
    os._exit(0)


if __name__ == "__main__":
    main()
