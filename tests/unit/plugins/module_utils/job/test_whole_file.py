# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of tensors whose end is missing."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.job.container_files import ContainerFiles
from ansible_collections.distrain.cluster.plugins.module_utils.job.whole_file import is_cut


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("archive/data.pkl", b"x" * 100)
    return stream.getvalue()


def tensors() -> bytes:
    header = json.dumps({"a": {"data_offsets": [0, 40]}, "b": {"data_offsets": [40, 64]}, "__metadata__": {}}).encode()
    return len(header).to_bytes(8, "little") + header + b"x" * 64


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.pt", archive(), False),
        ("a.pt", archive()[:-1], True),
        ("a.pth", archive()[:40], True),
        ("a.bin", archive()[:-22] + bytes(22), True),
        # Of before torch 1.6, and no archive.
        ("a.bin", b"\x80\x02}", False),
        ("a.pt", b"", False),
        ("a.pt", b"PK", False),
        ("a.safetensors", tensors(), False),
        ("a.safetensors", tensors()[:-1], True),
        ("a.safetensors", b"weights", False),
        ("a.safetensors", bytes(1024), False),
        ("a.safetensors", (2).to_bytes(8, "little") + b"[]", False),
        ("a.safetensors", (40).to_bytes(8, "little") + b'{"a": {"data_offsets": ["x", "y"]}}     ', False),
        ("a.json", b"{", False),
    ],
)
def test_a_file_without_its_end(tmp_path: Path, name: str, content: bytes, expected: bool) -> None:
    (tmp_path / name).write_bytes(content)
    assert is_cut(ContainerFiles(str(tmp_path)), name, len(content)) is expected


def test_what_is_no_file_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "a.pt").symlink_to("/etc/passwd")
    assert is_cut(ContainerFiles(str(tmp_path)), "a.pt", 9) is False
