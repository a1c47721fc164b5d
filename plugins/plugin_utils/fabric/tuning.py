# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables that let NCCL use a TCP network at its rate: which are tried, and which hold before any was measured.

Which of them a job gets is decided by C(allreduce.tuning.tuning_of), from the newest network check or from these.

By default NCCL moves the data of a connection over one socket in one thread, outside of a few clouds that it knows. The
product of threads and sockets for each thread must not exceed 64.
https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html
"""

from __future__ import annotations

from collections.abc import Mapping

THREADS, SOCKETS = "NCCL_SOCKET_NTHREADS", "NCCL_NSOCKS_PERTHREAD"
RDMA_DEVICES = "NCCL_IB_HCA"
# The default is measured once more after all others, so that what has changed meanwhile is not taken for a gain.
DEFAULT, DEFAULT_AGAIN = "default", "default again"
# One TCP stream reached 16 Gbit/s between two H200 hosts, whose network carries 26: a faster link needs several.
MBITS_OF_ONE_STREAM = 16_000

Tunings = dict[str, dict[str, str]]


def _of_nccl(threads: int, sockets: int) -> dict[str, str]:
    return {THREADS: str(threads), SOCKETS: str(sockets)}


# THREADSxSOCKETS.
OF_NCCL = {f"{threads}x{sockets}": _of_nccl(threads, sockets) for threads, sockets in ((1, 4), (2, 2), (4, 4), (8, 8))}


def tunings_of(backend: str, environment: Mapping[str, object], wanted: Mapping[str, Mapping[str, object]]) -> Tunings:
    """Return what a network check tries, by name, the library's own default first, and where there are others last too.

    ``wanted`` replaces the tunings of the collection, of which gloo has none. What ``environment`` sets already is not
    tried, nor is anything where NCCL uses RDMA.
    """
    tried = wanted or (OF_NCCL if backend == "nccl" and RDMA_DEVICES not in environment else {})
    free = {
        name: {key: str(value) for key, value in values.items()}
        for name, values in tried.items()
        if name not in (DEFAULT, DEFAULT_AGAIN) and not values.keys() & environment.keys()
    }
    return {DEFAULT: {}, **free, **({DEFAULT_AGAIN: {}} if free else {})}


def tuning_by_speed(mbits: int | None) -> dict[str, str]:
    """Return the variables for a link of this speed that was not checked; none where its speed is not known."""
    return OF_NCCL["4x4"] if mbits is not None and mbits > MBITS_OF_ONE_STREAM else {}
