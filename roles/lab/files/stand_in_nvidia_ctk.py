# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's stand-in for nvidia-ctk: as much of its command line as the role nvidia_toolkit uses."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

DAEMON_CONFIGURATION = Path("/etc/docker/daemon.json")
NVIDIA_SMI = "/usr/bin/nvidia-smi"
DEVICE = "/dev/nvidia0"


def configured(existing: dict[str, Any]) -> dict[str, Any]:
    """The engine's configuration with the runtime and CDI; its other keys as they are."""
    runtimes = {**existing.get("runtimes", {}), "nvidia": {"args": [], "path": "nvidia-container-runtime"}}
    return {**existing, "runtimes": runtimes, "features": {**existing.get("features", {}), "cdi": True}}


def specification() -> dict[str, Any]:
    edits = {"deviceNodes": [{"path": DEVICE}]}
    mount = {"hostPath": NVIDIA_SMI, "containerPath": NVIDIA_SMI, "options": ["ro", "nosuid", "nodev", "bind"]}
    return {
        "cdiVersion": "0.5.0",
        "kind": "nvidia.com/gpu",
        "devices": [{"name": name, "containerEdits": edits} for name in ("0", "all")],
        "containerEdits": {"mounts": [mount]},
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    topics = parser.add_subparsers(dest="topic", required=True)
    configure = topics.add_parser("runtime").add_subparsers(required=True).add_parser("configure")
    configure.add_argument("--runtime", choices=["docker"], required=True)
    configure.add_argument("--cdi.enabled", action="store_true", required=True)
    configure.add_argument("--dry-run", action="store_true", required=True)
    topics.add_parser("cdi").add_subparsers(required=True).add_parser("generate")
    return parser.parse_args()


def main() -> None:
    if parse().topic == "cdi":
        # JSON is YAML, too.
        print(json.dumps(specification(), indent=2))
        return
    text = DAEMON_CONFIGURATION.read_text() if DAEMON_CONFIGURATION.exists() else "{}"
    print(json.dumps(configured(json.loads(text)), indent=4))


if __name__ == "__main__":
    main()
