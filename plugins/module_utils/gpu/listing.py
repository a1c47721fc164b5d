# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the XML of C(nvidia-smi -q -x) as flat records, one for each GPU.

The text comes from a program of the host and is not trusted: it is bounded, and a document that defines entities is
refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from ..base.errors import PlanError

COMMAND = "nvidia-smi -q -x"
MAX_CHARACTERS = 32 * 2**20
MAX_ELEMENTS = 1_000_000
MAX_DEPTH = 32
MAX_TEXT = 4096
MAX_RECORDS = 1024
BEGIN, END = "<?xml", "</nvidia_smi_log>"
# Long, and nothing in it is asked for.
SKIPPED = "supported_clocks"


@dataclass
class GpuRecord:
    """One GPU. ``values`` are its texts by their path below the element, such as C(ecc_mode/current_ecc)."""

    address: str
    values: dict[str, str] = field(default_factory=dict)
    processes: list[dict[str, str]] = field(default_factory=list)
    mig_devices: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Listing:
    driver_version: str = ""
    cuda_version: str = ""
    gpus: list[GpuRecord] = field(default_factory=list)


def parse_listing(text: str) -> Listing:
    """Return what the document holds. Raises PlanError for what is no such document, or one beyond the bounds."""
    if len(text) > MAX_CHARACTERS:
        raise PlanError(f"{COMMAND} printed more than {MAX_CHARACTERS} characters.")
    start, end = text.find(BEGIN), text.rfind(END)
    if start < 0 or end < start:
        raise PlanError(f"{COMMAND} printed no listing but: {text.strip()[:200] or 'nothing'}")
    reader = _Reader()
    try:
        reader.parser.Parse(text[start : end + len(END)].encode("utf-8", "replace"), True)
    except (expat.ExpatError, ValueError) as error:
        raise PlanError(f"{COMMAND} printed a listing that cannot be read: {error}.") from error
    return reader.listing


class _Reader:
    """Collects the texts of elements while expat reads."""

    def __init__(self) -> None:
        self.listing = Listing()
        # It is UTF-8 whatever the document says.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity
        self._path: list[str] = []
        self._text = ""
        self._count = 0

    def _entity(self, *_declaration: object) -> None:
        raise PlanError(f"{COMMAND} printed a listing that defines entities, which no driver does.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._path) >= MAX_DEPTH:
            raise PlanError(f"{COMMAND} printed a listing that is too long or too deep to be one.")
        self._path.append(name)
        self._text = ""
        if name == "gpu" and len(self._path) == 2 and len(self.listing.gpus) < MAX_RECORDS:
            self.listing.gpus.append(GpuRecord(attributes.get("id", "")))
        elif self._is_in_gpu and name in ("process_info", "mig_device"):
            gpu = self.listing.gpus[-1]
            records = gpu.processes if name == "process_info" else gpu.mig_devices
            if len(records) < MAX_RECORDS:
                records.append({})

    def _characters(self, text: str) -> None:
        if len(self._text) < MAX_TEXT:
            self._text += text[:MAX_TEXT]

    def _end(self, name: str) -> None:
        text, self._text = self._text.strip(), ""
        if text:
            self._keep(name, text)
        self._path.pop()

    def _keep(self, name: str, text: str) -> None:
        if len(self._path) == 2 and name in ("driver_version", "cuda_version"):
            setattr(self.listing, name, text)
        if not self._is_in_gpu or SKIPPED in self._path:
            return
        gpu = self.listing.gpus[-1]
        if "process_info" in self._path:
            gpu.processes[-1].setdefault(name, text)
        elif "mig_device" in self._path:
            gpu.mig_devices[-1].setdefault(name, text)
        else:
            gpu.values.setdefault("/".join(self._path[2:]), text)

    @property
    def _is_in_gpu(self) -> bool:
        return len(self._path) > 2 and self._path[1] == "gpu" and bool(self.listing.gpus)
