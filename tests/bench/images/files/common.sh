# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Before each way that people go without the product: the hosts and the image it is for, and how they are reached.
set -euo pipefail
to() { local host=$1; shift; ssh -i /var/lib/bench/key -c aes128-gcm@openssh.com -o BatchMode=yes \
    -o UserKnownHostsFile=/var/lib/bench/known_hosts "root@$host" "$@"; }
wait_for_all() { local one; for one in "$@"; do wait "$one"; done; }
pids=()
