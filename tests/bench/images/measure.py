# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The single measurements. Each leaves a sample, or what went wrong."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from tests.bench.images import ours, pair, ways
from tests.bench.images.images import Image
from tests.bench.images.lab import Lab
from tests.bench.images.options import Options
from tests.bench.images.samples import Sample
from tests.bench.images.watch import Watch, wire_seconds
from tests.faults.lab import LabError

_HALF = 0.5
_CUT_SECONDS = 180.0


class Measure:
    """On a lab that is up and capped, but for the methods that say otherwise."""

    def __init__(self, lab: Lab, images: Mapping[str, Image], options: Options) -> None:
        self._lab = lab
        self._images = images
        self._options = options
        self._around: dict[str, tuple[int, int]] = {}

    def ours(self, shape: str, hosts: Sequence[str], number: int, suffix: str = "") -> Sample:
        image = self._ready(shape, hosts)
        with Watch(self._lab, hosts) as watch:
            delivered = ours.deliver(self._lab, image.name, hosts)
        ways.check(self._lab, image, hosts)
        figures = {
            "wire": wire_seconds(watch.moments, self._lab.bytes_per_second),
            "bytes": float(image.bytes),
            "rate": self._lab.bytes_per_second,
            "temporary": watch.peak() / max(image.layers),
            "slowest": max(one["seconds"] for one in delivered.results.values()),
        }
        return self._sample(f"ours{suffix}", shape, hosts, number, delivered.seconds, watch, figures)

    def rival(self, way: str, shape: str, hosts: Sequence[str], number: int, suffix: str = "") -> Sample:
        image = self._ready(shape, hosts)
        with Watch(self._lab, hosts) as watch:
            seconds = ways.go(self._lab, way, image, hosts)
        ways.check(self._lab, image, hosts)
        return self._sample(f"{way}{suffix}", shape, hosts, number, seconds, watch, {})

    def changed(self, hosts: Sequence[str], number: int) -> Sample:
        """The hosts have the image; it comes again with another top layer."""
        image, before = self._ready("changed", hosts), self._images["layers"]
        ours.deliver(self._lab, before.name, hosts)
        with Watch(self._lab, hosts) as watch:
            delivered = ours.deliver(self._lab, image.name, hosts)
        ways.check(self._lab, image, hosts)
        top = image.layers[-1]
        sent = max(one["bytes_sent"] + one["bytes_again"] for one in delivered.results.values())
        figures = {"sent": sent / top, "interfaces": max(map(watch.received, hosts)) / top}
        return self._sample("changed", "layers", hosts, number, delivered.seconds, watch, figures)

    def killed(self, shape: str, hosts: Sequence[str], number: int) -> Sample:
        """The middle host of the chain dies when half of the image has come to it."""
        image, victim = self._ready(shape, hosts), hosts[len(hosts) // 2]
        try:
            with Watch(self._lab, hosts) as watch:

                def kill(running: subprocess.Popen[str]) -> None:
                    if not watch.wait_for(victim, _HALF * image.bytes, _CUT_SECONDS):
                        raise LabError(f"{victim} did not get half of {image.name}")
                    self._lab.kill(victim)

                delivered = ours.deliver(self._lab, image.name, hosts, kill)
            others = [host for host in hosts if host != victim]
            failed = {host: why for host, why in delivered.failures().items() if host in others}
            if failed or set(others) - set(delivered.results):
                raise LabError(f"{victim} was killed, and others failed: {failed or 'no result'}")
            ways.check(self._lab, image, others)
        finally:
            self._lab.revive(victim)
        slowest = max(delivered.results[host]["seconds"] for host in others)
        return self._sample("killed", shape, hosts, number, delivered.seconds, watch, {"slowest": slowest})

    def cut(self, shape: str, number: int) -> Sample:
        """Ctrl-C when half of it has come, then again. What came twice is what the interface carried too much."""
        host = self._lab.receivers[0]
        around, full = self._carried_in_all(shape, host)
        image = self._ready(shape, [host])
        cut_at: list[float] = []
        with Watch(self._lab, [host]) as first:

            def cut(running: subprocess.Popen[str]) -> None:
                if not first.wait_for(host, _HALF * full, _CUT_SECONDS):
                    raise LabError(f"{host} did not get half of {image.name}")
                ours.stop(running, signal.SIGINT)
                cut_at.append(time.monotonic())

            ours.deliver(self._lab, image.name, [host], cut)
            ways.wait_until_quiet(self._lab, [host, self._lab.source])
            quiet_after = time.monotonic() - cut_at[0]
        with Watch(self._lab, [host]) as second:
            delivered = ours.deliver(self._lab, image.name, [host])
        ways.check(self._lab, image, [host])
        again = resent(first.received(host), second.received(host), full, around) * image.bytes
        figures = {
            "layers": again / max(image.layers),
            "share": again / image.bytes,
            "sent_by_second": float(delivered.results[host]["bytes_sent"]),
            "quiet_after": quiet_after,
        }
        return self._sample("cut", shape, [host], number, delivered.seconds, second, figures, first.cpu)

    def stream(self, is_encrypted: bool, number: int, suffix: str) -> Sample:
        """Without a cap much more goes, so that it takes a while as well."""
        self._cap("stream")
        size = self._options.size if self._lab.is_capped else self._options.pair_size
        with Watch(self._lab, self._lab.receivers[:1]) as watch:
            seconds = pair.seconds(self._lab, size * 1000**2, is_encrypted)
        name = ("encrypted" if is_encrypted else "plain") + suffix
        return self._sample(name, "stream", self._lab.receivers[:1], number, seconds, watch, {})

    def _cap(self, shape: str) -> None:
        """Let the interfaces carry what they do for this shape, where they have a cap at all."""
        if self._lab.is_capped:
            self._lab.cap(self._options.rate_of(shape))

    def _ready(self, shape: str, hosts: Sequence[str]) -> Image:
        """Nothing of the image is on the hosts, and the interfaces carry what they do for this shape."""
        self._cap(shape)
        ways.empty(self._lab, hosts, self._images[shape])
        return self._images[shape]

    def _carried_in_all(self, shape: str, host: str) -> tuple[int, int]:
        """What an interface carries in a run that sends nothing, and in one that sends all of an image; found once."""
        if shape not in self._around:
            image = self._ready(shape, [host])
            carried = []
            for _round in range(2):
                with Watch(self._lab, [host]) as watch:
                    ours.deliver(self._lab, image.name, [host])
                carried.append(watch.received(host))
            self._around[shape] = carried[1], carried[0]
        return self._around[shape]

    def _sample(
        self,
        what: str,
        shape: str,
        hosts: Sequence[str],
        number: int,
        seconds: float,
        watch: Watch,
        figures: Mapping[str, float],
        cpu: float = 0.0,
    ) -> Sample:
        cpu = max(cpu, watch.cpu)
        is_void = self._lab.is_capped and cpu > self._options.cpu_limit
        return Sample(what, shape, len(hosts), number, seconds, round(cpu, 3), is_void, figures)


def resent(first: int, second: int, full: int, around: int) -> float:
    """The share of an image that came twice, from what an interface carried in two runs and in one full run.

    C(around) is what every run carries besides layers.
    """
    return (first + second - full - around) / (full - around)
