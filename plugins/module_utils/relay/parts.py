# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: the parts of a transfer whose time is measured, and how far one host may be ahead of another."""

from __future__ import annotations

READ = "read"  # the source waits for the bytes of an item
SEND = "send"  # a host waits for the next one to take more
RECEIVE = "receive"  # a host waits for what comes, and decrypts it
WINDOW = "window"  # a host takes no more, since its engine or the next host is behind
LOAD = "load"  # the engine, or the disk, takes what came

# In memory, on every host: what the engine may lag behind, and what the next host finds after one has died.
WINDOW_BYTES = 128 * 1024**2
