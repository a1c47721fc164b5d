# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make the offline kit of the lab: archives in parts, their checksums, and the program that starts it elsewhere."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.rehearse.archive import PART_BYTES, pack, write_checksums
from tests.rehearse.root import CHECKOUT, HERE, ROOT, copy_checkout, make_host_file_system, make_machine, run
from tests.rehearse.wheels import download, repack

SDK_REQUIREMENTS = ROOT / "roles/docker/files/requirements.txt"
# Every lab needs the base and the checkout, which is small and changes often; the others are for labs that train.
ARCHIVES = ("base", "checkout", "trainer", "gpu")


def main() -> int:
    arguments = parse()
    directory, work = arguments.directory.absolute(), arguments.work.absolute()
    for path in (directory, work):
        path.mkdir(parents=True, exist_ok=True)
    caches = read_caches(work)
    trees: Mapping[str, Callable[[], Path]] = {
        "base": lambda: base_tree(work, caches),
        "checkout": lambda: checkout_tree(work, caches),
        "trainer": lambda: trainer_tree(work, caches),
        "gpu": lambda: gpu_tree(work, caches),
    }
    for name in arguments.archives:
        show(f"Making the archive {name}")
        parts = pack(f"{name}.tar.xz", trees[name](), directory, arguments.level)
        show(f"{name}: {len(parts)} parts, {sum(part.stat().st_size for part in parts) / 1e6:.0f} MB")
    write_checksums(list(directory.glob("*.tar.xz.[0-9][0-9]")), directory)
    # One that is running is not written into.
    (directory / "start").unlink(missing_ok=True)
    shutil.copy(HERE / "start", directory / "start")
    show(f"The kit is in {directory}; there: {directory.name}/start {directory.name}/*.tar.xz.* -- COMMAND")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make kit", description=__doc__)
    parser.add_argument("directory", type=Path, help=f"where the parts go, each of {PART_BYTES // 10**6} MB at most")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "kit", help="where the trees are put together")
    parser.add_argument(
        "--archives", nargs="+", choices=ARCHIVES, default=ARCHIVES, help="make these again, keep others"
    )
    parser.add_argument("--level", type=int, default=6, help="of xz, 0 to 9; 6 by default")
    arguments = parser.parse_args()
    if os.geteuid():
        parser.error("Root makes the kit: it mounts file systems and changes root.")
    return arguments


def show(text: str) -> None:
    print(text, flush=True)


def read_caches(work: Path) -> dict[str, Any]:
    """Have the role lab make what its caches lack, and return where it all is."""
    facts = work / "caches.json"
    playbook = Path(sys.executable).with_name("ansible-playbook")
    run(playbook, HERE / "caches.yml", f"--extra-vars={json.dumps({'kit_facts': str(facts)})}", cwd=ROOT)
    return json.loads(facts.read_text())


def base_tree(work: Path, caches: dict[str, Any]) -> Path:
    """Return a directory that is laid over the hosts' file system, which is in it as the lab's cache of it."""
    archive = work / f"host-{digest(json.dumps(caches) + (HERE / 'local_packages.sh').read_text())[:12]}.tar"
    if not archive.exists():
        make_host_file_system(archive, caches)
    tree = make_machine(archive, work, caches)
    put(archive, tree, caches["host_file_system"])
    for path in caches["trainer_base"]:
        put(Path(path), tree, path)
    (tree / "etc/distrain-kit").write_text(f"{caches['host_file_system']}\n")
    return tree


def checkout_tree(work: Path, caches: dict[str, Any]) -> Path:
    """What is committed here, and what its role docker wants of the controller's pip."""
    tree = empty(work / "checkout")
    copy_checkout(tree / CHECKOUT)
    # Under the name by which the role looks for them: Ansible reads a file without the end of its last line.
    wheels = inside(tree, f"{caches['sdk_wheels']}/{digest(SDK_REQUIREMENTS.read_text().rstrip())}")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--platform=any"]
    run(*pip, "--python-version=3.10", "--no-deps", f"--dest={wheels}", f"--requirement={SDK_REQUIREMENTS}")
    shutil.copy(SDK_REQUIREMENTS, wheels / "requirements.txt")
    return tree


def trainer_tree(work: Path, caches: dict[str, Any]) -> Path:
    tree = empty(work / "trainer")
    wheels = inside(tree, caches["wheels"])
    wheels.mkdir(parents=True)
    for wheel in sorted(Path(caches["wheels"]).glob("*.whl")):
        repack(wheel, wheels)
    put(Path(caches["wheels_stamp"]), tree, caches["wheels_stamp"])
    return tree


def gpu_tree(work: Path, caches: dict[str, Any]) -> Path:
    """What is laid over the torch for CUDA of the machine with the GPUs, whose Python is 3.12."""
    tree = empty(work / "gpu")
    wheels = inside(tree, str(Path(caches["wheels"]).with_name("gpu-wheels")))
    download(HERE / "gpu-requirements.txt", wheels, "3.12")
    return tree


def empty(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def put(source: Path, tree: Path, path: str) -> None:
    target = inside(tree, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def inside(tree: Path, path: str) -> Path:
    return tree / path.lstrip("/")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
