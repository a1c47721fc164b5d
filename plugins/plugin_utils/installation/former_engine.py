# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pure: whether an engine that somebody else installed or configured can be kept, and what is to be done where not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .hosts import Host

FILE = "/etc/docker/daemon.json"
OWN_PACKAGES = ("docker-ce", "docker.io")
SOCKETS = ("unix:///var/run/docker.sock", "unix:///run/docker.sock", "fd://")
REMOVALS = {
    "snap": (
        "Docker is installed on this host as a snap, which keeps its data below /var/snap, sees only a part of the "
        "host's files, and would share /var/run/docker.sock with the engine of the packages. Save what is needed of "
        "its containers and volumes, then remove it: snap remove --purge docker."
    ),
    "podman-docker": (
        "The package podman-docker is installed on this host: its docker command is podman's, and Docker's packages "
        "would replace it. Remove it first where nothing needs it: apt-get remove podman-docker."
    ),
    "docker-desktop": (
        "Docker Desktop is installed on this host: its engine runs in a virtual machine, which has neither the host's "
        "GPUs nor its network. Remove it first: apt-get remove docker-desktop."
    ),
}


def provenance_problems(host: Host, packages: Sequence[str]) -> Iterator[str]:
    """Yield why the engine cannot be installed, or upgraded, beside what the host has; ``packages`` are to come."""
    found = host.observed["provenance"]
    yield from (REMOVALS[name] for name in found["replacements"])
    if found["replacements"]:
        return
    if found["program"] and found["package"] not in OWN_PACKAGES:
        yield _foreign_program(found["program"], found["package"])
    elif not found["program"] and host.observed["engine"]["version"]:
        yield (
            "Something answers at /var/run/docker.sock on this host, and there is no dockerd: an engine without root, "
            "or the interface of podman. Stop what listens there: ss -xlp | grep docker.sock names it."
        )
    held = [name for name in packages if name in found["held"]]
    if held:
        names = " ".join(held)
        yield (
            f"The packages {', '.join(held)} are held on this host (apt-mark hold), and have to be installed or "
            f"changed. Nothing was changed: lift it with apt-mark unhold {names}, or take them out of "
            "docker_package_versions where they are to stay as they are."
        )


def _foreign_program(program: str, package: str) -> str:
    origin, removal = "belongs to no package", f"rm {program}"
    if package:
        origin, removal = f"belongs to the package {package}", f"apt-get remove {package}"
    return (
        f"The engine of this host is {program}, which {origin}; this role takes over docker-ce and docker.io alone. "
        f"Remove it with its unit: systemctl disable --now docker.socket docker; {removal}; and rm "
        "/etc/systemd/system/docker.service where that is there. Its images, containers and volumes stay below its "
        "data root. Nothing was changed."
    )


def option_problems(host: Host) -> Iterator[str]:
    """Yield which options of the engine, as the host's file and docker_daemon_options make them, carry no cluster."""
    configuration = host.observed["configuration"]
    options = configuration["options"]
    if options.get("live-restore"):
        yield _refused("live-restore", "an engine with live-restore cannot be in a swarm", "{live-restore: false}")
    if options.get("firewall-backend") == "nftables":
        reason = "an engine with firewall-backend nftables cannot be in a swarm"
        yield _refused("firewall-backend", reason, "{firewall-backend: iptables}")
    if options.get("userns-remap") or "userns-remap" in configuration["flags"]:
        reason = (
            "with userns-remap the root of a container is a stranger on its host, who cannot read a job's files of "
            "mode 0600; the engine also keeps its images in another directory then"
        )
        yield _refused("userns-remap", reason, '{userns-remap: ""}')
    if options.get("hosts"):
        yield from _hosts_problems(options["hosts"], "hosts" in configuration["flags"])


def _hosts_problems(hosts: Sequence[str], has_flag: bool) -> Iterator[str]:
    if has_flag:
        yield (
            f"{FILE} has the option hosts, and systemd starts the engine with -H: an engine that is given both does "
            "not start. Nothing was changed: take hosts out of that file, or start the engine without -H (systemctl "
            "edit docker.service, with an empty ExecStart= before the new one)."
        )
    elif not set(SOCKETS) & set(hosts):
        yield (
            f"{FILE} has the option hosts without fd:// and unix:///var/run/docker.sock, at which this collection asks "
            "the engine. Nothing was changed: add one of the two."
        )


def _refused(name: str, reason: str, wanted: str) -> str:
    return (
        f"The engine's configuration has the option {name}: {reason}. Nothing was changed: take {name} out of {FILE} "
        f"and of docker_daemon_options, or override the file by docker_daemon_options: {wanted}."
    )


def option_notes(host: Host) -> Iterator[str]:
    """Yield what is kept although it may surprise."""
    options = host.observed["configuration"]["options"]
    if options.get("iptables") is False:
        yield (
            f"{host.name}: the engine's option iptables is false, and is kept: containers reach the outside only where "
            "the host's own rules masquerade their addresses."
        )
    is_open = any(str(one).startswith("tcp://") for one in options.get("hosts") or ())
    if is_open and not options.get("tlsverify"):
        yield (
            f"{host.name}: the engine listens at {', '.join(options['hosts'])} without tlsverify, and this is kept: "
            "whoever reaches that port is root on the host."
        )
