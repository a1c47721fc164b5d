# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages of the documentation that error messages end with.

A section of such a page is named after what fails: the first word of the module or action, or the kind of a cause.
"""

from __future__ import annotations

import re

_SITE = "https://distrain.github.io/cluster/docsite/"
ERRORS = f"{_SITE}errors.html"
CAUSES = f"{_SITE}causes.html"
_LINK = re.compile(rf"\s*See {re.escape(_SITE)}[\w.#-]+")


def section_of(action: str) -> str:
    """Return the section of a module or an action: C(swarm) is that of C(distrain.cluster.swarm_join)."""
    return action.rpartition(".")[2].partition("_")[0]


def with_page(message: str, section: str, page: str = ERRORS) -> str:
    """Return the message with the link to a section at its end, in place of links in messages that it quotes."""
    text = without_page(message)
    separator = "\n" if "\n" in text else " "
    return f"{text}{separator}See {page}#{section.replace('_', '-')}"


def without_page(message: str) -> str:
    """Return the message without such links."""
    return _LINK.sub("", message)
