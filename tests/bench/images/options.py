# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the bench is run with. The defaults fit two cores and half an hour."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields

SHAPES = ("layers", "files", "huge")
RIVALS = ("recipe", "zstd", "registry")


@dataclass(frozen=True)
class Options:
    """Sizes are in millions of bytes, the rate in millions of bits per second, shares between 0 and 1."""

    lab_name: str = "bench"
    lab_number: int = 19
    receivers: int = 8
    rate: float = 64.0
    size: int = 48
    uncapped_size: int = 256
    pair_size: int = 512
    many_layers: int = 60
    rounds: int = 3
    spare_rounds: int = 1
    plot_rounds: int = 1
    cpu_limit: float = 0.8
    minutes: float = 24.0
    keep: bool = False

    @property
    def bytes_per_second(self) -> float:
        return self.rate * 1e6 / 8

    @property
    def counts(self) -> tuple[int, ...]:
        """Of hosts: 1, 2, 4, 8 ... up to all of them."""
        powers = [2**power for power in range(10) if 2**power < self.receivers]
        return (*powers, self.receivers)


WORDS = {
    "lab_name": "the name of the lab that is made for this, and removed at the end",
    "lab_number": "its number, which its addresses and ports follow from",
    "receivers": "how many hosts receive; one more sends",
    "rate": "of each host's card, in either direction, in Mbit/s",
    "size": "of each image, in MB",
    "uncapped_size": "of the image that goes to one host without a cap, in MB",
    "pair_size": "what goes from one host to another without a cap, encrypted and plain, in MB",
    "many_layers": "how many layers the image of many layers has",
    "rounds": "how often everything is measured, in turn",
    "spare_rounds": "how many more rounds may replace void ones",
    "plot_rounds": "in how many rounds the rivals are measured with fewer hosts too, for the plot",
    "cpu_limit": "a measurement during which the machine was busier than this share is void",
    "minutes": "after so many no further round begins",
    "keep": "keep the lab for a look, and for the next run",
}


def parse() -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.images", description=__doc__)
    for one in fields(Options):
        flag = f"--{one.name.replace('_', '-')}"
        words = f"{WORDS[one.name]} ({one.default})"
        if isinstance(one.default, bool):
            parser.add_argument(flag, action="store_true", help=words)
        else:
            parser.add_argument(flag, type=type(one.default), default=one.default, help=words)
    options = Options(**vars(parser.parse_args()))
    if options.receivers < 2 or options.rounds < 1 or options.rate <= 0 or options.size < 1:
        parser.error("at least two hosts receive, in at least one round, at some rate, something")
    return options
