# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the lab's training material: a tiny Llama without weights, its tokenizer, and a data set.

    python3 make_trainer_assets.py DIRECTORY

It needs nothing but Python, gives the same bytes each time, writes only what differs, and prints the
name of each file that it wrote. The trainer makes the weights itself (train_from_scratch).
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SEED = 7
SAMPLES = 600
SPECIAL_TOKENS = ("<pad>", "<s>", "</s>", "<unk>")
NUMBERS = ("zero one two three four five six seven eight nine ten eleven twelve").split()
DAYS = ("Monday Tuesday Wednesday Thursday Friday Saturday Sunday").split()
COLOURS = {"grass": "green", "snow": "white", "coal": "black", "the sky": "blue", "blood": "red", "a lemon": "yellow"}


def byte_alphabet() -> list[str]:
    """The printable character that stands for each byte in a byte-level tokenizer, in byte order."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    character = {byte: chr(byte) for byte in printable}
    character.update({byte: chr(0x100 + place) for place, byte in enumerate(others)})
    return [character[byte] for byte in range(0x100)]


def tokenizer() -> dict[str, Any]:
    """A byte-level tokenizer: a token for each byte, no merges, so every text can be read."""
    special = [
        {"id": place, "content": token, "single_word": False, "lstrip": False, "rstrip": False}
        | {"normalized": False, "special": True}
        for place, token in enumerate(SPECIAL_TOKENS)
    ]
    vocabulary = {token: place for place, token in enumerate([*SPECIAL_TOKENS, *byte_alphabet()])}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None}
    model |= {"end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": model | {"vocab": vocabulary, "merges": []},
    }


def tokenizer_config() -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "<pad>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": 512,
    }


def model_config() -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(SPECIAL_TOKENS) + 0x100,
        "hidden_size": 64,
        "intermediate_size": 172,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "max_position_embeddings": 512,
        "hidden_act": "silu",
        "initializer_range": 0.02,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "torch_dtype": "float32",
    }


def samples() -> Iterator[dict[str, str]]:
    """Questions and answers with enough in common that a small model soon learns their form."""
    chance = random.Random(SEED)
    for _number in range(SAMPLES):
        kind = chance.randrange(3)
        if kind == 0:
            left, right = chance.randrange(7), chance.randrange(6)
            question = f"What is {NUMBERS[left]} plus {NUMBERS[right]}?"
            answer = f"{NUMBERS[left].capitalize()} plus {NUMBERS[right]} is {NUMBERS[left + right]}."
        elif kind == 1:
            place = chance.randrange(len(DAYS))
            question = f"Which day comes after {DAYS[place]}?"
            answer = f"The day after {DAYS[place]} is {DAYS[(place + 1) % len(DAYS)]}."
        else:
            thing, colour = chance.choice(list(COLOURS.items()))
            question = f"Which colour has {thing}?"
            answer = f"The colour of {thing} is {colour}."
        yield {"instruction": question, "input": "", "output": answer}


def files() -> dict[str, Any]:
    return {
        "models/tiny-llama/config.json": model_config(),
        "models/tiny-llama/tokenizer.json": tokenizer(),
        "models/tiny-llama/tokenizer_config.json": tokenizer_config(),
        "data/dataset_info.json": {"lab": {"file_name": "lab.json"}},
        "data/lab.json": list(samples()),
    }


def write_where_different(path: Path, content: str) -> bool:
    if path.is_file() and path.read_text(encoding="utf-8") == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(content, encoding="utf-8")
    unfinished.chmod(0o644)
    unfinished.replace(path)
    return True


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    directory = Path(sys.argv[1])
    for name, content in files().items():
        if write_where_different(directory / name, json.dumps(content, indent=1, ensure_ascii=False) + "\n"):
            print(name)


if __name__ == "__main__":
    main()
