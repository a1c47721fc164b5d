# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stands in for get-pip where the Internet is out of reach: Python's own ensurepip, then the pip it brought."""

from __future__ import annotations

import subprocess
import sys

subprocess.run([sys.executable, "-m", "ensurepip", "--upgrade"], check=True)
# get-pip takes the arguments of "pip install", and the requirements pip, setuptools and wheel go without saying.
packages = [word for word in sys.argv[1:] if not word.startswith(("pip", "--no-setuptools", "--no-wheel"))]
if any(not word.startswith("-") for word in packages):
    subprocess.run([sys.executable, "-m", "pip", "install", *packages], check=True)
