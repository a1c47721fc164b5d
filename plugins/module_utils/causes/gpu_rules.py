# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules for errors of GPUs, their driver and their memory."""

from __future__ import annotations

from .rule import JobContext, Rule, first, fixed, pattern

_ABOUT_GPUS = pattern(r"CUDA|GPU|NVIDIA|bf16|fp16|NCCL")
_PROCESSES = (
    "Set trainer_launch_processes_per_host to the number of GPUs that the container gets, and leave "
    "CUDA_VISIBLE_DEVICES out of trainer_launch_job_environment and trainer_launch_environment."
)


def _driver(line: str, context: JobContext) -> tuple[str, str]:
    found = first(r"found version (\d+)", line)
    version = f" (it is made for CUDA {int(found) // 1000}.{int(found) % 1000 // 10})" if found else ""
    return (
        f"the NVIDIA driver of its host is too old for the CUDA of the image {context.image}{version}",
        "Upgrade the driver on the host, or build the image with a torch for an older CUDA (image_build_base_image, "
        "image_build_pip_requirements).",
    )


def _architecture(_line: str, context: JobContext) -> tuple[str, str]:
    return (
        f"the torch of the image {context.image} was not built for the architecture of its GPU",
        "Take a torch, and extensions of it, that support this GPU: image_build_base_image, "
        "image_build_pip_requirements.",
    )


def _without_cuda(_line: str, context: JobContext) -> tuple[str, str]:
    return (
        f"the torch of the image {context.image} was built without CUDA",
        "Take a torch with CUDA in image_build_pip_requirements, or image_build_base_image, and run "
        "playbooks/images.yml.",
    )


GPU_RULES = (
    Rule(
        "gpu_fabric",
        pattern(r"Error 802\b|system not yet initialized|cudaErrorSystemNotReady"),
        fixed(
            "the fabric of its GPUs is not initialized",
            "Start NVIDIA's fabric manager on the host, in the version of the driver: systemctl enable --now "
            "nvidia-fabricmanager.",
        ),
        anywhere=pattern(r"CUDA.*(Error 802\b|system not yet initialized)"),
        explains=_ABOUT_GPUS,
    ),
    Rule(
        "gpu_driver",
        pattern(r"Driver/library version mismatch"),
        fixed(
            "the NVIDIA driver of its host was upgraded while the old one is still loaded",
            "Restart the host.",
        ),
        anywhere=pattern(r"NVML.*Driver/library version mismatch"),
        explains=_ABOUT_GPUS,
    ),
    Rule(
        "gpu_driver",
        pattern(
            r"driver on your system is too old|CUDA driver version is insufficient|Error 80[34]\b"
            r"|unsupported display driver|forward compatibility was attempted|cudaErrorInsufficientDriver"
            r"|PTX was compiled with an unsupported toolchain"
        ),
        _driver,
        anywhere=pattern(r"CUDA initialization: .*(driver on your system is too old|Error 80[34]\b)"),
        explains=_ABOUT_GPUS,
    ),
    Rule(
        "gpu_architecture",
        pattern(r"no kernel image is available|cudaErrorNoKernelImageForDevice"),
        _architecture,
        anywhere=pattern(r"CUDA capability sm_\w+ is not compatible with the current PyTorch"),
        explains=pattern(r"CUDA|CUBLAS"),
    ),
    Rule(
        "gpu_fault",
        pattern(
            r"ECC error|\bXid\b|fallen off the bus|GPU is lost|NVLink error|hardware stack error|cudaErrorECC"
            r"|Unable to determine the device handle"
        ),
        fixed(
            "a GPU of its host is at fault",
            "See the Xid errors in the kernel's log of the host (dmesg) and nvidia-smi -q; reset the GPU, restart the "
            "host, or leave it out of trainer_launch_gpu_devices.",
        ),
        anywhere=pattern(r"NVRM: Xid|GPU has fallen off the bus"),
        explains=_ABOUT_GPUS,
    ),
    Rule(
        "gpu_memory",
        pattern(
            r"(CUDA|HIP) out of memory|CUDA error: out of memory|cudaErrorMemoryAllocation"
            r"|CUBLAS_STATUS_ALLOC_FAILED|Cuda failure \d* ?'out of memory'|torch\.OutOfMemoryError"
        ),
        fixed(
            "the memory of its GPU was full",
            "Lower per_device_train_batch_size or cutoff_len, or shard the model with DeepSpeed's ZeRO.",
        ),
    ),
    Rule(
        "gpu_shared",
        pattern(r"Duplicate GPU detected"),
        fixed("two of its processes use the same GPU", _PROCESSES),
    ),
    Rule(
        "gpu_ordinal",
        pattern(r"invalid device ordinal|cudaErrorInvalidDevice\b|device >= 0 && device < num_gpus"),
        fixed("a process asks for a GPU that its container does not have", _PROCESSES),
    ),
    Rule("gpu_build", pattern(r"Torch not compiled with CUDA enabled"), _without_cuda),
    Rule(
        "gpu_gone",
        pattern(r"[Ff]ailed to initialize NVML: Unknown Error"),
        fixed(
            "its container may not open its GPUs any more, as after systemctl daemon-reload on its host",
            "Start the container anew with docker restart, and let it have its GPUs by CDI, as the containers of "
            "playbooks/train.yml have: systemd knows these.",
        ),
        anywhere=pattern(r"[Ff]ailed to initialize NVML: Unknown Error"),
        explains=_ABOUT_GPUS,
    ),
    Rule(
        "gpu_gone",
        pattern(
            r"no CUDA-capable device|found no NVIDIA driver|failed to initialize NVML|No CUDA GPUs are available"
            r"|cudaErrorNoDevice"
        ),
        fixed(
            "its container sees no GPU", "Run playbooks/hosts.yml, and start the container anew with docker restart."
        ),
        anywhere=pattern(r"found no NVIDIA driver on your system"),
        explains=pattern(r"CUDA|GPU|bf16|fp16"),
    ),
    Rule(
        "gpu_kernel",
        pattern(
            r"illegal memory access|misaligned address|illegal instruction was encountered|unspecified launch failure"
            r"|CUBLAS_STATUS_(EXECUTION_FAILED|INTERNAL_ERROR)|CUDNN_STATUS_(EXECUTION_FAILED|INTERNAL_ERROR)"
        ),
        fixed(
            "the program failed on its GPU",
            "See whether the kernel's log of the host has an Xid error (dmesg); where it has none, run it with "
            "CUDA_LAUNCH_BLOCKING: 1 in trainer_launch_job_environment to see where.",
        ),
    ),
)
