# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values for tests of properties: any text that UTF-8 can hold, and what JSON can hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=6
)
# Digits, signs and dots make numbers, and colons and slashes paths, far more often than any text does.
TECHNICAL = st.text(st.sampled_from("0123456789abcefxyzABEXZ.-+_:/,=~$@\"'\\ \n\t#{}[]%*&!|>é\U0001f600"))
