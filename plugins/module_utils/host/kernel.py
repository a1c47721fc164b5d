# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The features of the running kernel for an overlay network, tried in a network namespace that ends at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..base.command import run_command

TIMEOUT_SECONDS = 10
ALONE = ("unshare", "--net", "--")
VXLAN = ("ip", "link", "add", "dsprobe0", "type", "vxlan", "id", "1", "dev", "lo", "dstport", "4789")
# The transform that the overlay driver makes for an encrypted network; the key encrypts nothing.
ESP = (
    *"ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 0x100 mode transport aead".split(),
    *("rfc4106(gcm(aes))", "0x" + "11" * 20, "64"),
)
# Where even this fails, tools or rights are missing, and nothing is known.
CONTROL = ("ip", "link", "show", "lo")

Run = Callable[[Sequence[str]], bool]


def kernel_features(run: Run | None = None) -> dict[str, bool | None]:
    """Whether there are VXLAN and ESP; None where it could not be tried."""
    attempt = run or succeeds
    if not attempt((*ALONE, *CONTROL)):
        return {"vxlan": None, "esp": None}
    return {"vxlan": attempt((*ALONE, *VXLAN)), "esp": attempt((*ALONE, *ESP))}


def succeeds(argv: Sequence[str]) -> bool:
    return run_command(argv, TIMEOUT_SECONDS).rc == 0
