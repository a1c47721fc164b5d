#!/bin/sh
# Make the isolated interfaces of a lab host and limit the rate of its interfaces, at each boot. /etc/lab-interfaces has a line for
# each interface: NAME ADDRESS/LENGTH MTU RATE KIND. The engine has attached the wired ones before the host boots.
set -eu

free_name() {
    number=0
    while [ -e "/sys/class/net/$1$number" ]; do number=$((number + 1)); done
    echo "$1$number"
}

# The other end of an isolated interface lies in a namespace where nobody answers: the interface has a carrier and leads nowhere.
make_isolated() {
    namespace=lab-$1
    interface=$(free_name eth)
    ip netns add "$namespace"
    ip link add name "$interface" mtu "$3" type veth peer name end mtu "$3" netns "$namespace"
    ip -netns "$namespace" link set dev end up
    ip address add "$2" broadcast + dev "$interface"
    ip link set dev "$interface" up
}

limit() {
    tc qdisc add dev "$1" root tbf rate "$2" burst 512kb latency 50ms
}

# What comes in is led through another device, because the kernel queues only what goes out.
limit_both_ways() {
    limit "$1" "$2"
    incoming=$(free_name ifb)
    ip link add name "$incoming" type ifb
    ip link set dev "$incoming" up
    limit "$incoming" "$2"
    tc qdisc add dev "$1" handle ffff: ingress
    tc filter add dev "$1" parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev "$incoming"
}

while read -r name address mtu rate kind; do
    if [ "$kind" = isolated ]; then make_isolated "$name" "$address" "$mtu"; fi
    if [ "$rate" != - ]; then
        interface=$(ip -oneline -4 address show to "${address%/*}" | awk '{ print $2 }')
        limit_both_ways "$interface" "$rate"
    fi
done </etc/lab-interfaces
