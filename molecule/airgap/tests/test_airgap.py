# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a site without a way out has left on its hosts."""

from __future__ import annotations

from typing import Any

testinfra_hosts = ["ansible://gpu_hosts"]
BUNDLE = "/var/lib/distrain/bundle"


def root(host: Any, command: str) -> str:
    with host.sudo():
        return host.check_output(command)


def test_the_engine_is_that_of_the_bundle(host: Any) -> None:
    installed = host.package("docker.io").version
    assert any(installed.split("+")[0] in name for name in root(host, f"find {BUNDLE} -name 'docker.io_*.deb'").split())


def test_only_what_the_host_lacked_was_sent(host: Any) -> None:
    packages = root(host, f"find {BUNDLE} -name '*.deb'").split()
    assert packages
    assert not [name for name in packages if "/libc6_" in name or "/systemd_" in name]


def test_the_sources_of_the_host_are_its_own(host: Any) -> None:
    said = root(host, "grep -rl distrain /etc/apt; true")
    assert said == ""
