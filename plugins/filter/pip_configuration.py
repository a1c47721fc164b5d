# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where pip finds packages, as the pip.conf of one build."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def pip_configuration(index_url: str, extra_index_urls: Sequence[str] = (), trusted_hosts: Sequence[str] = ()) -> str:
    """Empty where pip's own defaults hold."""
    settings = {
        "index-url": [index_url] if index_url else [],
        "extra-index-url": list(extra_index_urls),
        "trusted-host": list(trusted_hosts),
    }
    lines = [f"{key} = " + "\n    ".join(values) for key, values in settings.items() if values]
    return "\n".join(["[global]", *lines, ""]) if lines else ""


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"pip_configuration": pip_configuration}
