#!/bin/sh
# The lab's stand-in for nvidia-smi: it lists stand-in GPUs and talks to no driver.
if [ "$1" != "-L" ]; then
    echo "This stand-in for nvidia-smi knows only -L." >&2
    exit 2
fi
if [ ! -c /dev/nvidia0 ]; then
    echo "No stand-in GPU: there is no device /dev/nvidia0."
    exit 9
fi
echo "GPU 0: stand-in GPU of the lab (UUID: GPU-00000000-0000-0000-0000-000000000000)"
