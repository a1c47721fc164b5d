# Push to a registry on the host that has the image, and pull on all hosts at once.
docker tag "$image" "127.0.0.1:5000/$image"
docker push --quiet "127.0.0.1:5000/$image"
for host in $hosts; do
    to "$host" "docker pull --quiet $own:5000/$image && docker tag $own:5000/$image $image" & pids+=($!)
done
wait_for_all "${pids[@]}"
