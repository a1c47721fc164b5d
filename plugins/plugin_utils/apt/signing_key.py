# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The signing key of a package repository, pinned by its fingerprint."""

from __future__ import annotations

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .openpgp import fingerprints


def has_key(key: str, fingerprint: str) -> bool:
    """Whether a key file holds the key of this fingerprint and no other."""
    try:
        return fingerprints(key.encode()) == [fingerprint.replace(" ", "")]
    except ValueError:
        return False


def check_key(key: str, address: str, fingerprint: str, variable: str) -> str:
    """The key as it is to be written. Raises PlanError unless it is the one of this fingerprint.

    ``variable`` is the name of the variable that holds the key's address.
    """
    try:
        found = fingerprints(key.encode())
    except ValueError as error:
        raise PlanError(
            f"The controller cannot use the key at {variable} ({address}): this is no usable signing key: {error}. "
            f"Nothing was installed: set {variable} to the address of the right key, or to a file of the controller."
        ) from error
    if found != [fingerprint.replace(" ", "")]:
        raise PlanError(
            f"The key at {variable} ({address}) has the fingerprint {', '.join(found)}, and {variable}_fingerprint is "
            f"{fingerprint}. Nothing was installed: find out whose key this is."
        )
    return key.strip() + "\n"
