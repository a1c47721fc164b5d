# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the lab's stand-in for a GPU: what each lab host gets, and a signed apt repository of stand-in packages.

    make_stand_in_gpu.py DIRECTORY [--packages-only]

DIRECTORY/host is laid over a lab host's file system; DIRECTORY/key.asc and DIRECTORY/fingerprint are the throw-away
key that signs the repository. With --packages-only there is the repository alone, for hosts with GPUs of the machine.
Needs dpkg-deb and gpg.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).parent
VERSION = "0.1-standin"
TOOLKIT = "nvidia-container-toolkit"
PACKAGES = (TOOLKIT, f"{TOOLKIT}-base", "libnvidia-container-tools", "libnvidia-container1")
SIGNER = "stand-in for the NVIDIA repository, of a distrain lab"
# A character device that any container may have: what the name nvidia0 stands in for is /dev/null.
# A lab host has no log of the kernel; a file stands in for it, to which faults are appended.
TMPFILES = "c! /dev/nvidia0 0666 root root - 1:3\nf! /dev/kmsg 0644 root root -\n"


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def build_package(name: str, architecture: str, repository: Path, scratch: Path) -> bytes:
    """Build one package and return its paragraph of the index."""
    control = (
        f"Package: {name}\nVersion: {VERSION}\nArchitecture: {architecture}\nMaintainer: distrain lab\n"
        f"Depends: python3\nDescription: stand-in of the distrain lab for {name}\n"
    )
    tree = scratch / name
    write(tree / "DEBIAN" / "control", control.encode())
    if name == f"{TOOLKIT}-base":
        write(
            tree / "usr/bin/nvidia-ctk", b"#!/usr/bin/python3\n" + (HERE / "stand_in_nvidia_ctk.py").read_bytes(), 0o755
        )
    package = repository / f"{name}_{VERSION}_{architecture}.deb"
    run(["dpkg-deb", "--root-owner-group", "--build", tree, package])
    content = package.read_bytes()
    index = f"Filename: ./{package.name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
    return (control + index).encode()


def run(command: Sequence[str | Path], **environment: str) -> bytes:
    return subprocess.run(command, check=True, env={**os.environ, **environment}, stdout=subprocess.PIPE).stdout


def gpg(home: Path, *arguments: str | Path) -> bytes:
    return run(["gpg", "--batch", "--quiet", "--yes", "--passphrase", "", *arguments], GNUPGHOME=str(home))


def sign(directory: Path, repository: Path) -> None:
    index = (repository / "Packages").read_bytes()
    now = datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S +0000")
    release = f"Origin: distrain lab (stand-in)\nDate: {now}\nSHA256:\n"
    release += f" {hashlib.sha256(index).hexdigest()} {len(index)} Packages\n"
    write(repository / "Release", release.encode())
    # The agent's socket wants a short path.
    with tempfile.TemporaryDirectory(prefix="stand-in-") as name:
        home = Path(name)
        home.chmod(0o700)
        gpg(home, "--quick-generate-key", SIGNER, "ed25519", "sign", "never")
        gpg(home, "--clear-sign", "--output", repository / "InRelease", repository / "Release")
        write(directory / "key.asc", gpg(home, "--armor", "--export"))
        listed = gpg(home, "--list-keys", "--with-colons").decode().splitlines()
        fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr:"))
        write(directory / "fingerprint", fingerprint.encode())
        run(["gpgconf", "--kill", "all"], GNUPGHOME=name)


def main() -> None:
    directory, packages_only = Path(sys.argv[1]), "--packages-only" in sys.argv
    unfinished = directory.with_name(directory.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    architecture = run(["dpkg", "--print-architecture"]).decode().strip()
    repository = unfinished / "host/opt/stand-in-gpu/repository" / architecture
    repository.mkdir(parents=True)
    if not packages_only:
        write(unfinished / "host/usr/bin/nvidia-smi", (HERE / "stand_in_nvidia_smi.sh").read_bytes(), 0o755)
        write(unfinished / "host/usr/bin/plant-gpu-fault", (HERE / "plant_gpu_fault.sh").read_bytes(), 0o755)
        write(unfinished / "host/etc/tmpfiles.d/stand-in-gpu.conf", TMPFILES.encode())
    with tempfile.TemporaryDirectory() as scratch:
        paragraphs = [build_package(name, architecture, repository, Path(scratch)) for name in PACKAGES]
    write(repository / "Packages", b"\n".join(paragraphs))
    sign(unfinished, repository)
    # A lab host sees by it whether it has this stand-in or one of an earlier lab.
    write(unfinished / "host/opt/stand-in-gpu/fingerprint", (unfinished / "fingerprint").read_bytes())
    for path in (unfinished / "host").rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    unfinished.rename(directory)


if __name__ == "__main__":
    main()
