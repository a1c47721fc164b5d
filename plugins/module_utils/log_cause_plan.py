# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the causes that a rank's output gives away, each with what is to be done about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.distrain.cluster.plugins.module_utils.error_line import error_line, exception_lines, own_lines

MASTER_UNREACHABLE = "master_unreachable"
_PASSING = ("name_unresolved", MASTER_UNREACHABLE)


@dataclass(frozen=True)
class Setting:
    """What the sentences name: the image, the port and the names of the trainers, the first one's first."""

    image: str = ""
    port: int = 0
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Cause:
    """``sentence`` goes on behind a colon; ``advice`` is a sentence of its own."""

    kind: str
    sentence: str
    advice: str


@dataclass(frozen=True)
class _Rule:
    """``anywhere``: what is so telling that it counts in any line, of a rank that runs as well."""

    kind: str
    pattern: re.Pattern[str]
    tell: Callable[[str, Setting], tuple[str, str]]
    anywhere: bool = False


def read_cause(lines: Sequence[str], setting: Setting) -> Cause | None:
    """The cause of a rank's end, by the line that tells most, and then by other exceptions.

    A rank that never reached the first trainer says earlier why: any of its lines may tell.
    """
    own = own_lines(lines)
    exceptions = exception_lines(own)
    for line in (error_line(lines), *reversed(exceptions)):
        for rule in _RULES:
            if rule.pattern.search(line):
                is_last = rule.kind == MASTER_UNREACHABLE
                return read_symptom(own, setting) if is_last else Cause(rule.kind, *rule.tell(line, setting))
    # Where there is another exception, the first trainer was reached in the end.
    return read_symptom(own, setting, _PASSING if exceptions else ())


def read_symptom(lines: Sequence[str], setting: Setting, passed: Sequence[str] = ()) -> Cause | None:
    """What stands in the way of a rank that may still run; ``passed`` are the kinds that do no longer."""
    for rule in _RULES:
        if rule.kind in passed:
            continue
        for line in reversed(lines):
            if rule.anywhere and rule.pattern.search(line):
                return Cause(rule.kind, *rule.tell(line, setting))
    return None


def _first(pattern: str, line: str) -> str:
    found = re.search(pattern, line, re.IGNORECASE)
    return next((group for group in found.groups() if group), "") if found else ""


def _port_taken(line: str, setting: Setting) -> tuple[str, str]:
    port = _first(r"port[:= ]+(\d+)|:(\d{4,5})\b", line) or setting.port
    return (
        f"port {port} is taken already",
        "Set trainer_launch_job_port to a free port, or end what listens on this one.",
    )


def _unresolved(line: str, setting: Setting) -> tuple[str, str]:
    name = _first(r"\(([\w.-]+), \d+\)|host='([^']+)'|resolve (?:host:? )?'?([\w-][\w.-]*)", line)
    name = name or (setting.names[0] if setting.names else "a name")
    if "." in name and name not in setting.names:
        return (
            f"the name {name} does not resolve",
            "Put what the job fetches from there on a volume (trainer_launch_copies), or give the hosts a name server.",
        )
    return (
        f"the name {name} does not resolve on the overlay network",
        "See that ports 7946/tcp, 7946/udp and 4789/udp are open between the hosts, and run playbooks/swarm.yml.",
    )


def _no_module(line: str, setting: Setting) -> tuple[str, str]:
    return (
        f"the image {setting.image} has no Python module {_first(r'No module named ?([^ ;]+)', line).strip(chr(39))}",
        "Add its package to image_build_pip_requirements and run playbooks/images.yml.",
    )


def _no_import(_line: str, setting: Setting) -> tuple[str, str]:
    return (
        f"a Python module of the image {setting.image} cannot be imported",
        "Pin versions that fit each other in image_build_pip_requirements and run playbooks/images.yml.",
    )


def _missing(line: str, _setting: Setting) -> tuple[str, str]:
    quoted = r"no such file or directory: '([^']+)'|can't open file '([^']+)'|repo id must [^']*'[^']*': '([^']+)'"
    named = r"undefined dataset (\S+)|([^\s'\"]+) is not a local folder|^\S*FileNotFoundError: .*?(/[^\s'\"]+)"
    path = _first(quoted, line) or _first(named, line) or _first(r"'([^']+)'", line) or "a file"
    return (
        f"{path} is not there in its container",
        "Bring it to every host by trainer_launch_copies, or put it on one of trainer_launch_volumes.",
    )


def _no_card(line: str, _setting: Setting) -> tuple[str, str]:
    card = _first(r"find address for: ?([\w.=^-]+)", line)
    return (
        f"NCCL or gloo found no network card{f' {card}' if card else ''} in its container",
        "Take NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME out of trainer_launch_job_environment: the role sets them.",
    )


def _no_master(line: str, setting: Setting) -> tuple[str, str]:
    name = _first(r"connect to \[?([\w.:-]+?)\]?[:,] ?\d+|connect to \(([\w.-]+)", line)
    return (
        f"{name or (setting.names[0] if setting.names else 'the first trainer')} did not answer at the port of the "
        "job (trainer_launch_job_port)",
        "See why the rank of that trainer does not listen, and that nothing between the hosts blocks the port.",
    )


def _fixed(sentence: str, advice: str) -> Callable[[str, Setting], tuple[str, str]]:
    return lambda _line, _setting: (sentence, advice)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


# In this order: what stands first explains what stands behind it.
_RULES = (
    _Rule("port_taken", _pattern(r"EADDRINUSE|address already in use"), _port_taken, anywhere=True),
    _Rule(
        "name_unresolved",
        _pattern(r"gai ?error|name or service not known|failure in name resolution|(could not|failed to) resolve"),
        _unresolved,
        anywhere=True,
    ),
    _Rule("import_error", _pattern(r"No module named"), _no_module),
    _Rule("import_error", _pattern(r"\bImportError:"), _no_import),
    _Rule(
        "gpu_memory",
        _pattern(r"(CUDA|HIP) out of memory|CUDA error: out of memory|cudaErrorMemoryAllocation"),
        _fixed(
            "the memory of its GPU was full",
            "Lower per_device_train_batch_size or cutoff_len, or shard the model with DeepSpeed's ZeRO.",
        ),
    ),
    _Rule(
        "no_card",
        _pattern(r"no socket interface found|unable to find address for|no usable interfaces"),
        _no_card,
        anywhere=True,
    ),
    _Rule(
        "gpu_gone",
        _pattern(r"no CUDA-capable device|found no NVIDIA driver|failed to initialize NVML|fallen off the bus"),
        _fixed(
            "its container sees no GPU", "Run playbooks/hosts.yml, and start the container anew with docker restart."
        ),
    ),
    _Rule(
        "shared_memory",
        _pattern(r"insufficient shared memory|bus error|shared memory.*(no space|unable|could not)"),
        _fixed("the shared memory of its container is too small", "Raise trainer_launch_shm_size."),
    ),
    _Rule(
        "disk_full",
        _pattern(r"no space left on device|disk quota exceeded"),
        _fixed("a disk is full", "Make room on the host, or save fewer checkpoints (save_total_limit)."),
    ),
    _Rule(
        "missing_path",
        _pattern(
            r"FileNotFoundError|no such file or directory: |can't open file|is not a local folder|repo id must"
            r"|undefined dataset"
        ),
        _missing,
    ),
    _Rule(
        "no_command",
        _pattern(r": not found$|executable file not found"),
        _fixed("its image has no such command", "Correct trainer_launch_job_entry or trainer_launch_job_command."),
    ),
    _Rule(
        MASTER_UNREACHABLE,
        _pattern(r"client socket has (failed to connect|timed out)|failed to connect to \S+:\d+"),
        _no_master,
        anywhere=True,
    ),
)
