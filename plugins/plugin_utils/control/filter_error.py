# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Our errors as those that Ansible expects of a filter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError


@contextmanager
def told_as_filter_error() -> Iterator[None]:
    """Around a filter, or the part of it that may refuse something."""
    try:
        yield
    except ClusterError as error:
        raise AnsibleFilterError(error.message) from error
