# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A digest of a file, or of all files of a directory, on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: path_digest
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: Digest of a file or a directory
description:
  - Reads a file, or all files below a directory, on the controller, and gives one digest of their names and contents.
  - The name of the path itself, owners, modes and times do not matter. Hidden files are left out.
options:
  _terms:
    description: The files and directories.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show how many wheels there are
  ansible.builtin.debug:
    msg: "{{ lookup('distrain.cluster.path_digest', '/srv/wheels').files }}"
"""

RETURN = r"""
_list:
  description:
    - For each path its C(digest), the number of its C(files), and their size in C(bytes).
  type: list
  elements: dict
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

CHUNK = 1024**2


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        return [path_digest(Path(term).expanduser()) for term in terms]


def path_digest(path: Path) -> dict[str, Any]:
    whole, files, size = hashlib.sha256(), 0, 0
    try:
        for name, file in _files_of(path):
            whole.update(f"{_digest_of_file(file)}  {name}\n".encode())
            files += 1
            size += file.stat().st_size
    except OSError as error:
        raise AnsibleLookupError(f"{error.filename or path} cannot be read: {error.strerror}.") from None
    return {"digest": f"sha256:{whole.hexdigest()}", "files": files, "bytes": size}


def _files_of(path: Path) -> Iterator[tuple[str, Path]]:
    """Each file with its name below ``path``, in an order that does not depend on the file system."""
    if not path.is_dir():
        yield "", path
        return
    for file in sorted(path.rglob("*")):
        below = file.relative_to(path)
        if file.is_file() and not any(part.startswith(".") for part in below.parts):
            yield below.as_posix(), file


def _digest_of_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
