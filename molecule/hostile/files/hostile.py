# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a hostile image runs as its training: it lays what root on the host might follow, wait for, or choke on."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

ROOT = Path("/run/distrain")
SECRET, DIRECTORY = "/srv/canary/secret", "/srv/canary/directory"
HUGE_BYTES = 1024**4
STEP = 7


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", required=True)
    parser.add_argument("--end", choices=("sleeps", "killed"), required=True)
    options = parser.parse_args()
    # The checkpoint is whole on the first rank alone, so that the host brings it to the other one.
    sys.stdout.buffer.write(b"I ask for nothing \x1b]0;title\x07\x1b[2J and print \x00 and \xff\n")
    sys.stdout.flush()
    lay_in_results(Path("/app/output") / options.job)
    lay_in_logs(ROOT / "logs" / options.job)
    for place in (ROOT / "control" / options.job, ROOT / "control", ROOT / "runner"):
        lay_in_control(place)
    Path("/app/output/laid").touch()
    if options.end == "sleeps":
        time.sleep(3600)
    time.sleep(5)
    os.kill(os.getpid(), signal.SIGKILL)


def lay_in_results(output: Path) -> None:
    """In the directory that is fetched, shown and searched for checkpoints."""
    output.mkdir(parents=True, exist_ok=True)
    # An attempt that starts again finds what the one before has laid.
    whole = output / f"checkpoint-{STEP}"
    shutil.rmtree(whole, ignore_errors=True)
    link(output / "trainer_log.jsonl", SECRET)
    link(output / "trainer_state.json", "/etc/shadow")
    fifo(output / "training_loss.png")
    huge(output / "all_results.json")
    link(output / "checkpoint-999", DIRECTORY)
    link(output / "checkpoint-1000", "/etc")
    for name in ("checkpoint-11\n", "checkpoint-12 ", "checkpoint-" + "9" * 200, "-rf", "$(id)", "{{ 7 * 7 }}"):
        with contextlib.suppress(OSError):
            (output / name).mkdir(exist_ok=True)
    with contextlib.suppress(OSError):
        os.mkdir(os.fsencode(output) + b"/checkpoint-\xff\xfe")  # noqa: PTH102 (no name of Python's)
    many = output / "many"
    many.mkdir(exist_ok=True)
    for number in range(5000):
        (many / str(number)).touch()
    deep = output
    for _level in range(60):
        deep /= "deep"
    deep.mkdir(parents=True, exist_ok=True)
    lay_checkpoint(whole)


def lay_checkpoint(whole: Path) -> None:
    """One that a restart goes on from, with what must not be brought to other hosts or from them."""
    whole.mkdir()
    (whole / "model.safetensors").write_bytes(b"weights")
    link(whole / "secret", SECRET)
    link(whole / "directory", DIRECTORY)
    fifo(whole / "fifo")
    fifo(whole / ".distrain-tree")
    with contextlib.suppress(OSError):
        Path(os.fsdecode(os.fsencode(whole) + b"/\xff\xfe")).write_text("no UTF-8")
    (whole / "trainer_state.json").write_text(json.dumps({"global_step": STEP}))


def lay_in_logs(logs: Path) -> None:
    """In the place of its own log, of its end, and of the jobs beside it."""
    lines = "".join(f"{{'loss': {number}, 'grad_norm': 1.0, 'epoch': 0.1}}\n" for number in range(3))
    (logs / "log").unlink(missing_ok=True)
    if int(os.environ.get("RANK", "0")) == 0:
        link(logs / "log", SECRET)
    else:
        fifo(logs / "log")
    (logs / "log.previous").unlink(missing_ok=True)
    link(logs / "log.previous", SECRET)
    print(lines + "x" * 5_000_000, flush=True)
    for name in ("launch", "config.yaml", ".config.yaml.1", "job.json", "exit_code", "stopped"):
        link(logs / name, DIRECTORY)
    for marker in logs.glob("running.*"):
        attempt = marker.name.split(".")[1]
        for code in range(3):
            link(logs / f"ended.{attempt}.{code}", SECRET)
    for name in ("other", "x" * 255):
        link(logs.parent / name, DIRECTORY)


def lay_in_control(place: Path) -> None:
    """All of it has to fail: the host's own files are read-only here."""
    for name in ("job.json", "launch", "new", ".config.yaml.1", "run-job"):
        path = place / name
        for lay in (path.unlink, lambda path=path: path.symlink_to(DIRECTORY), lambda path=path: path.open("wb")):
            with contextlib.suppress(OSError):
                lay()
                Path("/app/output/could-be-written").touch()


def link(path: Path, target: str) -> None:
    with contextlib.suppress(FileExistsError):
        path.symlink_to(target)


def fifo(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path)


def huge(path: Path) -> None:
    """A file that takes no room, and would take days to send."""
    with path.open("wb") as stream:
        for size in (HUGE_BYTES, 1024**3):
            with contextlib.suppress(OSError):
                stream.truncate(size)
                return


if __name__ == "__main__":
    main()
