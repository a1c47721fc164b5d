# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.base.port_range import (
    parsed_port_range,
    written_port_range,
)


@pytest.mark.parametrize(
    ("written", "ports", "again"),
    [
        ("", range(0), ""),
        (" ", range(0), ""),
        ("28500", range(28500, 28501), "28500"),
        ("28500-28599", range(28500, 28600), "28500-28599"),
        (" 1024 - 65535 ", range(1024, 65536), "1024-65535"),
    ],
)
def test_a_range_is_read_as_it_is_written(written: str, ports: range, again: str) -> None:
    assert parsed_port_range("ports", written) == ports
    assert written_port_range(ports) == again


@pytest.mark.parametrize(
    "written", ["x", "1023", "80-90", "28599-28500", "65536", "28500-65536", "28500,28501", "28500-", "-1", "²8500"]
)
def test_what_is_no_range_is_named(written: str) -> None:
    with pytest.raises(PlanError, match=r"^ports: found '.*', wanted a range of ports such as 28500-28599"):
        parsed_port_range("ports", written)
