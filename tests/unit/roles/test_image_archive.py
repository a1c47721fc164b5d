# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The archive that the lab makes of a file system."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.image.archive import read_archive
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import sha256
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT
from ansible_collections.distrain.cluster.tests.unit.support.stored_images import layer

SCRIPT = ROOT / "roles/lab/files/make_image_archive.py"


def test_the_archive_holds_the_file_system_as_its_one_layer(tmp_path: Path) -> None:
    content = layer({"bin/sh": b"shell", "etc/hostname": b""})
    (tmp_path / "rootfs.tar").write_bytes(content)
    paths = [str(tmp_path / name) for name in ("rootfs.tar", "base.tar")]
    subprocess.run([sys.executable, str(SCRIPT), *paths, "lab/base:1", "--command=bash"], check=True)
    with (tmp_path / "base.tar").open("rb") as stream:
        image = read_archive(stream, check_layers=True)
    assert image.names == ("lab/base:1",)
    assert image.identity.diff_ids == (f"sha256:{sha256(content)}",)
    assert (tmp_path / "base.tar").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.unfinished"))
