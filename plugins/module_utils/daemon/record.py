# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which values of the engine's configuration file were written by a role, and what the host had in their place.

A configuration is a JSON object. A value is addressed by its path, the keys that lead to it. The functions are pure.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 1


@dataclass(frozen=True)
class WrittenValue:
    """One value that a role wrote.

    ``former`` is an empty tuple, or holds the one value that the host had at this path. ``depth`` is the number of the
    path's keys whose objects the host had already; deeper objects are removed with their last value.
    """

    path: tuple[str, ...]
    value: Any
    former: tuple[Any, ...] = ()
    depth: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"path": list(self.path), "value": self.value, "former": list(self.former), "depth": self.depth}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> WrittenValue:
        return cls(tuple(content["path"]), content["value"], tuple(content["former"]), int(content["depth"]))


@dataclass(frozen=True)
class Record:
    """The values of each owner (the name of a role).

    ``unproven`` is an empty tuple, or holds the file's former text (None for no file) while the engine has not yet come
    up with the present one.
    """

    written: Mapping[str, tuple[WrittenValue, ...]] = field(default_factory=dict)
    unproven: tuple[str | None, ...] = ()

    def of(self, owner: str) -> tuple[WrittenValue, ...]:
        return self.written.get(owner, ())

    def replaced(self, owner: str, values: Iterable[WrittenValue], unproven: tuple[str | None, ...] = ()) -> Record:
        """The record with other values of this owner."""
        written = {**self.written, owner: tuple(values)}
        return Record({name: found for name, found in written.items() if found}, unproven)


def parse_record(text: str) -> Record:
    """The record that ``text`` holds, empty for an empty text. Raises ValueError where it holds something else."""
    if not text.strip():
        return Record()
    try:
        content = json.loads(text)
        if content["version"] != VERSION:
            raise ValueError(f"its version is {content['version']}")
        written = {
            str(owner): tuple(WrittenValue.from_json(one) for one in values)
            for owner, values in content["written"].items()
        }
        return Record(written, tuple(content["unproven"]))
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"it is no record of this collection ({error})") from error


def record_text(record: Record) -> str:
    """The record as a file holds it; empty where there is nothing to record."""
    if not record.written and not record.unproven:
        return ""
    written = {owner: [one.as_json() for one in values] for owner, values in record.written.items()}
    content = {"version": VERSION, "written": written, "unproven": list(record.unproven)}
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def without_written(configuration: Mapping[str, Any], values: Iterable[WrittenValue]) -> dict[str, Any]:
    """The configuration as the host would have it without these values.

    A value that is no longer what was written was changed on the host since then: it is the host's own, and stays.
    """
    result = copy.deepcopy(dict(configuration))
    for one in values:
        _take_out(result, one)
    return result


def held(configuration: Mapping[str, Any], values: Iterable[WrittenValue]) -> list[WrittenValue]:
    """Those of the values that the configuration holds as they were written."""
    return [one for one in values if not same(without_written(configuration, [one]), configuration)]


def values_to_write(configuration: Mapping[str, Any], options: Mapping[str, Any]) -> list[WrittenValue]:
    """The values with which ``options`` change the configuration; those that it holds already are not among them."""
    return list(_differing(configuration, options, (), 0))


def with_written(configuration: Mapping[str, Any], values: Iterable[WrittenValue]) -> dict[str, Any]:
    """The configuration with these values written into it."""
    result = copy.deepcopy(dict(configuration))
    for one in values:
        place = result
        for key in one.path[:-1]:
            if not isinstance(place.get(key), dict):
                place[key] = {}
            place = place[key]
        place[one.path[-1]] = copy.deepcopy(one.value)
    return result


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; 1, 1.0 and true are not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _differing(present: Any, wanted: Mapping[str, Any], path: tuple[str, ...], depth: int) -> Iterator[WrittenValue]:
    for name, value in wanted.items():
        key = str(name)
        found = (present[key],) if isinstance(present, Mapping) and key in present else ()
        if isinstance(value, Mapping) and value and (not found or isinstance(found[0], Mapping)):
            inner = depth + 1 if found else depth
            yield from _differing(found[0] if found else {}, value, (*path, key), inner)
        elif not found or not (same(found[0], value) or (value == {} and isinstance(found[0], Mapping))):
            yield WrittenValue((*path, key), copy.deepcopy(value), copy.deepcopy(found), depth)


def _take_out(configuration: dict[str, Any], one: WrittenValue) -> None:
    places = [configuration]
    for key in one.path[:-1]:
        inner = places[-1].get(key)
        if not isinstance(inner, dict):
            return
        places.append(inner)
    last = one.path[-1]
    if last not in places[-1] or not same(places[-1][last], one.value):
        return
    if one.former:
        places[-1][last] = copy.deepcopy(one.former[0])
        return
    del places[-1][last]
    for index in range(len(places) - 1, one.depth, -1):
        if not places[index]:
            del places[index - 1][one.path[index - 1]]
