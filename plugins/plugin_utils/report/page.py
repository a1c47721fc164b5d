# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Render a page as one HTML file that needs no other.

The templates' environment escapes every value; only the style sheet is marked as safe.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .chart import HEIGHT, WIDTH
from .cluster import ClusterPage
from .job import JobPage


def render(page: JobPage | ClusterPage, templates: Path) -> str:
    """Return the HTML of a page; ``templates`` is the directory of the templates and the style sheet."""
    name = "job.html.j2" if isinstance(page, JobPage) else "cluster.html.j2"
    style = f"\n{(templates / 'page.css').read_text(encoding='utf-8')}"
    return (
        _environment(templates)
        .get_template(name)
        .render(
            page=page,
            style=style,
            policy=content_policy(style),
            chart_width=WIDTH,
            chart_height=HEIGHT,
        )
    )


@lru_cache
def _environment(templates: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def content_policy(style: str) -> str:
    """Return a policy that forbids to load, run or send anything, and allows this style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
