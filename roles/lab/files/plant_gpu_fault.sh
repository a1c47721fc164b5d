#!/bin/sh
# Plant a fault of the stand-in GPU of a lab host:
#     plant-gpu-fault xid NUMBER [WORDS]   an error of the driver in what stands in for the kernel's log
#     plant-gpu-fault FAULT                one that the stand-in for nvidia-smi shows, by its name there
#     plant-gpu-fault none                 takes those back
set -eu
FAULTS=/run/stand-in-gpu/faults
LOG=/dev/kmsg
mkdir -p "${FAULTS%/*}"
case "$1" in
    xid)
        # Never into a kernel's log, which all containers of a machine share.
        if [ ! -f "$LOG" ]; then
            echo "$LOG is not the file that stands in for it." >&2
            exit 1
        fi
        microseconds=$(python3 -c 'import time; print(time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) // 1000)')
        echo "4,1,$microseconds,-;NVRM: Xid (PCI:0000:aa:00): $2, ${3:-pid=1, name=python3, planted}" >>"$LOG"
        ;;
    none) rm -f "$FAULTS" ;;
    *) echo "$1" >>"$FAULTS" ;;
esac
