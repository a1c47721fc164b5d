# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command line. Without ``--rank`` it stands for a host, which starts its ranks; with it, for one of them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .host import run_host
from .rank import Rank


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="all_reduce", description=__doc__)
    parser.add_argument("--network", required=True, help="the network of this process")
    parser.add_argument("--networks", nargs="+", required=True, help="all networks, in the order of their turns")
    parser.add_argument("--host", required=True, help="the host of this process")
    parser.add_argument("--ranks", nargs="+", required=True, help="the host of each rank")
    parser.add_argument("--rank", type=int, help="which of them this is")
    parser.add_argument("--tunings", type=json.loads, required=True, help="names to variables, each tried in turn")
    parser.add_argument("--tuning", help="which of them this process has, as its environment")
    parser.add_argument("--address", required=True, help="name or address of the first rank")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--near", default="", help="an address in the subnet of the interface to use")
    parser.add_argument("--backend", choices=["gloo", "nccl"], required=True)
    parser.add_argument("--sizes", nargs="+", type=int, required=True, help="bytes, multiples of 4")
    parser.add_argument("--rounds", type=int, required=True, help="how often each size is timed")
    parser.add_argument("--seconds", type=float, required=True, help="how long it is timed each time")
    parser.add_argument("--repetitions", type=int, required=True, help="all-reduces in that time at most")
    parser.add_argument("--arrival", type=float, required=True, help="seconds until all ranks are there")
    parser.add_argument("--patience", type=float, required=True, help="seconds for one all-reduce at most")
    parser.add_argument("--timeout", type=float, required=True, help="seconds for everything at most")
    parser.add_argument("--directory", type=Path, required=True, help="where the networks of a host meet")
    return parser.parse_args(arguments)


settings = parse(sys.argv[1:])
if settings.rank is None:
    sys.exit(run_host(settings))
Rank(settings).run()
