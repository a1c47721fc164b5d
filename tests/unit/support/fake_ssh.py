# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An ssh that runs the remote command here; some hosts are not as they should be."""

from __future__ import annotations

from pathlib import Path

# Longer than starting four programs takes, on a busy machine too.
FAR_SECONDS = 2
SSH = f"""#!/bin/sh
# All options, then --, the host and one word that the remote shell reads.
while [ "$1" != -- ]; do shift; done
case "$2" in
  unreachable) echo "ssh: connect to host unreachable port 22: No route to host" >&2; exit 255 ;;
  far-*) sleep {FAR_SECONDS} ;;
  noisy) echo "Welcome to this host" ;;
  dies) exec sh -c 'read line; echo "sudo: a password is required" >&2; exit 1' ;;
  killed) exec sh -c 'read line; exit 255' ;;
  silent*) exec sh -c 'cat > /dev/null' ;;
esac
exec sh -c "exec $3"
"""


def fake_ssh(directory: Path) -> str:
    path = directory / "ssh"
    path.write_text(SSH)
    path.chmod(0o700)
    return str(path)
