# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an installed engine has on its host: its configuration, its journal, its plugins and its disks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.host.engine import (
    cli_plugins,
    containerd_root,
    data_root,
    disk_options,
    journal_reason,
    observe_configuration,
    parse_configuration,
)
from ansible_collections.distrain.cluster.plugins.module_utils.swarm.facts import uses_containerd


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", ""),
        (b" \n", ""),
        (b'{"data-root": "/data"}', ""),
        (b'{\n  "data-root" "/data"\n}\n', "at line 2, column 15"),
        (b'{"a": 1', "at line 1, column 8"),
        (b"not json", "at line 1, column 1"),
        (b'\xef\xbb\xbf{"a": 1}', "at line 1, column 1"),
        (b'{\n "a": "\xff"}', "no UTF-8 at line 2, column 8"),
        (b'["a"]', "no JSON object, but a list"),
        (b"null", "no JSON object, but null"),
        (b"true", "no JSON object, but a truth value"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_configuration_is_one_or_says_where_it_is_none(content: bytes, problem: str) -> None:
    _options, found = parse_configuration(content)
    assert problem in found
    assert bool(found) == bool(problem)


def test_the_file_of_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    nothing = {"path": str(path), "problem": "", "data_root": "", "containerd_image_store": None}
    assert observe_configuration(str(path)) == nothing
    path.write_text(
        '{"data-root": "/data/docker", "features": {"containerd-snapshotter": true}, "proxies": {"x": "secret"}}'
    )
    assert observe_configuration(str(path)) == {**nothing, "data_root": "/data/docker", "containerd_image_store": True}
    path.unlink()
    path.mkdir()
    assert "cannot be read" in observe_configuration(str(path))["problem"]


@pytest.mark.parametrize("features", [None, [], "x", {}, {"buildkit": True}])
def test_features_that_say_nothing_of_the_image_store(features: Any) -> None:
    assert disk_options({"features": features})["containerd_image_store"] is None


BROKEN_FILE = """Starting docker.service - Docker Application Container Engine...
unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid character '}' looking for the key
docker.service: Main process exited, code=exited, status=1/FAILURE
docker.service: Failed with result 'exit-code'.
Failed to start docker.service - Docker Application Container Engine.
docker.service: Scheduled restart job, restart counter is at 3.
docker.service: Start request repeated too quickly.
Failed to start docker.service - Docker Application Container Engine.
"""
FULL_DISK = """time="2026-01-01T00:00:00Z" level=info msg="Starting up"
time="2026-01-01T00:00:00Z" level=error msg="something \\"small\\" failed" error="no space left"
failed to start daemon: error while opening volume store metadata database: no space left on device
docker.service: Main process exited, code=exited, status=1/FAILURE
"""


@pytest.mark.parametrize(
    ("journal", "said"),
    [
        (
            BROKEN_FILE,
            "unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid character '}' looking "
            "for the key",
        ),
        (
            FULL_DISK,
            "failed to start daemon: error while opening volume store metadata database: no space left on device",
        ),
        ('time="t" level=error msg="a \\"b\\"" error="c"\n', 'a "b" error="c"'),
        (
            "docker.service: Start request repeated too quickly.\n",
            "docker.service: Start request repeated too quickly.",
        ),
        ("one\ntwo\nthree\n", "two / three"),
        ("\x1b[31mfatal error: x\x07\n", "[31mfatal error: x"),
        ("", ""),
    ],
)
def test_the_line_of_the_journal_that_says_why(journal: str, said: str) -> None:
    assert journal_reason(journal) == said


@pytest.mark.parametrize(
    ("wanted", "in_file", "running", "expected"),
    [
        ({"data-root": "/a"}, "/b", "/c", ("/a", "docker_daemon_options")),
        ({}, "/b", "/c", ("/b", "/etc/docker/daemon.json")),
        ({}, "", "/c", ("/c", "the engine that runs")),
        ({}, "", "", ("/var/lib/docker", "the engine's default")),
    ],
)
def test_the_disk_that_will_be_used(
    wanted: dict[str, str], in_file: str, running: str, expected: tuple[str, str]
) -> None:
    assert data_root(wanted, {"path": "/etc/docker/daemon.json", "data_root": in_file}, running) == expected


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("version = 2\nroot = \"/data/containerd\"\n[plugins]\n  root = '/no'\n", "/data/containerd"),
        ("[plugins]\n  root = '/no'\n", "/var/lib/containerd"),
        ('#root = "/no"\n', "/var/lib/containerd"),
        ("", "/var/lib/containerd"),
    ],
)
def test_the_root_of_containerd(tmp_path: Path, text: str, root: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    assert containerd_root(tmp_path / "config.toml") == root
    assert containerd_root(tmp_path / "none") == "/var/lib/containerd"


def test_the_plugins_of_the_docker_command(tmp_path: Path) -> None:
    (tmp_path / "docker-compose").touch()
    assert cli_plugins((str(tmp_path / "none"), str(tmp_path))) == ["compose"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ([["driver-type", "io.containerd.snapshotter.v1"]], True),
        ([["Backing Filesystem", "extfs"], ["odd"]], False),
        (None, False),
    ],
)
def test_an_engine_says_whether_its_images_are_in_containerd(status: Any, expected: bool) -> None:
    assert uses_containerd({"DriverStatus": status}) == expected
