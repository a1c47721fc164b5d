# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TLS 1.3 between the agents of one run: each shows a certificate of that run, and nobody else has one.

Keys and certificates are handed to OpenSSL through memory that has no name; they never lie on a disk.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunKeys:
    """The certificate and key of an agent, and the authority of the run, in PEM."""

    authority: str
    certificate: str
    key: str = field(repr=False)


def server_context(keys: RunKeys) -> ssl.SSLContext:
    context = _context(ssl.PROTOCOL_TLS_SERVER, keys)
    context.verify_mode = ssl.CERT_REQUIRED
    # A connection is made once and used to its end: there is nothing to resume.
    context.num_tickets = 0
    return context


def client_context(keys: RunKeys) -> ssl.SSLContext:
    """For connections that name the host they expect (C(server_hostname)); another host of the run is refused."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, keys)


def _context(protocol: int, keys: RunKeys) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=keys.authority)
    descriptor = os.memfd_create("distrain-relay", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, (keys.key + keys.certificate).encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
    return context
