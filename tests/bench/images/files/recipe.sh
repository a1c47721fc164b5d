#!/usr/bin/env bash
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# IMAGE OWN-ADDRESS HOST...: save to a file, rsync it to each host in turn, load it there; a host loads while the next
# one gets its file.
set -euo pipefail
image=$1
shift 2
file=/var/lib/bench/image.tar
pids=()

docker save --output "$file" "$image"
for host in "$@"; do
    rsync --inplace --rsh='ssh -F /var/lib/bench/ssh_config' "$file" "root@$host:$file"
    # shellcheck disable=SC2029 # the name of the file is that of this host
    ssh -F /var/lib/bench/ssh_config "root@$host" "docker load --quiet --input $file && rm $file" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
rm "$file"
