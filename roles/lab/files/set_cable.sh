#!/bin/sh
# Change the cable of a lab host's interface: CONTAINER NAME ADDRESS up, down, or mtu BYTES. It is the other end of the interface
# that is changed: the interface loses its carrier and keeps its addresses and routes, or it does not know that its packets
# are too large, as with a real cable and a real switch.
set -eu
container=$1 name=$2 address=$3
shift 3

inside() { docker exec "$container" "$@"; }

if inside ip netns list | grep -q -w "^lab-$name"; then
    inside ip -netns "lab-$name" link set dev end "$@"
    exit
fi
interface=$(inside ip -oneline -4 address show to "$address" | awk '{ print $2 }')
if [ -z "$interface" ]; then
    echo "$container has no interface with the address $address, the lab's $name" >&2
    exit 1
fi
index=$(inside cat "/sys/class/net/$interface/iflink")
for end in /sys/class/net/*; do
    if [ "$(cat "$end/ifindex")" = "$index" ]; then exec ip link set dev "${end##*/}" "$@"; fi
done
echo "the other end of $interface, device $index, is not on this machine" >&2
exit 1
