# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: which Linux capabilities a process may never have."""

from __future__ import annotations

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

# In the order of their numbers: include/uapi/linux/capability.h, Linux 6.18.
CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE "
    "SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL "
    "SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()


def missing_capabilities(process_status: str) -> list[str]:
    """Return the capabilities outside the bounding set in the text of C(/proc/PID/status)."""
    for line in process_status.splitlines():
        if line.startswith("CapBnd:"):
            bounding_set = int(line.split()[1], 16)
            return [name for number, name in enumerate(CAPABILITIES) if not bounding_set >> number & 1]
    raise PlanError("The status of the process has no line CapBnd, so its capabilities are not known.")
