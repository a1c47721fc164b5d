# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error messages for a registry that does not answer as expected, with a remedy."""

from __future__ import annotations

import re

# The first that matches: what the engine says, what it means, and what to do.
_MEANINGS = (
    (
        r"no space left on device",
        "a disk is full",
        "Make room there, for example with docker image prune, and run it again.",
    ),
    (
        r"unauthorized|authentication required|no basic auth credentials|denied|insufficient_scope",
        "it does not accept the user and the password",
        "Look at image_registry_user and image_registry_password, and at what that user may do there.",
    ),
    (
        r"x509|certificate|tls:|server gave HTTP response to HTTPS client",
        "this host does not trust its certificate",
        "Give the certificate of the authority that has signed it as image_registry_ca_file.",
    ),
    (
        r"connection refused|no route to host|i/o timeout|deadline exceeded|no such host|Client\.Timeout|unreachable"
        r"|server misbehaving|connection reset|EOF",
        "this host cannot connect to it",
        "Look whether it runs, and whether image_registry_address and the networks between the two are right.",
    ),
    (
        r"manifest unknown|not found|name unknown",
        "it does not have the image any more",
        "Run playbooks/images.yml again, which pushes it.",
    ),
    (
        r"unexpected HTTP status|internal server error|unknown: unknown error|blob upload",
        "it failed itself",
        "Look at its log, and whether its disk is full.",
    ),
)


def explained(what: str, registry: str, said: str) -> str:
    """Return the message for an error ``said`` by the engine when ``what`` was tried."""
    for pattern, meaning, advice in _MEANINGS:
        if re.search(pattern, said, re.IGNORECASE):
            return f"{what} the registry {registry} failed: {meaning} ({_short(said)}). {advice}"
    return f"{what} the registry {registry} failed: {_short(said)}."


def _short(said: str) -> str:
    return " ".join(said.split()).rstrip(".")
