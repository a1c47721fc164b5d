#!/usr/bin/env bash
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# IMAGE OWN-ADDRESS HOST...: save once, compress once, and send that to all hosts at once, each of which loads it.
set -euo pipefail
image=$1
shift 2
pipes=()
pids=()

for host in "$@"; do
    pipe=/run/bench-$host
    rm -f "$pipe"
    mkfifo "$pipe"
    ssh -F /var/lib/bench/ssh_config "root@$host" 'zstd --decompress --stdout | docker load --quiet' <"$pipe" &
    pids+=($!)
    pipes+=("$pipe")
done
docker save "$image" | zstd -1 -T0 --stdout | tee "${pipes[@]}" >/dev/null
for pid in "${pids[@]}"; do wait "$pid"; done
rm "${pipes[@]}"
