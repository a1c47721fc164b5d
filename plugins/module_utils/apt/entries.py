# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The repositories that apt's source files name, in both formats: one line an entry (.list) and deb822 (.sources).

The functions are pure. See sources.list(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LINE = re.compile(r"^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+[^#\s]\S*)*)\s*(?:#.*)?$")
OFF = {"no", "false", "without", "off", "disable"}


@dataclass(frozen=True)
class Entry:
    """One entry that is in use. ``line`` is the number of its first line in the file, from 1.

    ``uris`` have no slash at the end, and $(ARCH) in them is the host's architecture.
    """

    line: int
    types: tuple[str, ...]
    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()

    def places(self) -> set[tuple[str, str]]:
        """What apt wants the same key for: each address with each suite."""
        return {(uri, suite) for uri in self.uris for suite in self.suites}


def entries(path: str, text: str, architecture: str) -> list[Entry]:
    """The entries in use of a source file; its name says its format."""
    found = _stanzas(text, architecture) if path.endswith(".sources") else _lines(text, architecture)
    return list(found)


def switched_off(path: str, text: str, lines: set[int], reason: str) -> str:
    """The file's text with the entries that begin at these lines out of use, and the reason beside them."""
    result = []
    is_inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        is_inside = is_inside and bool(line.strip())
        if number in lines and path.endswith(".sources"):
            result += [f"# {reason}", "Enabled: no"]
            is_inside = True
        if number in lines and not is_inside:
            result += [f"# {reason}", f"# {line}"]
        elif not (is_inside and line.lower().startswith("enabled:")):
            result.append(line)
    return "\n".join(result) + "\n"


def _lines(text: str, architecture: str) -> Iterator[Entry]:
    for number, line in enumerate(text.splitlines(), start=1):
        found = LINE.match(line)
        if not found:
            continue
        kind, options, uri, suite, components = found.groups()
        given = dict(word.split("=", 1) for word in (options or "").split() if "=" in word)
        yield Entry(
            line=number,
            types=(kind,),
            uris=(_address(uri, architecture),),
            suites=(_expanded(suite, architecture),),
            components=tuple(components.split()),
            architectures=tuple(given.get("arch", "").replace(",", " ").split()),
        )


def _stanzas(text: str, architecture: str) -> Iterator[Entry]:
    for number, fields in _paragraphs(text):
        if fields.get("enabled", "yes").strip().lower() in OFF:
            continue
        yield Entry(
            line=number,
            types=tuple(fields.get("types", "").split()),
            uris=tuple(_address(uri, architecture) for uri in fields.get("uris", "").split()),
            suites=tuple(_expanded(suite, architecture) for suite in fields.get("suites", "").split()),
            components=tuple(fields.get("components", "").split()),
            architectures=tuple(fields.get("architectures", "").split()),
        )


def _paragraphs(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each paragraph's fields by their names in small letters, with the number of its first field's line."""
    start, name = 0, ""
    fields: dict[str, str] = {}
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield start, fields
            start, name, fields = 0, "", {}
        elif line[0].isspace():
            if name:
                fields[name] += f" {line.strip()}"
        else:
            key, _separator, value = line.partition(":")
            name, start = key.strip().lower(), start or number
            fields[name] = value.strip()


def _address(uri: str, architecture: str) -> str:
    return _expanded(uri, architecture).rstrip("/")


def _expanded(word: str, architecture: str) -> str:
    return word.replace("$(ARCH)", architecture)
