# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts that cannot carry a cluster as they are."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.play import Play
from tests.faults.steps import On

ONE, TWO, THREE = lab.HOSTS
RELOAD = "systemctl reload docker && sleep 1"
DAEMON = "/etc/docker/daemon.json"
PLUGINS = "/usr/libexec/docker/cli-plugins"
DROP_IN = "/etc/systemd/system/docker.service.d/copied.conf"
COPIED = r"[Service]\nExecStart=\nExecStart=/usr/local/bin/dockerd -H fd://\n"
PACKAGE = r"Package: podman-docker\nVersion: 1\nArchitecture: all\nMaintainer: lab <lab@lab>\nDescription: none\n"

HOST_CASES = (
    Case(
        "same-machine-id",
        f"{THREE} is a copy of {TWO} with the same /etc/machine-id",
        prepare=[
            On(THREE, "cp /etc/machine-id /root/machine-id"),
            On(THREE, f"echo {'0123456789abcdef' * 2} >/etc/machine-id"),
            On(TWO, f"cp /etc/machine-id /root/machine-id; echo {'0123456789abcdef' * 2} >/etc/machine-id"),
        ],
        run=Play("preflight"),
        says=[f"{THREE}: has the same machine ID as {TWO}", "/etc/machine-id", "empty its /etc/machine-id"],
        restore=[On("all", "if [ -e /root/machine-id ]; then cat /root/machine-id >/etc/machine-id; fi")],
    ),
    Case(
        "same-hostname",
        f"{THREE} calls itself {TWO}",
        prepare=[On(THREE, f"hostname {TWO}")],
        run=Play("preflight"),
        says=[f"{THREE}: has the same host name as {TWO}", "hostnamectl"],
        restore=[On(THREE, f"hostname {THREE}")],
    ),
    Case(
        "disk-too-small",
        "preflight_minimum_disk_bytes is more than any host has",
        run=Play("preflight", {"preflight_minimum_disk_bytes": 10**15}),
        says=[f"{ONE}: .* free below /var/lib/docker", f"{THREE}: ", "lower preflight_minimum_disk_bytes"],
    ),
    Case(
        "disk-full",
        f"the file system of preflight_disk_path on {TWO} is nearly full",
        prepare=[On(TWO, "mkdir -p /srv/images && mount -t tmpfs -o size=20m none /srv/images")],
        run=Play("preflight", {"preflight_disk_path": "/srv/images"}),
        says=[f"1 error .*{TWO}: 0.0 GB free below /srv/images", "Free some space"],
        restore=[On(TWO, "umount /srv/images")],
    ),
    Case(
        "live-restore",
        f"the engine of {TWO} has live-restore switched on by a reload",
        prepare=[
            On(TWO, f"cp {DAEMON} /root/daemon.json 2>/dev/null || echo '{{}}' >/root/daemon.json"),
            On(TWO, f"""echo '{{"live-restore": true}}' >{DAEMON}; {RELOAD}"""),
        ],
        run=Play("preflight"),
        says=[f"{TWO}: its engine has live-restore on", "Take live-restore out of /etc/docker/daemon.json"],
        restore=[On(TWO, f"""echo '{{"live-restore": false}}' >{DAEMON}; {RELOAD}; cp /root/daemon.json {DAEMON}""")],
    ),
    Case(
        "live-restore-wanted",
        "docker_daemon_options asks for live-restore",
        run=Play("hosts", {"docker_daemon_options": {"live-restore": True}}),
        says=["has the option live-restore", "take live-restore out of .* docker_daemon_options"],
    ),
    Case(
        "userns-remap-wanted",
        "docker_daemon_options asks for userns-remap",
        run=Play("hosts", {"docker_daemon_options": {"userns-remap": "default"}}),
        says=[f"{ONE}, {TWO}, {THREE}: .*has the option userns-remap", "files of mode 0600"],
    ),
    Case(
        "engine-of-no-package",
        f"systemd on {TWO} starts a dockerd that somebody has copied to /usr/local/bin",
        prepare=[
            On(TWO, "cp $(command -v dockerd) /usr/local/bin/dockerd && mkdir -p /etc/systemd/system/docker.service.d"),
            On(TWO, f"printf '{COPIED}' >{DROP_IN} && systemctl daemon-reload && systemctl restart docker"),
        ],
        run=Play("hosts"),
        says=[
            f"{TWO}: The engine of this host is /usr/local/bin/dockerd, which belongs to no package",
            "systemctl disable",
        ],
        restore=[On(TWO, f"rm {DROP_IN} /usr/local/bin/dockerd; systemctl daemon-reload; systemctl restart docker")],
    ),
    Case(
        "podman-docker",
        f"the package podman-docker is installed on {TWO}",
        prepare=[
            On(TWO, f"mkdir -p /root/package/DEBIAN && printf '{PACKAGE}' >/root/package/DEBIAN/control"),
            On(TWO, "dpkg-deb --build /root/package /root/package.deb"),
            On(TWO, "dpkg --force-conflicts --install /root/package.deb"),
        ],
        run=Play("hosts"),
        says=[f"{TWO}: The package podman-docker is installed", "apt-get remove podman-docker"],
        restore=[On(TWO, "dpkg --purge podman-docker && rm -r /root/package /root/package.deb")],
    ),
    Case(
        "engine-without-plugins",
        f"the docker command of {TWO} has neither the plugin buildx nor compose",
        ends="warned",
        prepare=[On(TWO, f"mv {PLUGINS} /root/cli-plugins")],
        run=Play("preflight"),
        says=[rf"warning +{TWO} .*without the buildx and the compose plugin", "playbooks/hosts.yml installs"],
        restore=[On(TWO, f"mv /root/cli-plugins {PLUGINS}")],
    ),
    Case(
        "engine-held",
        f"docker.io is held on {TWO}, and another version is wanted",
        prepare=[On(TWO, "apt-mark hold docker.io")],
        run=Play("hosts", {"docker_package_versions": {"docker.io": "99*"}}),
        says=[f"{TWO}: The packages docker.io are held on this host", "apt-mark unhold docker.io"],
        restore=[On(TWO, "apt-mark unhold docker.io")],
    ),
    Case(
        "nonsense-for-the-engine",
        "docker_daemon_options has a key that the engine does not know",
        run=Play("hosts", {"docker_daemon_options": {"live-restart": True}}),
        says=["live-restart", "docker_daemon_options"],
    ),
    Case(
        "configuration-no-json",
        f"{DAEMON} on {TWO} is no JSON when the hosts are prepared",
        prepare=[
            On(TWO, f"cp {DAEMON} /root/daemon.json 2>/dev/null || echo '{{}}' >/root/daemon.json"),
            On(TWO, f"""printf '{{\\n  "debug": tru\\n}}' >{DAEMON}"""),
        ],
        run=Play("hosts"),
        says=[f"{TWO}: {DAEMON} is not valid JSON .*line 2 column 12", "Repair it on the host"],
        restore=[On(TWO, f"cp /root/daemon.json {DAEMON}")],
    ),
    Case(
        "unknown-source",
        "docker_source is none of its choices",
        run=Play("hosts", {"docker_source": "podman"}),
        says=["docker_source", "podman", "distribution, docker"],
    ),
    Case(
        "engine-stopped",
        f"the engine of {TWO} is stopped when the swarm is wanted",
        prepare=[On(TWO, "systemctl stop docker.socket docker")],
        run=Play("swarm"),
        says=[f"{TWO}: .*No Docker engine answers", "installed and running"],
        restore=[On(TWO, "systemctl start docker")],
    ),
    Case(
        "engine-stopped-for-the-hosts",
        f"the engine of {TWO} is stopped when the hosts are prepared",
        ends="healed",
        prepare=[On(TWO, "systemctl stop docker.socket docker")],
        run=Play("hosts"),
    ),
    Case(
        "manager-stopped",
        f"the engine of the manager {ONE} is stopped when the swarm is wanted",
        prepare=[On(ONE, "systemctl stop docker.socket docker")],
        run=Play("swarm"),
        says=[f"{ONE}: .*No Docker engine answers", "installed and running"],
        restore=[On(ONE, "systemctl start docker")],
    ),
    Case(
        "no-sdk",
        f"the Python of the modules has been removed from {TWO}, and the keepalive container that it would start again",
        prepare=[On(TWO, "mv /opt/distrain/venv /opt/distrain/moved"), On(TWO, "docker rm --force distrain-keepalive")],
        run=Play("swarm"),
        says=[f"{TWO}: .*/opt/distrain/venv/bin/python", "hosts.yml|role docker|docker role"],
        restore=[On(TWO, "mv /opt/distrain/moved /opt/distrain/venv")],
    ),
)
