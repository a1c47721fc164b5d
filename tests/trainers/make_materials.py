# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make what the other projects train in the lab: the lab's tiny Llama with random weights, and data in their formats.

    python3 make_materials.py DIRECTORY

It needs nothing but Python, and gives the same bytes each time.
"""

from __future__ import annotations

import csv
import io
import json
import random
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "roles/lab/files"))
import make_trainer_assets as assets

# Not "llama": XuanYuan takes a tokenizer of its own kind for a path with that word.
MODEL = "models/tiny"


def shapes(config: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The tensors of a Llama, by their names in a file of weights."""
    hidden, inner, words = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    yield "model.embed_tokens.weight", (words, hidden)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        for name in "qkvo":
            yield f"{prefix}.self_attn.{name}_proj.weight", (hidden, hidden)
        yield f"{prefix}.mlp.gate_proj.weight", (inner, hidden)
        yield f"{prefix}.mlp.up_proj.weight", (inner, hidden)
        yield f"{prefix}.mlp.down_proj.weight", (hidden, inner)
        yield f"{prefix}.input_layernorm.weight", (hidden,)
        yield f"{prefix}.post_attention_layernorm.weight", (hidden,)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (words, hidden)


def weights(config: dict[str, Any]) -> bytes:
    """Random ones, as a file of safetensors: the length of its header, the header, and all numbers."""
    chance = random.Random(assets.SEED)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    numbers = io.BytesIO()
    for name, shape in shapes(config):
        begin, count = numbers.tell(), shape[0] * (shape[1] if len(shape) > 1 else 1)
        deviation = config["initializer_range"]
        values = [chance.gauss(0, deviation) if len(shape) > 1 else 1.0 for _number in range(count)]
        numbers.write(struct.pack(f"<{count}f", *values))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, numbers.tell()]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers.getvalue()


def jsonl_of_xuanyuan() -> str:
    rows = ({"instruction": one["instruction"], "response": one["output"]} for one in assets.samples())
    return "".join(json.dumps(row) + "\n" for row in rows)


def csv_of_llama_chinese() -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["text"])
    for one in assets.samples():
        writer.writerow([f"<s>Human: {one['instruction']}\n</s><s>Assistant: {one['output']}\n</s>"])
    return text.getvalue()


def files() -> dict[str, bytes]:
    config = assets.model_config()
    texts = {
        f"{MODEL}/config.json": json.dumps(config),
        f"{MODEL}/tokenizer.json": json.dumps(assets.tokenizer()),
        f"{MODEL}/tokenizer_config.json": json.dumps(assets.tokenizer_config()),
        "data/sft.jsonl": jsonl_of_xuanyuan(),
        "data/sft.csv": csv_of_llama_chinese(),
    }
    return {name: text.encode() for name, text in texts.items()} | {f"{MODEL}/model.safetensors": weights(config)}


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, content in files().items():
        path = Path(sys.argv[1], name)
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(name)


if __name__ == "__main__":
    main()
