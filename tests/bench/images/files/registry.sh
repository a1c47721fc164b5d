#!/usr/bin/env bash
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# IMAGE OWN-ADDRESS HOST...: push to the registry on this host, and pull on all hosts at once.
set -euo pipefail
image=$1
own=$2
shift 2
pids=()

docker tag "$image" "127.0.0.1:5000/$image"
docker push --quiet "127.0.0.1:5000/$image"
for host in "$@"; do
    # shellcheck disable=SC2029 # the names are those of this host
    ssh -F /var/lib/bench/ssh_config "root@$host" \
        "docker pull --quiet $own:5000/$image && docker tag $own:5000/$image $image" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
