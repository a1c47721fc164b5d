# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Download the wheels of the lab's trainer for the Python and the C library of its image, whatever this machine has."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

C_LIBRARIES = ("_2_36", "_2_34", "_2_28", "_2_27", "_2_26", "_2_24", "_2_17", "2014")
ATTEMPTS, PAUSE_SECONDS = 3, 5


def pip(*arguments: str, **environment: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments]
    subprocess.run(command, check=True, env={**os.environ, **environment})


def again(*arguments: str, **environment: str) -> None:
    """Run pip, and again where a network failed in between."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            pip(*arguments, **environment)
        except subprocess.CalledProcessError:
            if attempt == ATTEMPTS:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return


def download(directory: Path, machine: str, *what: str) -> Sequence[str]:
    """Return pip's arguments; what is in the directory already is not downloaded again."""
    target = ["--implementation=cp", "--python-version=3.11", "--abi=cp311"]
    platforms = [f"--platform=manylinux{library}_{machine}" for library in C_LIBRARIES]
    options = ["--quiet", "--no-deps", "--only-binary=:all:", f"--dest={directory}"]
    return ["download", *options, *target, *platforms, *what]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("wheels", "requirements", "stamp"):
        parser.add_argument(name, type=Path)
    for name in ("torch", "torch-index-url", "deepspeed", "machine"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    unfinished = given.wheels.with_name("unfinished-wheels")
    given.wheels.parent.mkdir(parents=True, exist_ok=True)
    # A run that was interrupted may have left one of these at work.
    lock = given.wheels.with_name(".wheels.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if given.stamp.exists() and given.wheels.exists():
        return
    unfinished.mkdir(exist_ok=True)
    for old in given.wheels.parent.glob("wheels*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    try:
        # From where pip is given to look; a mirror may have torch for the CPU too.
        pip(*download(unfinished, given.machine, given.torch))
    except subprocess.CalledProcessError:
        index = f"--extra-index-url={given.torch_index_url}"
        again(*download(unfinished, given.machine, index, given.torch))
    again(*download(unfinished, given.machine, f"--requirement={given.requirements}"))
    # DeepSpeed is released as source alone; its operators are compiled where they are used.
    source = ["--no-deps", "--no-binary=deepspeed", f"--wheel-dir={unfinished}", given.deepspeed]
    again("wheel", "--quiet", *source, DS_BUILD_OPS="0")
    unfinished.rename(given.wheels)
    given.stamp.write_text(f"{given.torch}\n{given.deepspeed}\n")


if __name__ == "__main__":
    main()
