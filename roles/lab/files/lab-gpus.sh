#!/bin/sh
# Have the driver's libraries found, and the GPUs of other lab hosts not seen, at each boot. All lab hosts share one kernel, which
# lists all GPUs to each of them; /etc/lab-gpus has the directories where it lists those that are not this host's, one a line.
set -eu

ldconfig
while read -r directory; do
    if [ -d "$directory" ]; then mount -t tmpfs -o ro,size=4k hidden "$directory"; fi
done </etc/lab-gpus
