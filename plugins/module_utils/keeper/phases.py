# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The phases of a job that is kept: an attempt is begun, followed to its end, and begun again, or the job is over."""

from __future__ import annotations

BEGINNING, FOLLOWING, OVER = "beginning", "following", "over"
