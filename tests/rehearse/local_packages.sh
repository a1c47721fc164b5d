#!/bin/sh
# mmdebstrap's customize hook: ROOT PACKAGE... Give the file system a directory of packages with what they need and it lacks, as
# the one source of its apt: a host of it installs them without a network.
set -eu
root=$1
shift

archives=$root/var/cache/apt/archives
rm -f "$archives"/*.deb
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --yes --quiet=2 --download-only --no-install-recommends install "$@"
mkdir -p "$root/opt/lab-packages"
mv "$archives"/*.deb "$root/opt/lab-packages/"
cd "$root/opt/lab-packages"
for package in *.deb; do
    dpkg-deb --field "$package"
    echo "Filename: ./$package"
    echo "Size: $(stat --format=%s "$package")"
    echo "SHA256: $(sha256sum "$package" | cut -d ' ' -f 1)"
    echo
done >Packages
rm -rf "$root/etc/apt/sources.list.d"
echo 'deb [trusted=yes] file:/opt/lab-packages ./' >"$root/etc/apt/sources.list"

# 68 MB that nothing here runs.
rm -f "$root"/usr/bin/ctr "$root"/usr/bin/containerd-shim "$root"/usr/bin/containerd-shim-runc-v1
