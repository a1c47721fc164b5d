# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent says of the GPUs of a running job."""

from __future__ import annotations

from typing import Any

ADDRESS = "0000:3b:00.0"
GPU = {"index": 2, "uuid": "GPU-10000002-1111-2222-3333-444444444444", "pci_address": ADDRESS}
LABEL = "GPU 2 (GPU-10000002, 0000:3b:00.0)"
# The moment of an error, and the start of the job's clock in tests.
AT = 1_769_860_800.0


def xid_seen(*numbers: int, at: float = AT) -> dict[str, Any]:
    entry = {"pci_address": ADDRESS, "count": 1, "time": at, "pid": 4711, "process": "python3", "said": "words"}
    return {"gpus": [GPU], "xids": [{**entry, "number": number} for number in numbers]}


def slow_seen(*reasons: str) -> dict[str, Any]:
    times = {"since": AT, "last": AT + 10, "readings": 2, "temperature_celsius": 94}
    return {"gpus": [GPU], "slowdowns": [{**GPU, **times, "reason": reason} for reason in reasons]}


GONE_SEEN = {"gpus": [GPU], "gone": [GPU]}
