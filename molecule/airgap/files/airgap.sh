#!/bin/sh
# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# Takes every way out from the hosts of a lab, and from a controller in a network namespace of its own, and counts each packet
# that asks for one, which is dropped. A question to a name server is such a packet too.
#
#     airgap.sh close LAB SUBNET HOST...   makes the namespace distrain-LAB, on the network of the lab
#     airgap.sh count LAB HOST...          prints a line for each: its name, and how many packets were dropped
#     airgap.sh zero LAB HOST...           begins to count anew
#     airgap.sh open LAB HOST...           removes all of it
set -eu

verb=$1 lab=$2
shift 2
namespace="distrain-$lab"
link="ag-$(printf %s "$lab" | cksum | cut -c1-8)"
# What a lab is itself: its own networks, and those inside its hosts.
inside4="127.0.0.0/8 198.18.0.0/15 10.0.0.0/8 172.16.0.0/12 224.0.0.0/4 255.255.255.255/32"
inside6="::1/128 fe80::/10 ff00::/8"

# Runs a command in the network of a host, or of the controller.
inside() {
    one=$1
    shift
    if [ "$one" = controller ]; then
        ip netns exec "$namespace" "$@"
    else
        nsenter --net --target "$(docker inspect --format '{{.State.Pid}}' "distrain-$lab-$one")" "$@"
    fi
}

close_one() {
    for filter in iptables ip6tables; do
        [ "$filter" = iptables ] && networks=$inside4 || networks=$inside6
        inside "$1" "$filter" --wait --table mangle --new-chain airgap
        for network in $networks; do
            inside "$1" "$filter" --wait --table mangle --append airgap --destination "$network" --jump RETURN
        done
        inside "$1" "$filter" --wait --table mangle --append airgap --jump DROP
        for chain in OUTPUT FORWARD; do
            inside "$1" "$filter" --wait --table mangle --insert "$chain" --jump airgap
        done
    done
}

open_one() {
    for filter in iptables ip6tables; do
        for chain in OUTPUT FORWARD; do
            inside "$1" "$filter" --wait --table mangle --delete "$chain" --jump airgap
        done
        inside "$1" "$filter" --wait --table mangle --flush airgap
        inside "$1" "$filter" --wait --table mangle --delete-chain airgap
    done
}

count_one() {
    for filter in iptables ip6tables; do
        inside "$1" "$filter" --wait --table mangle --verbose --numeric --exact --list airgap
    done | awk -v name="$1" '$3 == "DROP" { packets += $1 } END { print name, packets + 0 }'
}

# A controller on the hosts' network, as on a site: its default route leads to where its packets are dropped.
make_controller() {
    subnet=$1
    bridge="br-$(docker network inspect --format '{{.Id}}' "distrain-$lab" | cut -c1-12)"
    ip netns add "$namespace"
    ip link add "$link" type veth peer name eth0 netns "$namespace"
    ip link set "$link" master "$bridge" up
    inside controller ip link set lo up
    inside controller ip address add "$subnet.200/24" dev eth0
    inside controller ip link set eth0 up
    inside controller ip route add default via "$subnet.1"
}

case $verb in
close)
    subnet=$1
    shift
    make_controller "$subnet"
    for one in controller "$@"; do close_one "$one"; done
    ;;
count)
    for one in controller "$@"; do count_one "$one"; done
    ;;
zero)
    for one in controller "$@"; do
        for filter in iptables ip6tables; do inside "$one" "$filter" --wait --table mangle --zero airgap; done
    done
    ;;
open)
    for one in "$@"; do open_one "$one" || true; done
    # Beside the namespace, whose interfaces may outlive it by a moment.
    ip link delete "$link" || true
    ip netns delete "$namespace" || true
    ;;
esac
