#!/bin/sh
# Remove the chains that Docker Engine made in the packet filter, the control groups of its containers, and what it has
# mounted below the directories that are the arguments, once the engine is stopped, and nothing else.
set -eu

for table in filter nat; do
    iptables --table "$table" --list-rules |
        awk '/^-A/ && !/^-A DOCKER/ && / -j DOCKER/ { sub("^-A", "-D"); print }' |
        while read -r rule; do
            # The rule is the packet filter's own output, one word an argument.
            # shellcheck disable=SC2086
            iptables --table "$table" $rule
        done
    chains=$(iptables --table "$table" --list-rules | awk '/^-N DOCKER/ { print $2 }')
    for chain in $chains; do iptables --table "$table" --flush "$chain"; done
    for chain in $chains; do iptables --table "$table" --delete-chain "$chain"; done
done

# Only empty groups can be removed, so none that is in use goes.
find /sys/fs/cgroup -depth -type d -path '*/docker*' -exec rmdir {} + 2>/dev/null || true

# An engine that is killed leaves its data directory mounted on itself. What is mounted last is listed last.
for directory in "$@"; do
    findmnt --list --noheadings --output TARGET | tac | while read -r mount; do
        case $mount in "$directory"/*) umount "$mount" ;; esac
    done
done
