# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import hashlib
import os

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.background_hash import _BATCH_BYTES, BackgroundHash


@pytest.mark.parametrize(
    "sizes",
    [
        (),
        (0,),
        (1,),
        (_BATCH_BYTES,),
        (_BATCH_BYTES, 1, 3 * _BATCH_BYTES, _BATCH_BYTES - 1),
        tuple([_BATCH_BYTES + 1] * 40),
    ],
)
def test_it_is_the_hash_of_all_in_order(sizes: tuple[int, ...]) -> None:
    parts = [os.urandom(size) for size in sizes]
    with BackgroundHash() as digest:
        digest.update(os.urandom(2 * _BATCH_BYTES))
        digest.restart()
        for part in parts:
            digest.update(part)
        assert digest.hexdigest() == hashlib.sha256(b"".join(parts)).hexdigest()
        digest.update(b"more")
        assert digest.hexdigest() == hashlib.sha256(b"".join([*parts, b"more"])).hexdigest()
