# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Linux capabilities a process may never have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

# In the order of their numbers: include/uapi/linux/capability.h, Linux 6.18.
CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE "
    "SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL "
    "SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()


def missing_capabilities(process_status: str) -> list[str]:
    """The capabilities outside the bounding set that C(/proc/PID/status) shows."""
    for line in process_status.splitlines():
        if line.startswith("CapBnd:"):
            bounding_set = int(line.split()[1], 16)
            return [name for number, name in enumerate(CAPABILITIES) if not bounding_set >> number & 1]
    raise AnsibleFilterError("missing_capabilities: the text has no line CapBnd, so it is no /proc/PID/status.")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"missing_capabilities": missing_capabilities}
