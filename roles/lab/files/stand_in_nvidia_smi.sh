#!/bin/sh
# The lab's stand-in for nvidia-smi: it lists stand-in GPUs and talks to no driver. What only a driver knows is N/A.
UUID=GPU-00000000-0000-0000-0000-000000000000
case "$*" in
    "-L" | "-q -x" | "--query-gpu=uuid,compute_cap --format=csv,noheader" | "nvlink --status") ;;
    *)
        echo "This stand-in for nvidia-smi does not know: $*" >&2
        exit 2
        ;;
esac
if [ ! -c /dev/nvidia0 ]; then
    echo "No stand-in GPU: there is no device /dev/nvidia0."
    exit 9
fi
case "$1" in
    -q)
        cat <<LISTING
<?xml version="1.0" ?>
<nvidia_smi_log>
	<driver_version>N/A</driver_version>
	<cuda_version>N/A</cuda_version>
	<attached_gpus>1</attached_gpus>
	<gpu id="N/A">
		<product_name>stand-in GPU of the lab</product_name>
		<uuid>$UUID</uuid>
		<minor_number>0</minor_number>
		<processes>
		</processes>
	</gpu>
</nvidia_smi_log>
LISTING
        ;;
    --query-gpu=*) echo "$UUID, [N/A]" ;;
    *) echo "GPU 0: stand-in GPU of the lab (UUID: $UUID)" ;;
esac
