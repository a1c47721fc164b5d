# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the bench is run with. The defaults fit two cores and less than an hour.

What a host costs before and after its image comes is the same for every image, and a user's image is a hundred times as
large. So an image is on the wire for ten seconds, and the one without a cap for about twenty. One of small files has
its engine unpack so many that eight hosts keep two cores busy at 64 Mbit/s: it comes at half of that, and has half of
the bytes.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields

SHAPES = ("layers", "files", "huge")
FILES = "files"
RIVALS = ("recipe", "zstd", "registry")
# What can be measured alone. Rows that compare with a delivery to all hosts need "ours" as well.
PARTS = ("uncapped", "ours", "rivals", "killed", "changed", "cut", "streams", "plot")


@dataclass(frozen=True)
class Options:
    """Sizes are in millions of bytes, the rate in millions of bits per second, shares between 0 and 1."""

    lab_name: str = "bench"
    lab_number: int = 19
    receivers: int = 8
    rate: float = 64.0
    size: int = 80
    files_rate: float = 32.0
    files_size: int = 40
    uncapped_size: int = 2048
    pair_size: int = 512
    many_layers: int = 60
    rounds: int = 3
    spare_rounds: int = 1
    plot_rounds: int = 1
    cpu_limit: float = 0.8
    minutes: float = 40.0
    only: str = ""
    keep: bool = False

    def rate_of(self, shape: str) -> float:
        return self.files_rate if shape == FILES else self.rate

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.only.split(",")) if self.only else PARTS

    @property
    def counts(self) -> tuple[int, ...]:
        """Of hosts: 1, 2, 4, 8 ... up to all of them."""
        powers = [2**power for power in range(10) if 2**power < self.receivers]
        return (*powers, self.receivers)


WORDS = {
    "lab_name": "the name of the lab that is made for this, and removed at the end",
    "lab_number": "its number, which its addresses and ports follow from",
    "receivers": "how many hosts receive; one more sends",
    "rate": "of each host's interface, in either direction, in Mbit/s",
    "size": "of each image, in MB",
    "files_rate": "of each host's interface while the image of many small files comes, in Mbit/s",
    "files_size": "of the image of many small files, in MB",
    "uncapped_size": "of the image that goes to one host without a cap, in MB",
    "pair_size": "what goes from one host to another without a cap, encrypted and plain, in MB",
    "many_layers": "how many layers the image of many layers has",
    "rounds": "how often everything is measured, in turn",
    "spare_rounds": "how many more rounds may replace void ones",
    "plot_rounds": "in how many rounds the rivals are measured with fewer hosts too, for the plot",
    "cpu_limit": "a measurement during which the machine was busier than this share is void",
    "minutes": "after so many no further round begins",
    "only": f"measure only these, with commas between: {', '.join(PARTS)}; the results go into files of their own",
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
    least = min(options.rate, options.files_rate, options.size, options.files_size)
    if options.receivers < 2 or options.rounds < 1 or least <= 0:
        parser.error("at least two hosts receive, in at least one round, at some rate, something")
    if strange := sorted(set(options.parts) - set(PARTS)):
        parser.error(f"--only knows {', '.join(PARTS)}, not {', '.join(strange)}")
    return options
