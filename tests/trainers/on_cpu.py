# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a training script that was written for GPUs on the lab's CPUs: python on_cpu.py SCRIPT ARGUMENTS.

The script is run as it is. What stands in, here alone: gloo for NCCL, 32-bit numbers for 16-bit ones, plain attention
for flash attention, and the CPU for a rank's GPU. An argument that is RANK becomes the process's rank, for a script
that learns it only where there is a GPU.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deepspeed
import torch
import transformers

RANK = "RANK"
FOR_GPUS = ("use_flash_attention_2", "torch_dtype", "device_map")


def without_16_bits(initialize: Callable[..., Any]) -> Callable[..., Any]:
    def on_cpu(*arguments: Any, **options: Any) -> Any:
        config = options.get("config")
        if isinstance(config, dict) and "fp16" in config:
            options["config"] = {**config, "fp16": {"enabled": False}}
        return initialize(*arguments, **options)

    return on_cpu


def without_gpu_options(from_pretrained: Callable[..., Any]) -> Callable[..., Any]:
    def on_cpu(*arguments: Any, **options: Any) -> Any:
        if options.get("use_flash_attention_2"):
            # Torch's own fast attention, which else is taken, has wrong gradients on CPUs where padding is on the left.
            options["config"]._attn_implementation = "eager"
        return from_pretrained(*arguments, **{name: one for name, one in options.items() if name not in FOR_GPUS})

    return on_cpu


def main() -> None:
    # Accelerate takes a GPU for each process of DeepSpeed, unless it is given a device.
    os.environ.setdefault("ACCELERATE_TORCH_DEVICE", "cpu")
    deepspeed.init_distributed(dist_backend="gloo")
    deepspeed.initialize = without_16_bits(deepspeed.initialize)
    auto = transformers.AutoModelForCausalLM
    auto.from_pretrained = without_gpu_options(auto.from_pretrained)
    # DeepSpeed's launcher puts --local_rank before everything else.
    for_script = [word for word in sys.argv[1:] if word.startswith("--local_rank")]
    script, *arguments = [word for word in sys.argv[1:] if word not in for_script]
    sys.argv = [script, *for_script, *(os.environ["RANK"] if word == RANK else word for word in arguments)]
    sys.path.insert(0, str(Path(script).resolve().parent))
    print(f"rank {os.environ['RANK']} of {torch.distributed.get_world_size()} runs {script}", flush=True)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
