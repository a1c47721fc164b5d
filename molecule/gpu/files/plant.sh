#!/bin/sh
# Plant faults of the stand-in GPU while a job runs, and write down when: a GPU that is too hot, and 35 s later one that
# has fallen off the bus, some seconds before the job ends.
set -eu
sleep 15
date +%s >/run/stand-in-gpu-slow
plant-gpu-fault hw_thermal_slowdown
sleep 35
date +%s >/run/stand-in-gpu-xid
plant-gpu-fault xid 79 "pid=4711, name=python3, GPU has fallen off the bus."
systemctl stop plant-faults.path
