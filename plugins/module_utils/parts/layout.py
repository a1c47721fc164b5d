# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which rank has written a file of a checkpoint, and which ranks read it.

DeepSpeed's engine reads C(latest), the file of the model (stages 1 and 2) and, of the parts, that of its own rank alone
(_get_all_zero_checkpoint_state_dicts, 0.16.9, unless elastic checkpoints are on). transformers reads
C(trainer_state.json) and the random state of its own rank on each (Trainer._load_rng_state). What
torch.distributed.checkpoint has written is read by every rank as its plan wants, which may be out of any part: what is
the same on all ranks lies in the part of one (dedup_save_plans). So those parts are needed on every host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_ZERO = re.compile(r"(?:.*/)?(?:bf16_|fp16_)?zero_pp_rank_(\d{1,6})_mp_rank_(\d{1,6})_(?:optim|model)_states\.pt")
_SHARD = re.compile(r"(?:.*/)?__(\d{1,6})_\d{1,6}\.distcp")
_OWN = (
    re.compile(r"(?:.*/)?pytorch_model_fsdp(?:_\d+)?_rank(\d{1,6})\.bin"),
    re.compile(r"(?:.*/)?rng_state_(\d{1,6})\.pth"),
    re.compile(r"(?:.*/)?random_states_(\d{1,6})\.pkl"),
)


def writers(paths: Iterable[str]) -> dict[str, int]:
    """Return the rank that has written each of the files that name one; of all others no rank is known.

    With tensor parallelism the names do not say which rank that is.
    """
    names = list(paths)
    model_ranks = {found[2] for name in names if (found := _ZERO.fullmatch(name))}
    patterns = (_SHARD, *_OWN, *([_ZERO] if len(model_ranks) == 1 else []))
    matches = ((name, pattern.fullmatch(name)) for name in names for pattern in patterns)
    return {name: int(match[1]) for name, match in matches if match}


def readers(path: str, written_by: Mapping[str, int]) -> int | None:
    """Return the one rank that reads the file, or None where every rank may."""
    return None if _SHARD.fullmatch(path) else written_by.get(path)
