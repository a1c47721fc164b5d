# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Convert our errors to those that Ansible expects of a filter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError


@contextmanager
def told_as_filter_error() -> Iterator[None]:
    """Raise a ClusterError of the block as an AnsibleFilterError."""
    try:
        yield
    except ClusterError as error:
        raise AnsibleFilterError(error.message) from error
