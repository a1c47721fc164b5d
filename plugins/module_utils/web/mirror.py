# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What mirrors answer to this host: whether they have what is wanted, of which date, and after how long."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..base.command import command_output
from .fetch import Answer, ask_all, fetch
from .repository import SUFFIXES, is_expired, missing_packages, release_fields, unpacked

APT, KEY, PAGE = "apt", "key", "page"
LARGEST_FILE = 1024**2
LARGEST_INDEX = 32 * 1024**2
FIRST_CHARACTERS = 60


def ask_mirrors(addresses: Sequence[Mapping[str, Any]], timeout: float) -> list[dict[str, Any]]:
    """Return the answer at each address, all asked at once; none takes much longer than C(timeout) seconds."""
    is_for_apt = any(one["kind"] == APT for one in addresses)
    proxies = _proxies_of_apt() if is_for_apt else None
    questions = [partial(_ask, one, timeout, proxies if one["kind"] == APT else None) for one in addresses]
    return [
        {"name": one["name"], "url": one["url"], **(answer or _no_answer(timeout))}
        for one, answer in zip(addresses, ask_all(questions, timeout), strict=True)
    ]


def _ask(address: Mapping[str, Any], timeout: float, proxies: Mapping[str, str] | None) -> dict[str, Any]:
    started = time.monotonic()
    answer = fetch(address["url"], timeout, LARGEST_FILE, proxies)
    text = answer.body.decode(errors="replace")
    fields = release_fields(text) if address["kind"] == APT else {}
    missing: dict[str, str] = {}
    if fields and address["packages"]:
        left = timeout - (time.monotonic() - started)
        index = _index(address["index"], left, proxies)
        missing = missing_packages(index, address["packages"]) if index is not None else {}
    return {
        **_described(answer),
        "begins": _beginning(text),
        "fields": fields,
        "is_expired": is_expired(fields),
        "missing": missing,
        "text": text if address["kind"] == KEY and answer.status == 200 else "",
    }


def _index(address: str, timeout: float, proxies: Mapping[str, str] | None) -> str | None:
    """Return the index of packages; None where it could not be read in time, of which nothing is said."""
    for suffix in SUFFIXES:
        answer = fetch(address + suffix, max(timeout, 0.1), LARGEST_INDEX, proxies)
        if answer.status == 200:
            return unpacked(answer.body, suffix)
    return None


def _described(answer: Answer) -> dict[str, Any]:
    return {"status": answer.status, "said": answer.said, "seconds": answer.seconds}


def _no_answer(timeout: float) -> dict[str, Any]:
    """Of a question that hangs before anything is asked, as in the resolver."""
    nothing = {"begins": "", "fields": {}, "is_expired": False, "missing": {}, "text": ""}
    return {"status": None, "said": "its name was not resolved, or nothing came", "seconds": timeout, **nothing}


def _beginning(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return "".join(one for one in line if one.isprintable())[:FIRST_CHARACTERS]


def _proxies_of_apt() -> dict[str, str] | None:
    """Return the proxies that apt of this host is set to, None where it has none of its own."""
    said = {
        scheme: command_output("apt-config", "dump", "--format", "%v%n", f"Acquire::{scheme}::Proxy")
        for scheme in ("http", "https")
    }
    found = {scheme: proxy.splitlines()[0] for scheme, proxy in said.items() if proxy}
    if not found:
        return None
    # apt takes the proxy of http for https too.
    both = {"https": found.get("http", ""), **found}
    return {scheme: proxy for scheme, proxy in both.items() if proxy and proxy.upper() != "DIRECT"}
