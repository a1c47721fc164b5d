# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fetch the log and the results of a host without an agent, by a module that reads one part at a time."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail

from ..control.other_host import OtherHost
from .host import HostOutputs

# Ansible holds a module's result in memory several times.
PART_BYTES = 16 * 1024**2
_MODULE = "distrain.cluster.trainer_outputs_info"


def fetch_by_module(host: OtherHost, wanted: Mapping[str, Any], outputs: HostOutputs) -> None:
    """Fetch what is wanted of one host into ``outputs``, which takes an error as well."""
    try:
        for number in outputs.take_survey(_run(host, {"wanted": wanted})["found"]):
            _fetch_file(host, number, outputs)
            if outputs.is_done:
                return
        outputs.is_done = True
    except AnsibleActionFail as error:
        outputs.give_up(error.message)
    finally:
        host.close()


def _fetch_file(host: OtherHost, number: int, outputs: HostOutputs) -> None:
    file = outputs.file(number)
    place = {"root": file["root"], "path": file["path"]}
    for piece, (offset, size) in enumerate(file["pieces"]):
        done = 0
        while done < size:
            part = {**place, "offset": offset + done, "size": min(PART_BYTES, size - done)}
            read = _run(host, {"part": part})
            if read["error"]:
                outputs.take_end(number, read["error"])
                return
            block = zlib.decompress(base64.b64decode(read["data"]))
            if not block:
                break
            outputs.take_block(file, piece, block)
            done += len(block)
    outputs.take_end(number, "")


def _run(host: OtherHost, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return host.run_module(_MODULE, arguments, check_mode=False, no_log=True)
