# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from ansible_collections.distrain.cluster.plugins.module_utils.text.progress import Progress
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.full_log import FullLog
from ansible_collections.distrain.cluster.plugins.plugin_utils.steps.screen import Screen


class Terminal:
    def __init__(self, width: int | None) -> None:
        self.now = 0.0
        self.text = ""
        self.screen = Screen(self.write, lambda: None, lambda: self.now, (lambda: width) if width else None)

    def write(self, text: str, newline: bool = True, **_options: Any) -> None:
        self.text += f"{text}\n" if newline else text


def step(number: int, total: int | None = 40) -> Progress:
    return Progress(f"step {number}", "sft", 100 * number / total if total else None)


def test_a_log_gets_a_line_for_each_tenth() -> None:
    log = Terminal(None)
    log.screen.status("a task that runs")
    for number in range(41):
        log.screen.progress(step(number))
        log.screen.progress(step(number))
    assert log.text.split("\n")[:-1] == [f"step {number}" for number in range(0, 41, 4)]


def test_a_log_gets_what_has_no_end_once_a_minute() -> None:
    log = Terminal(None)
    for number in range(121):
        log.now = float(number)
        log.screen.progress(step(number, None))
    assert log.text == "step 0\nstep 60\nstep 120\n"


def test_something_else_that_begins_is_shown_in_a_log() -> None:
    log = Terminal(None)
    for one in (Progress("starting", "sft"), Progress("starting", "sft"), step(36), step(0), Progress("x", "other", 0)):
        log.screen.progress(one)
    assert log.text == "starting\nstep 36\nstep 0\nx\n"


def test_a_terminal_gets_one_line_in_place() -> None:
    terminal = Terminal(8)
    terminal.screen.status("a long task's name")
    terminal.screen.progress(step(1))
    terminal.screen.show("a line")
    terminal.screen.show("another")
    terminal.screen.end()
    clear = "\r\x1b[K"
    assert terminal.text == f"{clear}a long {clear}step 1{clear}a line\nanother\n"


def test_progress_goes_through_the_queue_of_a_worker() -> None:
    sent = pickle.loads(pickle.dumps(step(4)))
    assert (sent, sent.about, sent.percent) == ("step 4", "sft", 10)


def test_the_log_is_for_its_owner_and_without_colours(tmp_path: Path) -> None:
    path = tmp_path / "artifacts" / "site.log"
    path.parent.mkdir()
    path.write_text("of another run, with more text")
    path.chmod(0o644)
    log = FullLog()
    log.write("\x1b[0;32mbefore\x1b[0m")
    log.open(path)
    log.write("after\n")
    assert path.read_text() == "before\nafter\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert log.problem == ""


def test_a_log_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file")
    log = FullLog()
    log.write("before")
    log.open(tmp_path / "artifacts" / "site.log")
    log.write("after")
    assert "cannot be written" in log.problem


def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kept")
    (tmp_path / "site.log").symlink_to(tmp_path / "secret")
    log = FullLog()
    log.open(tmp_path / "site.log")
    log.write("text")
    assert (tmp_path / "secret").read_text() == "kept"
    assert log.problem
