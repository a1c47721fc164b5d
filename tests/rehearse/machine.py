# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the machine with the GPUs has: how many, and a Python with torch, whose file system becomes an image."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.faults.lab import LabError

# In the namespace of a kit the machine's own file system is there.
OLD_ROOT = Path("/old")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHONS = ("opt/torch/.venv/bin", "opt/venv/bin", "opt/conda/bin", "usr/local/bin", "usr/bin")
# Beside other file systems, which are left out: what is no software of the machine, and CUDA's compiler and profilers:
# torch has CUDA's libraries beside itself.
LEFT_OUT = (
    *("boot", "home", "mnt", "media", "opt/nvidia", "root/.cache", "srv", "tmp", "usr/local/cuda*", "var/cache"),
    *("var/lib/docker", "var/log", "var/tmp"),
)
PROBE = "import torch; print(torch.__version__, torch.version.cuda)"


def count_gpus(devices: Path = Path("/dev")) -> int:
    return sum(bool(re.fullmatch(r"nvidia\d+", path.name)) for path in devices.glob("nvidia*"))


def root_with_torch() -> tuple[Path, str, str]:
    """Return the root, the PATH with which its C(python3) has torch for CUDA, and the versions of both."""
    root = OLD_ROOT if OLD_ROOT.is_dir() else Path("/")
    for directory in PYTHONS:
        path = f"/{directory}:{SYSTEM_PATH}"
        command = ["chroot", str(root), "/usr/bin/env", "-i", f"PATH={path}", "python3", "-c", PROBE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 and not done.stdout.strip().endswith("None"):
            return root, path, done.stdout.strip()
    raise LabError(
        f"No python3 in {', '.join(f'/{one}' for one in PYTHONS)} of {root} has torch for CUDA: give an image with "
        "it by --base ARCHIVE, as docker save writes it."
    )


def import_root(root: Path, path: str, command: Sequence[str], image: str) -> None:
    """Have an engine import the machine's file system; C(command) is docker's for it, up to its verb."""
    left_out = [f"--exclude=./{name}/*" for name in LEFT_OUT]
    tar = ["tar", "--create", "--one-file-system", "--numeric-owner", "--ignore-failed-read", *left_out]
    changes = [f"--change=ENV PATH={path} PIP_BREAK_SYSTEM_PACKAGES=1 LANG=C.UTF-8", '--change=CMD ["bash"]']
    with subprocess.Popen(
        [*tar, f"--directory={root}", "."], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as packing:
        done = subprocess.run(
            [*command, "import", *changes, "-", image],
            stdin=packing.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
    # 1: a file changed while it was read.
    if done.returncode or packing.returncode not in (0, 1):
        raise LabError(f"The file system of {root} could not be imported: {done.stderr or packing.returncode}")


def environment(root: Path) -> dict[str, str]:
    return {**os.environ, "ANSIBLE_CONFIG": str(root / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
