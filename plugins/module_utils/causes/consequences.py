# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Recognize what a healthy rank prints when another one has failed: a consequence, not a cause."""

from __future__ import annotations

import re

_CONSEQUENCE = re.compile(
    r"connection (was |is )?(closed|reset|refused|abort|timed out)|broken ?pipe|connectionreset|connectionrefused"
    r"|connectionaborted|connection failure|remote process exited|ncclremoteerror|has closed the connection"
    r"|remote peer|sockettimeout|socket timeout|recvvalue failed|sendbytes failed|failed to recv|failed to send"
    r"|connectionerror: (connection|timed out)|timed out waiting|collective operation timeout|wait timeout after"
    r"|store->get\(|distnetworkerror|diststoreerror|rendezvous\w*error|communicator was aborted|pair closure"
    r"|connectfullmesh|no longer part of the|heartbeat monitor timed out|watchdog got stuck|keep-?alive"
    r"|timeout\(ms\)=\d+\) ran for|operation timed out|no route to host|network is unreachable"
    r"|timeouterror: (timed out|the read|\[errno 110)|timeouterror$|got signal: 15|\bsigterm\b|keyboardinterrupt"
    r"|(to pass|reached) monitoredBarrier|CUDA error: driver shutting down"
    r"|peer process|leaving the rendezvous|another rank|wait for peers",
    re.IGNORECASE,
)
# Exceptions to that: errors of the rank itself with similar words.
_OWN_FAULT = re.compile(
    r"EADDRINUSE|address already in use|HTTPS?ConnectionPool|https?://|max retries exceeded|requests\.exceptions"
    r"|huggingface_hub|shared memory segment|/dev/shm|killed by signal",
    re.IGNORECASE,
)
# What a launcher says of its process, which does not name the cause.
_WRAPPER = re.compile(
    r"ChildFailedError|CalledProcessError|ProcessRaisedException|ProcessExitedException|^SystemExit"
    r"|DataLoader worker \(pid\(?s?\)? [\d, ]+\) exited unexpectedly|SignalException"
)
# Warnings, such as that something is tried again.
_WARNING = re.compile(
    r"^\[?W\d{3,4} |^\[W|(NCCL |\[| - |^)(WARN(ING)?|INFO)\b|^\S*Warning: |: \w*Warning: |\bretrying\b|\btrying again"
)
# Python exceptions for errors of the program itself, whatever their message quotes.
_OWN_CLASS = re.compile(
    r"^(\w+\.)*(Value|Type|Key|Index|Attribute|Assertion|Import|ModuleNotFound|NotImplemented|ZeroDivision|FileNotFound"
    r"|Permission|Name|Unicode\w*|JSONDecode|Memory|Recursion|Overflow)Error\b"
)


def is_consequence(text: str) -> bool:
    """Return whether the text says no more than that another rank is gone or does not answer."""
    return bool(_CONSEQUENCE.search(text)) and not _OWN_FAULT.search(text) and not _OWN_CLASS.match(text)


def is_wrapper(text: str) -> bool:
    """Return whether the text is that of a launcher or of the failed process's parent."""
    return bool(_WRAPPER.search(text))


def is_warning(text: str) -> bool:
    """Return whether the line is marked as a warning or an information."""
    return bool(_WARNING.search(text))
