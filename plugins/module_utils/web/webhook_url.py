# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The URL of a webhook, which is a secret but for its host."""

from __future__ import annotations

import urllib.parse


def url_problem(url: str) -> str:
    """Return what is wrong with the URL of a webhook, without quoting it; empty where nothing is."""
    try:
        parts = urllib.parse.urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return "does not begin with https:// or http:// and the name of a host"
    return "has characters that no URL has" if any(char.isspace() or not char.isprintable() for char in url) else ""


def host_of(url: str) -> str:
    """Return the host of a URL, for messages; all else of it is secret."""
    return urllib.parse.urlsplit(url).hostname or ""
