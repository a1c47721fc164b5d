# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible-test on each version of ansible-core, and what antsibull-nox.toml names; nox --list shows the sessions.

No session needs a container engine. nox has to run on a Python that the version of ansible-core supports.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import antsibull_nox
import nox
from antsibull_nox.sessions import prepare_collections

# The last one is the next release, of which there are only pre-releases.
CORES = {"2.19": "~=2.19.0", "2.20": "~=2.20.0", "2.21": "~=2.21.0", "2.22": "~=2.22.0b1"}
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ROOT = Path(__file__).parent
# ansible-test fetches these from the Internet, unless its cache holds them.
GET_PIP = ("get_pip_24_2.py", "get_pip_25_2.py")
CACHE = Path.home() / ".ansible/test/cache"

# The collections that this one needs come with the package ansible where it is installed beside nox, else from Galaxy.
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
if (SITE_PACKAGES / "ansible_collections").is_dir():
    os.environ.setdefault("ANSIBLE_COLLECTIONS_PATH", str(SITE_PACKAGES))

antsibull_nox.load_antsibull_nox_toml()


@nox.session(default=False)
@nox.parametrize("core", list(CORES), ids=list(CORES))
def sanity(session: nox.Session, core: str) -> None:
    """Run ansible-test sanity."""
    ansible_test(session, core, "sanity")


@nox.session(default=False)
@nox.parametrize("core", list(CORES), ids=list(CORES))
def units(session: nox.Session, core: str) -> None:
    """Run ansible-test units."""
    ansible_test(session, core, "units")


def ansible_test(session: nox.Session, core: str, command: str) -> None:
    """Run a command of ansible-test on a copy of the collection; what is behind -- goes to it."""
    session.install(f"ansible-core{CORES[core]}")
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in GET_PIP:
        if not (CACHE / name).exists():
            shutil.copy(ROOT / "tests/sanity/get_pip.py", CACHE / name)
    collections = prepare_collections(
        session, ansible_core_version=core, install_in_site_packages=False, install_out_of_tree=True
    )
    if collections is None:
        session.error("There is no copy of the collection to test.")
    options = ["--requirements", *([] if "--python" in session.posargs else ["--python", PYTHON])]
    with session.chdir(collections.current_path):
        session.run("ansible-test", command, *options, *session.posargs, env={"ANSIBLE_CONFIG": None})


if __name__ == "__main__":
    nox.main()
