# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a job with their versions, and whether all have the same image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .table import Cell, Table
from .values import items, record, text
from .words import UNKNOWN, plural, short_digest

HEADINGS = ("Host", "Rank", "Processes", "GPUs", "Engine", "Kernel", "Driver", "Interface", "Container")
FIELDS = ("host", "rank", "processes", "gpus", "engine", "kernel", "driver", "interface", "container")
FIGURES = ("rank", "processes")
TIMES = "\N{MULTIPLICATION SIGN}"
# Fields that should be the same on every host; the page marks differences.
ALIKE = ("gpus", "engine", "kernel", "driver")


@dataclass(frozen=True)
class Parity:
    """``state`` is same, differs or unknown."""

    state: str
    sentence: str
    table: Table | None


def hosts_table(hosts: Sequence[dict[str, Any]]) -> Table | None:
    if not hosts:
        return None
    shown = [{field: _shown(field, host.get(field)) for field in FIELDS} for host in hosts]
    usual = {field: _usual([one[field] for one in shown]) for field in ALIKE}
    rows = [
        [
            Cell(one[field], "number" if field in FIGURES else "", one[field] != usual.get(field, one[field]))
            for field in FIELDS
        ]
        for one in shown
    ]
    return Table("Hosts and versions", HEADINGS, rows, figures=[HEADINGS[FIELDS.index(one)] for one in FIGURES])


def image_parity(hosts: Sequence[dict[str, Any]], image: dict[str, Any]) -> Parity:
    """Compare the images by the digests of their layers where every host has one, else by their IDs."""
    layers = [text(host.get("layers_digest")) for host in hosts]
    ids = [text(host.get("image_id")) for host in hosts]
    state, sentence = _compare(layers, ids)
    name = text(image.get("name"))
    usual_layers, usual_id = _usual(layers), _usual(ids)
    whole = text(image.get("layers_digest"))
    rows = [
        [
            Cell(text(host.get("host"))),
            Cell(_digest(host_id), "code", host_id != usual_id and state == "differs"),
            Cell(_digest(host_layers or whole), "code", host_layers != usual_layers),
        ]
        for host, host_id, host_layers in zip(hosts, ids, layers, strict=True)
    ]
    table = Table(f"Image {name} on each host", ("Host", "Image ID", "Digest of the layers"), rows) if rows else None
    return Parity(state, f"{name}: {sentence}" if name else f"{sentence[0].upper()}{sentence[1:]}", table)


def _compare(layers: Sequence[str], ids: Sequence[str]) -> tuple[str, str]:
    many = plural(len(ids), "host")
    if layers and all(layers):
        different = len(set(layers))
        if different == 1:
            note = "" if len(set(ids)) == 1 else "; their IDs differ, as image stores count them differently"
            return "same", f"the same layers on {many}{note}."
        return "differs", f"{different} different images on {many}."
    if ids and all(ids):
        different = len(set(ids))
        if different == 1:
            return "same", f"the same image on {many}."
        return "differs", f"{different} different image IDs on {many}."
    return "unknown", "the image of every host was not recorded."


def _shown(field: str, value: Any) -> str:
    if field == "gpus":
        return _gpus(value)
    return text(value) or UNKNOWN


def _gpus(value: Any) -> str:
    """Return a number as it is, and a list of names or records as the number of each."""
    if not isinstance(value, list):
        return text(value) or UNKNOWN
    names = Counter(text(record(one).get("name")) or text(one) or "GPU" for one in items(value))
    return ", ".join(f"{many} {TIMES} {name}" for name, many in names.items()) or "none"


def _usual(values: Sequence[str]) -> str:
    return Counter(values).most_common(1)[0][0] if values else ""


def _digest(value: str) -> str:
    return short_digest(value) or UNKNOWN
