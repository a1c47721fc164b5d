# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an image archive on the controller holds."""

from __future__ import annotations

DOCUMENTATION = r"""
name: image_archive
author: The distrain maintainers (@distrain)
version_added: 1.0.0
short_description: What an image archive holds
description:
  - Reads an archive of one image, as C(docker save) writes it, on the controller.
  - Layers are not read, so that it takes no longer for a large archive.
options:
  _terms:
    description: The archives.
    type: list
    elements: str
    required: true
seealso:
  - module: distrain.cluster.image_load
"""

EXAMPLES = r"""
- name: Show the names of the archived image
  ansible.builtin.debug:
    msg: "{{ lookup('distrain.cluster.image_archive', '/srv/images/pytorch.tar').names }}"
"""

RETURN = r"""
_list:
  description:
    - For each archive its C(names), the C(fingerprint) of the image, and the C(size) of its layers in bytes.
  type: list
  elements: dict
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.image.archive import read_archive


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        return [_read(Path(term).expanduser()) for term in terms]


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            archived = read_archive(stream, check_layers=False)
    except OSError as error:
        raise AnsibleLookupError(f"The image archive {path} cannot be read: {error.strerror}.") from None
    except ClusterError as error:
        raise AnsibleLookupError(f"{path}: {error.message}") from None
    return {
        "names": list(archived.names),
        "fingerprint": archived.identity.fingerprint,
        "size": archived.size,
    }
