# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules for errors of the image and the settings, and of NCCL where no other rule explains them."""

from __future__ import annotations

from .rule import JobContext, Rule, first, fixed, pattern


def _no_module(line: str, context: JobContext) -> tuple[str, str]:
    return (
        f"the image {context.image} has no Python module {first(r'No module named ?([^ ;]+)', line).strip(chr(39))}",
        "Add its package to image_build_pip_requirements and run playbooks/images.yml.",
    )


def _no_import(_line: str, context: JobContext) -> tuple[str, str]:
    return (
        f"a Python module of the image {context.image} cannot be imported",
        "Pin versions that fit each other in image_build_pip_requirements and run playbooks/images.yml.",
    )


def _nccl(line: str, _context: JobContext) -> tuple[str, str]:
    reason = first(r"Last error: +(.{3,200})", line) or first(r"(nccl[A-Z]\w+Error|ncclInvalid\w+)", line) or "an error"
    return (
        f"NCCL failed ({reason.strip()})",
        "Where that does not say enough, set NCCL_DEBUG: INFO in trainer_launch_job_environment.",
    )


PROGRAM_RULES = (
    Rule("import_error", pattern(r"No module named"), _no_module),
    Rule("import_error", pattern(r"\bImportError:|undefined symbol|cannot open shared object file"), _no_import),
    Rule(
        "no_compiler",
        pattern(
            r"Failed to find C compiler|CUDA_HOME environment variable is not set|Unable to find nvcc|Ninja is required"
            r"|CUDAMismatchException|Error building extension|CompilationError"
        ),
        fixed(
            "it could not compile a part of itself in its container",
            "Add the compiler to image_build_apt_packages (build-essential, ninja-build), or take a base image that "
            "has CUDA's (image_build_base_image), and run playbooks/images.yml.",
        ),
    ),
    Rule(
        "no_command",
        pattern(r": (command )?not found$|executable file not found"),
        fixed("its image has no such command", "Correct trainer_launch_job_entry or trainer_launch_job_command."),
    ),
    Rule(
        "wrong_setting",
        pattern(
            r"arguments are not used by the HfArgumentParser|Some keys are not used|unrecognized arguments"
            r"|the following arguments are required|error: argument |ValidationError|yaml\.\w+\.\w+Error"
        ),
        fixed(
            "the trainer does not take its settings",
            "Correct trainer_launch_job_config or trainer_launch_job_arguments.",
        ),
    ),
    Rule(
        "diverged",
        pattern(r"loss scale already at minimum"),
        fixed(
            "the training has diverged: the loss scale of fp16 is at its minimum",
            "Lower learning_rate, or train with bf16.",
        ),
    ),
    Rule(
        "killed",
        pattern(r"DataLoader worker .*killed by signal: (Killed|Terminated)"),
        fixed(
            "a worker of its data loader was killed, as it is when memory runs out",
            "Lower the number of the data loader's workers, or give its host more memory.",
        ),
        retryable=True,
    ),
    Rule(
        "crashed",
        pattern(r"DataLoader worker .*killed by signal: \w"),
        fixed("a worker of its data loader crashed", "See what the data set's code calls in that worker."),
    ),
    Rule("nccl_error", pattern(r"NCCL error|nccl\w+Error|ncclInvalid\w+"), _nccl),
)
