# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules for errors of memory, disks and files."""

from __future__ import annotations

from .rule import JobContext, Rule, first, fixed, pattern

_MIB = 1 << 20
_OF_HOST = "host"


def shared_memory(_line: str, context: JobContext) -> tuple[str, str]:
    """Return which /dev/shm is too small, and what enlarges it with this IPC mode."""
    size = f" of {context.shm_bytes / _MIB:.0f} MB" if context.shm_bytes else ""
    fewer = "Or lower the number of the data loader's workers."
    if context.ipc == _OF_HOST:
        return (
            f"the /dev/shm of its host{size} is too small, which the container has too (trainer_launch_ipc is host, so "
            "that trainer_launch_shm_size has no effect)",
            "Enlarge it on the host, with mount -o remount,size=16G /dev/shm and in /etc/fstab, or set "
            f"trainer_launch_ipc to private and trainer_launch_shm_size to what the job needs. {fewer}",
        )
    if context.ipc in ("private", "shareable", ""):
        asked = f" (now {context.shm_size})" if context.shm_size else ""
        return f"the /dev/shm of its container{size} is too small", f"Raise trainer_launch_shm_size{asked}. {fewer}"
    return (
        f"the /dev/shm of its container{size} is too small, which is that of {context.ipc} (trainer_launch_ipc)",
        f"Enlarge it there, or set trainer_launch_ipc to private, with a trainer_launch_shm_size. {fewer}",
    )


def _missing(line: str, _context: JobContext) -> tuple[str, str]:
    quoted = (
        r"no such file or directory: '([^']+)'|can't open file '([^']+)'|repo id must [^']*'[^']*': '([^']+)'"
        r"|configuration of '([^']+)'|data files? that match\w* '([^']+)'"
    )
    named = r"undefined dataset (\S+)|([^\s'\"]+) is not a local folder|^\S*FileNotFoundError: .*?(/[^\s'\"]+)"
    path = first(quoted, line) or first(named, line) or first(r"'([^']+)'", line) or "a file"
    return (
        f"{path} is not there in its container",
        "Bring it to every host by trainer_launch_copies, or put it on one of trainer_launch_volumes.",
    )


def _no_shared_storage(line: str, _context: JobContext) -> tuple[str, str]:
    name = first(r"(tmp-checkpoint-\d+|checkpoint-\d+)", line) or "a checkpoint"
    if first(r"(not empty|FileExistsError)", line):
        return (
            f"another host renamed {name} as well, on storage that the hosts share",
            "Set save_on_each_node: false in trainer_launch_job_config, or take a newer transformers.",
        )
    return (
        f"{name} is not there, since another host has written or renamed it: this trainer expects storage that all "
        "hosts share",
        "Set save_on_each_node: true in trainer_launch_job_config, take a newer transformers, or put "
        "trainer_launch_job_output_directory on storage that the hosts share.",
    )


def _denied(line: str, _context: JobContext) -> tuple[str, str]:
    path = first(r"(?:permission denied|not permitted)[^']*'([^']+)'|denied: \"?(/[^\s\"':]+)", line) or "a file"
    return (
        f"it may not use {path}",
        "Give the user of the container this right on the host, in the directory of trainer_launch_volumes behind it.",
    )


def _read_only(line: str, _context: JobContext) -> tuple[str, str]:
    path = first(r"read-only file system[^']*'([^']+)'", line) or "a file"
    return (
        f"{path} cannot be written: its file system is read-only",
        "Take :ro from that volume in trainer_launch_volumes; where it has none, see the kernel's log of the host "
        "(dmesg) for an error of the disk.",
    )


def _damaged(line: str, _context: JobContext) -> tuple[str, str]:
    lfs = " It begins like a pointer of Git LFS: fetch the file itself with git lfs pull." if "key, 'v'" in line else ""
    return (
        "a file of the model or of a checkpoint is damaged or not whole",
        f"Copy it again (trainer_launch_copies), and compare its size on all hosts.{lfs}",
    )


STORAGE_RULES = (
    Rule(
        "shared_memory",
        pattern(
            r"insufficient shared memory|killed by signal: Bus error"
            r"|creating shared memory segment|allocat\w+ shared memory|/dev/shm\S*.*(no space|size \d+)"
            r"|unable to (open|write|mmap|resize|allocate)[^:]*(shared memory|<?/?torch_)"
            r"|shared memory.*(no space|unable|could not)|resize file <filename not specified>"
        ),
        shared_memory,
    ),
    Rule(
        "disk_full",
        pattern(r"no space left on device|disk quota exceeded|\[Errno 28\]|os error 28"),
        fixed("a disk is full", "Make room on the host, or save fewer checkpoints (save_total_limit)."),
    ),
    Rule(
        "disk_full",
        pattern(r"PytorchStreamWriter failed|inline_container\.cc\S* \. unexpected pos"),
        fixed(
            "it could not write a file to its end, as it is when a disk is full",
            "Make room on the host, or save fewer checkpoints (save_total_limit).",
        ),
    ),
    Rule(
        "disk_fault",
        pattern(r"\[Errno 5\]|Input/output error|os error 5\b|Stale file handle|\[Errno 116\]"),
        fixed(
            "a disk, or the storage behind it, does not answer as it should",
            "See the kernel's log of the host (dmesg), and whether its network storage is there.",
        ),
    ),
    Rule("read_only", pattern(r"Read-only file system|\[Errno 30\]|os error 30"), _read_only),
    Rule(
        "shared_storage",
        pattern(r"(FileNotFoundError|no such file|not empty|FileExistsError).*tmp-checkpoint-\d+"),
        _no_shared_storage,
    ),
    Rule(
        "no_command",
        pattern(r"no such file or directory: '(\S*/)?(nvcc|gcc|g\+\+|cc|ninja|git|ldconfig|which|numactl)'"),
        fixed(
            "its image lacks a command that the trainer calls",
            "Add its package to image_build_apt_packages and run playbooks/images.yml.",
        ),
    ),
    Rule(
        "damaged_file",
        pattern(
            r"deserializing header|HeaderTooLarge|InvalidHeader|MetadataIncompleteBuffer|file not fully covered"
            r"|PytorchStreamReader failed|central directory|invalid load key|pickle data was truncated|BadZipFile"
            r"|unexpected EOF|Unable to load weights from|UnpicklingError|EOFError: Ran out of input"
        ),
        _damaged,
    ),
    Rule(
        "missing_path",
        pattern(
            r"FileNotFoundError|no such file or directory: |can't open file|is not a local folder|repo id must"
            r"|undefined dataset|HFValidationError|Can't load the configuration of|does not appear to have a file named"
            r"|Couldn't find (a dataset|any data file)|DatasetNotFoundError|Unable to find '"
        ),
        _missing,
    ),
    Rule("permission", pattern(r"PermissionError|permission denied|operation not permitted|os error 13"), _denied),
    Rule(
        "memory",
        pattern(r"MemoryError|can't allocate memory|cannot allocate memory|std::bad_alloc|\[Errno 12\]"),
        fixed(
            "its host, or the limit of its container, had no memory left for it",
            "Give the job less to hold (a smaller batch, fewer workers), or its host more memory.",
        ),
    ),
    Rule(
        "limits",
        pattern(
            r"too many open files|\[Errno 24\]|can't start new thread|unable to start new thread|pthread_create failed"
            r"|\[Errno 11\]"
        ),
        fixed(
            "it reached a limit of open files, or of processes",
            "Raise nofile, or nproc, in trainer_launch_ulimits, or lower the number of the data loader's workers.",
        ),
    ),
)
