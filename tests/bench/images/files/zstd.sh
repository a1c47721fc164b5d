# Save once, compress once, and send that to all hosts at once, each of which loads it.
pipes=()
for host in $hosts; do
    pipe=/run/bench-$host
    rm -f "$pipe"
    mkfifo "$pipe"
    to "$host" 'zstd --decompress --stdout | docker load --quiet' <"$pipe" & pids+=($!)
    pipes+=("$pipe")
done
docker save "$image" | zstd -1 -T0 --stdout | tee "${pipes[@]}" >/dev/null
wait_for_all "${pids[@]}"
rm "${pipes[@]}"
