# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a container prints reaches a terminal without control characters and at a bounded length."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.printable import LONGEST, printable
from ansible_collections.distrain.cluster.plugins.module_utils.progress.reading import last_lines
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("RuntimeError: out of memory", "RuntimeError: out of memory"),
        ("\x1b[1;31mERROR\x1b[0m: it broke", "ERROR: it broke"),
        ("a\x1b]0;a title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1b]52;c;bm8=", "a"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("a\x9b2Jb\x9d0;t\x9cc", "abc"),
        ("a\x1b[2J\x1b[H\x1b[?25lb\x1b(Bc\x1b7d\x1bMe", "abcde"),
        ("cut off \x1b[38;5", "cut off"),
        ("cut off \x1b", "cut off"),
        ("bell\x07 back\x08space nul\x00 del\x7f", "bell backspace nul del"),
        ("a\tb", "a b"),
        ("right-to-left \u202egpj.exe\u202c and \u2066x\u2069", "right-to-left gpj.exe and x"),
        ("two\u2028lines\u2029here\x85", "twolineshere"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("模型 Größe → 12%|█▏", "模型 Größe → 12%|█▏"),
    ],
)
def test_what_is_no_text_is_left_out(line: str, shown: str) -> None:
    assert printable(line) == shown
    assert printable(printable(line)) == shown


def test_a_long_line_keeps_its_start_and_its_end() -> None:
    shown = printable("Error: " + "x" * 1_000_000 + " the reason")
    assert len(shown) <= LONGEST + 40
    assert shown.startswith("Error: xxx") and shown.endswith("x the reason") and "characters left out" in shown
    assert len(printable("y" * 500, 100)) <= 140


AWKWARD = [chr(code) for code in (*range(0, 0x180), 0x202E, 0x2028, 0x200B, 0xD800, 0xFEFF, 0x6A21, 0x1F600)]
PIECES = st.sampled_from([*AWKWARD, "\x1b[", "\x1b]", "\x1bP"])


@given(st.text() | st.lists(PIECES, max_size=400).map("".join))
@settings(max_examples=500)
def test_whatever_is_printed_comes_out_as_one_bounded_line(text: str) -> None:
    shown = printable(text, 200)
    assert len(shown) <= 240 and "\n" not in shown
    assert not [one for one in shown if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def test_the_last_lines_are_clean_and_hold_the_last_form_of_a_bar() -> None:
    text = "one\r\n\x1b[2K\r 1%|#\r \x1b[32m2%|##\x1b[0m\n\x1b[A\x1b[K\n\nlast \x1b]0;owned\x07line\n"
    assert last_lines(text, 5) == ["one", " 2%|##", "last line"]
    assert last_lines(text, 1) == ["last line"]
    assert last_lines(text, 0) == []
    assert len(last_lines("z" * 65536, 1)[0]) <= LONGEST + 40
