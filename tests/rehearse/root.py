# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kit's file systems: that of the lab hosts, and what the machine that carries them has besides."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.rehearse.wheels import download

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHECKOUT, VENV = "opt/distrain-cluster", "opt/distrain-venv"
HOST_PACKAGES = ["docker-registry", "nftables", "python3-apt"]
MACHINE_PACKAGES = ["debian-archive-keyring", "gnupg", "make", "mmdebstrap", "openssh-client", "xz-utils"]
COLLECTIONS = ["ansible/posix", *(f"community/{name}" for name in ("crypto", "docker", "general"))]
COLLECTIONS += ["community/library_inventory_filtering_v1"]
NEVER_READ = ["man", "locale", "doc", "info"]


def run(*command: str | Path, **others: Any) -> None:
    subprocess.run(command, check=True, **others)


def make_host_file_system(archive: Path, caches: dict[str, Any]) -> None:
    """Make what the role lab makes for warm hosts, with a directory of packages in place of the mirror."""
    hook = f'{HERE / "local_packages.sh"} "$1" {" ".join(HOST_PACKAGES)}'
    unfinished = archive.with_name("unfinished.tar")
    run(
        *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(caches['packages'])}"),
        *("--keyring=/usr/share/keyrings/debian-archive-keyring.gpg", f"--customize-hook={hook}"),
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in NEVER_READ),
        *(caches["suite"], unfinished, caches["mirror"]),
    )
    unfinished.rename(archive)


def make_machine(archive: Path, work: Path, caches: dict[str, Any]) -> Path:
    """Return a directory of what the machine's file system has beside C(archive), and otherwise than it."""
    lower, upper, merged = (work / name for name in ("host", "machine", "merged"))
    for directory in (lower, upper, work / "overlay", merged):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    run("tar", "--extract", f"--file={archive}", f"--directory={lower}", "--exclude=./dev/*")
    with mounted(merged, [lower], upper, work / "overlay"):
        install_packages(merged, caches)
        make_environment(merged)
    for left in ("var/cache/apt", "var/lib/apt/lists", "var/log/apt", "tmp"):
        shutil.rmtree(upper / left, ignore_errors=True)
    # What overlayfs writes where a file was removed.
    for mark in [path for path in upper.rglob("*") if path.is_char_device()]:
        mark.unlink()
    return upper


@contextmanager
def mounted(point: Path, lowers: Sequence[Path], upper: Path, work: Path) -> Iterator[None]:
    lower = ":".join(map(str, lowers))
    run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}", point)
    run("mount", "-t", "proc", "proc", point / "proc")
    run("mount", "--bind", "/dev", point / "dev")
    try:
        yield
    finally:
        for path in (point / "dev", point / "proc", point):
            run("umount", path)


def install_packages(root: Path, caches: dict[str, Any]) -> None:
    """Install from the mirror what carries a lab, and give the file system its own source back."""
    sources, resolver = root / "etc/apt/sources.list", root / "etc/resolv.conf"
    before = sources.read_text()
    sources.write_text(f"deb [signed-by={keyring(root)}] {caches['mirror']} {caches['suite']} main\n")
    resolver.unlink(missing_ok=True)
    shutil.copy("/etc/resolv.conf", resolver)
    apt = ["chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"]
    run(*apt, "update")
    run(*apt, "install", "--yes", "--no-install-recommends", *MACHINE_PACKAGES, stdout=subprocess.DEVNULL)
    sources.write_text(before)
    resolver.write_text("")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")


def keyring(root: Path) -> str:
    """Lend the file system the keys of this machine, until it has its own."""
    path = "usr/share/keyrings/debian-archive-keyring.gpg"
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(f"/{path}", root / "tmp/keyring.gpg")
    return "/tmp/keyring.gpg"


def make_environment(root: Path) -> None:
    """Make the controller's Python environment of wheels for the Python of C(root), with the collections it needs."""
    print_version = "import sys; print('%d.%d' % sys.version_info[:2])"
    version = subprocess.check_output(["chroot", root, "python3", "-c", print_version], text=True).strip()
    wheels = root / "tmp/wheels"
    constraint = f"--constraint={ROOT / 'constraints.txt'}"
    download(HERE / "requirements.txt", wheels, version, constraint, dependencies=True)
    names = sorted(f"/tmp/wheels/{path.name}" for path in wheels.glob("*.whl"))
    run("chroot", root, "python3", "-m", "venv", f"/{VENV}")
    pip = [f"/{VENV}/bin/python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
    run("chroot", root, *pip, *names)
    shutil.rmtree(wheels)
    packages = root / VENV / f"lib/python{version}/site-packages"
    copy_collections(packages / "ansible_collections")


def copy_collections(target: Path) -> None:
    source = Path(str(importlib.metadata.distribution("ansible").locate_file("ansible_collections")))
    for name in COLLECTIONS:
        left_out = shutil.ignore_patterns("tests", "docs", "changelogs", "__pycache__")
        shutil.copytree(source / name, target / name, ignore=left_out)


def copy_checkout(target: Path) -> None:
    """Copy what is committed, and have the environment where the Makefile looks for it."""
    target.mkdir(parents=True)
    with subprocess.Popen(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE) as archive:
        run("tar", "--extract", f"--directory={target}", stdin=archive.stdout)
    if archive.returncode:
        raise subprocess.CalledProcessError(archive.returncode, archive.args)
    (target / ".venv").symlink_to(f"/{VENV}")
