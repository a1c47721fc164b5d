# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Advice for errors of the operating system."""

from __future__ import annotations

import errno

_TOO_MANY = "Raise the limit of open files there (ulimit -n, or LimitNOFILE= of the SSH service), and run it again."
_ADVICE = {
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: "Raise fs.file-max there, or end programs that hold many files open, and run it again.",
    errno.EIO: "The disk or the file server could not read or write it: look into the kernel's log there (dmesg).",
    errno.ESTALE: "The file server no longer has it: mount the file system there again.",
    errno.ENOSPC: "Complete items stay there for the next run; nothing else was changed. Make room there.",
    errno.EDQUOT: "The quota of the user there is used up. Raise it, or make room there.",
    errno.EROFS: "The file system there is mounted read-only: often the kernel did so after an error (see dmesg).",
    errno.EACCES: "Run the task with become, or give the user the right to it.",
    errno.EPERM: "Run the task with become; where it is root already, the file may be immutable (see lsattr).",
    errno.ELOOP: "A part of its path was replaced by a symbolic link or a file.",
    errno.ENOTDIR: "A part of its path was replaced by a symbolic link or a file.",
}


def advice(error: OSError) -> str:
    """Return one or two sentences, empty for an error without general advice."""
    return _ADVICE.get(error.errno or 0, "")


def described(error: OSError) -> str:
    """Return the system's message, with the file that it names and the advice."""
    what = error.strerror or str(error) or type(error).__name__
    where = f" ({error.filename})" if isinstance(error.filename, str) else ""
    return f"{what}{where}. {advice(error)}".rstrip()
