# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: what the network check measured, as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.base.sizes import in_words
from ansible_collections.distrain.cluster.plugins.module_utils.text.table import table_lines

from .measurement import HOST, NETWORKS, OVERLAY

HEADING = ("", "overlay", "", "", "host network", "", "", "overlay/")
SECOND_HEADING = ("message", "time", "algorithm", "bus", "time", "algorithm", "bus", "host")


def measurement_lines(verdict: Mapping[str, Any]) -> list[str]:
    """One line for each size of message, and the conclusions below them."""
    cells = [HEADING, SECOND_HEADING, *(_cells(row) for row in verdict["rows"])]
    lines = table_lines(cells, right=range(len(HEADING))) if verdict["rows"] else []
    tunings = [line for network, one in verdict["tunings"].items() for line in tuning_lines(network, one)]
    return [*lines, *tunings, *conclusion_lines(verdict)]


def tuning_lines(network: str, tuning: Mapping[str, Any]) -> list[str]:
    """The time of each size with each tuning of a network, and which was chosen; nothing where one alone was tried."""
    names = list(tuning["sizes"][0]["seconds"]) if tuning["sizes"] else []
    problems = [f"With {name}: {problem}." for name, problem in tuning["problems"].items()]
    if len(names) < 2:
        return problems
    cells = [
        (_network(network), *names, "best"),
        *(
            (size_in_words(one["bytes"]), *(_time(one["seconds"].get(name)) for name in names), one["best"])
            for one in tuning["sizes"]
        ),
    ]
    return [*table_lines(cells, right=range(len(cells[0]))), *problems, _chosen(network, tuning)]


def _chosen(network: str, tuning: Mapping[str, Any]) -> str:
    variables = ", ".join(f"{name}={value}" for name, value in tuning["environment"].items())
    if not variables:
        return f"Over the {_network(network)} no tuning surely gains enough over the default for large messages."
    gain = f"{tuning['gain_percent']:g} % more bandwidth for large messages than the default"
    return f"Over the {_network(network)} a job takes {variables}: {gain}."


def failure_message(verdict: Mapping[str, Any]) -> str:
    """What is wrong and what to do; empty where nothing is."""
    if verdict["problems"]:
        where = "neither network" if len(verdict["problems"]) == len(NETWORKS) else _problem_networks(verdict)
        advice = "See whether playbooks/swarm.yml and playbooks/preflight.yml find the cause."
        return " ".join([f"The all-reduce did not come to its end over {where}.", *conclusion_lines(verdict), advice])
    if verdict["regressions"]:
        lines = map(_regression_line, verdict["regressions"])
        advice = "Find the cause, or make this the baseline with -e network_check_baseline=replace."
        return " ".join([f"Since the baseline of {verdict['compared_with']} it became slower.", *lines, advice])
    return ""


def conclusion_lines(verdict: Mapping[str, Any]) -> list[str]:
    lines = [f"{_network(one['network']).capitalize()}: {one['found']}." for one in verdict["problems"]]
    if verdict["network"]:
        lines.append(f"A job should use the {_network(verdict['network'])}: {verdict['reason']}. {verdict['remedy']}")
    if verdict["not_compared"]:
        lines.append(
            f"Not compared with the baseline, which was measured otherwise ({verdict['not_compared']}). "
            "Make this the baseline with -e network_check_baseline=replace."
        )
    elif verdict["compared_with"] and not verdict["problems"] and not verdict["regressions"]:
        lines.append(f"Not slower than the baseline of {verdict['compared_with']}.")
    return [*(line.rstrip() for line in lines), *map(_regression_line, verdict["regressions"])]


def _regression_line(one: Mapping[str, Any]) -> str:
    then, now = in_words(one["before"]), in_words(one["now"])
    where = f"{size_in_words(one['bytes'])} over the {_network(one['network'])}"
    return f"{where}: {now}/s on the bus now, {then}/s in the baseline ({one['percent']:g} % less)."


def size_in_words(size: int) -> str:
    """C(64 MiB); what is no whole number of KiB or MiB in bytes."""
    for unit, count in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= count and size % count == 0:
            return f"{size // count} {unit}"
    return f"{size} bytes"


def _cells(row: Mapping[str, Any]) -> Sequence[str]:
    ratio = "-" if row["ratio"] is None else f"{row['ratio']:.2f}"
    return (size_in_words(row["bytes"]), *_figures(row[OVERLAY]), *_figures(row[HOST]), ratio)


def _figures(figures: Mapping[str, float] | None) -> Sequence[str]:
    if figures is None:
        return ("-", "-", "-")
    return (_time(figures["seconds"]), f"{in_words(figures['algorithm'])}/s", f"{in_words(figures['bus'])}/s")


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.1f} ms" if seconds >= 0.001 else f"{seconds * 1_000_000:.0f} us"


def _problem_networks(verdict: Mapping[str, Any]) -> str:
    return " and ".join(f"the {_network(one['network'])}" for one in verdict["problems"])


def _network(network: str) -> str:
    return "overlay" if network == OVERLAY else "host network"
