#!/usr/bin/env bash
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# IMAGE: let the registry of this host be one that has never seen the image.
set -euo pipefail
image=$1

docker image rm "127.0.0.1:5000/$image" 2>/dev/null || true
systemctl stop docker-registry
rm -rf /var/lib/docker-registry/docker
systemctl start docker-registry
for _ in $(seq 50); do
    if python3 -c 'import urllib.request; urllib.request.urlopen("http://127.0.0.1:5000/v2/")' 2>/dev/null; then exit; fi
    sleep 0.2
done
exit 1
