# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No Python that is started as root on a host imports from the directory it starts in, or by the environment.

What runs in containers is no concern of this: there, the trainer's own files are what is to be run.
"""

from __future__ import annotations

import re

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

# A program's name, then what it is to run; the quotes of lists and of strings are between them.
_STARTS = re.compile(r"""(?:python3|docker_python(?: }})?)['"\]]*,?[ +]+['"]?(-\w+|{{|/)""")
# These describe what runs in a container, or is part of an image.
_IN_CONTAINERS = (
    "roles/gpu_check/tasks/test.yml",
    "roles/image_build/",
    "roles/trainer_launch/",
    "roles/network_check/tasks/measure.yml",
    "plugins/plugin_utils/launch/commands.py",
)
_KINDS = ("*.yml", "*.j2", "*.py", "*.sh")


def files() -> list[str]:
    found = [path for kind in _KINDS for top in ("roles", "plugins", "playbooks") for path in (ROOT / top).rglob(kind)]
    names = [str(path.relative_to(ROOT)) for path in found]
    return sorted(name for name in names if not name.startswith((*_IN_CONTAINERS, "roles/lab/")))


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ('argv: [python3, "-m", "venv"]', "-m"),
        ('argv: [python3, "-I", "-m", "venv"]', "-I"),
        ('argv: ["{{ docker_python }}", "-m", "pip"]', "-m"),
        ("ExecStart=/usr/bin/python3 -I {{ program }}", "-I"),
        ("ExecStart=/usr/bin/python3 {{ program }}", "{{"),
        ('["python3", "-c", text]', "-c"),
    ],
)
def test_the_search_finds_what_is_started(line: str, option: str) -> None:
    assert _STARTS.findall(line) == [option]


def test_every_python_is_isolated() -> None:
    started = {}
    for name in files():
        found = _STARTS.findall((ROOT / name).read_text())
        if found:
            started[name] = found
    assert "plugins/plugin_utils/control/bundle.py" in started, "the agents are among what is found"
    assert {name: found for name, found in started.items() if set(found) != {"-I"}} == {}
