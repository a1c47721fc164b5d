# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a container may still open the device nodes that its host has of NVIDIA's driver.

A container whose devices were allowed behind systemd, as by the hook of NVIDIA's legacy runtime, loses them when
systemd applies its own rules again, such as after C(systemctl daemon-reload):
U(https://github.com/opencontainers/runc/issues/3708). Its nodes stay there, and what has opened them goes on; nothing
opens them any more. The kernel answers for a process in the control group of the container, which is this one's child,
for the moment of one question: no node is opened.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ..base.command import run_command

# Every container with a GPU has it, and NVML and CUDA begin with it.
CONTROL_NODE = Path("/dev/nvidiactl")
HIERARCHIES = (Path("/sys/fs/cgroup/devices"), Path("/sys/fs/cgroup"))
ANSWER_SECONDS = 5.0
DENIED = "denied"
_ASK = (
    "import os, sys; g = os.open(sys.argv[1], os.O_WRONLY); os.write(g, str(os.getpid()).encode()); "
    "print('' if os.access(sys.argv[2], os.R_OK | os.W_OK) else 'denied')"
)


def is_denied(pid: int, node: Path = CONTROL_NODE) -> bool:
    """Return whether the container of this process may not open the node; false where that cannot be found out."""
    members = _members(pid)
    if not node.exists() or members is None:
        return False
    argv = (sys.executable or "python3", "-I", "-S", "-c", _ASK, str(members), str(node))
    done = run_command(argv, ANSWER_SECONDS)
    return done.rc == 0 and done.stdout.strip() == DENIED


def control_group(text: str, version: int) -> str:
    """Return the path of the control group that says which devices a process may open, by C(/proc/PID/cgroup)."""
    pattern = r"^\d+:(?:[^:\n]*,)?devices(?:,[^:\n]*)?:(/.*)$" if version == 1 else r"^0::(/.*)$"
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else ""


def _members(pid: int, hierarchies: tuple[Path, ...] = HIERARCHIES, proc: Path = Path("/proc")) -> Path | None:
    """The file that a process is written into to join the group; None where it is none of a container."""
    try:
        text = (proc / str(pid) / "cgroup").read_text(errors="replace")
    except OSError:
        return None
    for version, root in enumerate(hierarchies, 1):
        path = control_group(text, version)
        members = root / path.lstrip("/") / "cgroup.procs"
        if path not in ("", "/") and members.exists():
            return members
    return None
