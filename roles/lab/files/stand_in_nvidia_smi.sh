#!/bin/sh
# The lab's stand-in for nvidia-smi: it lists stand-in GPUs and talks to no driver. What only a driver knows is N/A.
# Each line of the file of faults is one that it shows: hw_slowdown, hw_thermal_slowdown, hw_power_brake_slowdown,
# sw_thermal_slowdown, gone, hangs, garbage, old_driver, mismatch (of module and library), handle (of a second GPU).
UUID=GPU-00000000-0000-0000-0000-000000000000
ADDRESS=00000000:AA:00.0
FAULTS=/run/stand-in-gpu/faults
FIELDS=index,uuid,pci.bus_id,utilization.gpu,temperature.gpu

has() {
    [ -f "$FAULTS" ] && grep -qx "$1" "$FAULTS"
}

# The bits of NVML.
reasons() {
    sum=0
    for pair in hw_slowdown:8 sw_thermal_slowdown:32 hw_thermal_slowdown:64 hw_power_brake_slowdown:128; do
        if has "${pair%:*}"; then
            sum=$((sum + ${pair#*:}))
        fi
    done
    printf '0x%016x' "$sum"
}

state() {
    if has "$1"; then
        echo Active
    else
        echo "Not Active"
    fi
}

case "$*" in
    "-L" | "-q -x" | "nvlink --status") ;;
    "--query-gpu=uuid,compute_cap --format=csv,noheader") ;;
    "--query-gpu=$FIELDS,clocks_event_reasons.active --format=csv,noheader,nounits") ;;
    "--query-gpu=$FIELDS,clocks_throttle_reasons.active --format=csv,noheader,nounits") ;;
    "--query-gpu=uuid,utilization.gpu --format=csv,noheader,nounits") ;;
    "--query-compute-apps=gpu_uuid,pid,used_memory --format=csv,noheader,nounits") exit 0 ;;
    *)
        echo "This stand-in for nvidia-smi does not know: $*" >&2
        exit 2
        ;;
esac
if has hangs; then
    exec sleep 600
fi
if has garbage; then
    head -c 2000 /dev/urandom
    exit 0
fi
if has mismatch; then
    echo "Failed to initialize NVML: Driver/library version mismatch"
    exit 18
fi
if has handle && [ "$1" = -L ]; then
    echo "Unable to determine the device handle for GPU 0000:3B:00.0: Unknown Error"
fi
if has gone; then
    echo "Unable to determine the device handle for GPU0: $ADDRESS: GPU is lost.  Reboot the system to recover this GPU"
    exit 15
fi
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
	<gpu id="$ADDRESS">
		<product_name>stand-in GPU of the lab</product_name>
		<uuid>$UUID</uuid>
		<minor_number>0</minor_number>
		<clocks_event_reasons>
			<clocks_event_reason_hw_slowdown>$(state hw_slowdown)</clocks_event_reason_hw_slowdown>
			<clocks_event_reason_sw_thermal_slowdown>$(state sw_thermal_slowdown)</clocks_event_reason_sw_thermal_slowdown>
			<clocks_event_reason_hw_thermal_slowdown>$(state hw_thermal_slowdown)</clocks_event_reason_hw_thermal_slowdown>
			<clocks_event_reason_hw_power_brake_slowdown>$(state hw_power_brake_slowdown)</clocks_event_reason_hw_power_brake_slowdown>
		</clocks_event_reasons>
		<processes>
		</processes>
	</gpu>
</nvidia_smi_log>
LISTING
        ;;
    --query-gpu=*compute_cap) echo "$UUID, [N/A]" ;;
    --query-gpu=uuid,utilization.gpu) echo "$UUID, [N/A]" ;;
    --query-gpu=*clocks_event_reasons.active)
        if has old_driver; then
            echo "Field \"clocks_event_reasons.active\" is not a valid field to query."
            exit 2
        fi
        echo "0, $UUID, $ADDRESS, [N/A], [N/A], $(reasons)"
        ;;
    --query-gpu=*) echo "0, $UUID, $ADDRESS, [N/A], [N/A], $(reasons)" ;;
    *) echo "GPU 0: stand-in GPU of the lab (UUID: $UUID)" ;;
esac
