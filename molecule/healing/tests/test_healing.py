# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left on the hosts after all that was done to them, as a person on the hosts sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest

testinfra_hosts = ["ansible://gpu_hosts"]


@pytest.fixture
def is_manager(host: Any) -> bool:
    return "managers" in host.ansible.get_variables()["group_names"]


def test_the_service_is_there_and_starts_with_the_engine(host: Any) -> None:
    service = host.service("distrain-heal")
    assert service.is_running and service.is_enabled


def test_the_service_can_do_nothing_but_talk_to_the_engine(host: Any) -> None:
    with host.sudo():
        shown = host.check_output("systemctl show distrain-heal --property=MainPID --value")
        status = host.file(f"/proc/{shown}/status").content_string
        assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status
        interfaces = host.check_output(f"nsenter --net=/proc/{shown}/ns/net ip -json link")
    assert [
        interface["ifname"]
        for interface in json.loads(interfaces)
        if "UP" in interface["flags"] and interface["ifname"] != "lo"
    ] == []


def test_it_has_said_what_it_did(host: Any) -> None:
    with host.sudo():
        lines = host.check_output("journalctl --unit=distrain-heal --output=cat --no-pager").splitlines()
    started = [line for line in lines if line.startswith("Started ") and "left down" in line]
    # gpu-02 has lost its containers only where its engine was faster than the manager's.
    assert started or host.check_output("hostname") == "gpu-02"
    assert not any("stopped" in line.split(",")[0].split() for line in started)


def test_what_was_stopped_stays_stopped(host: Any, is_manager: bool) -> None:
    if is_manager:
        pytest.skip("it is on the workers")
    with host.sudo():
        state = json.loads(host.check_output("docker container inspect stopped"))[0]["State"]
    assert state["Status"] == "exited"


def test_the_firewall_is_gone(host: Any) -> None:
    assert not host.service("distrain-firewall").is_running
    assert not host.file("/etc/distrain-firewall.nft").exists
    assert not host.file("/etc/systemd/system/distrain-firewall.service").exists
