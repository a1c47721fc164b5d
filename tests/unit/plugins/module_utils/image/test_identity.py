# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.base.sizes import in_words
from ansible_collections.distrain.cluster.plugins.module_utils.image import observation
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import (
    ImageIdentity,
    identity_of_config,
    identity_of_inspected,
)
from ansible_collections.distrain.cluster.plugins.module_utils.image.name import with_tag
from ansible_collections.distrain.cluster.plugins.module_utils.image.observation import store_of
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import CONFIG, TestImage

IMAGE = TestImage()


def test_the_engine_and_the_archive_show_one_identity() -> None:
    inspected = identity_of_inspected(IMAGE.inspected("a:1"), "classic")
    archived = identity_of_config(IMAGE.config_file)
    assert inspected == archived
    assert inspected.config_digest == archived.config_digest == IMAGE.id
    assert list(inspected.diff_ids) == IMAGE.diff_ids


def test_the_stores_show_one_identity_under_different_ids() -> None:
    classic = identity_of_inspected(IMAGE.inspected("a:1"), "classic")
    containerd = identity_of_inspected(IMAGE.inspected("a:1", image_id="sha256:of-the-manifest"), "containerd")
    assert classic == containerd
    assert containerd.config_digest is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (TestImage(config={**CONFIG, "User": "", "Volumes": None, "Entrypoint": []}), True),
        (TestImage(config={**CONFIG, "Hostname": "builder", "Image": "sha256:1"}), True),
        (TestImage(config={**CONFIG, "Env": ["PATH=/usr/bin"]}), False),
        (TestImage(config={**CONFIG, "User": "trainer"}), False),
        (TestImage(layers=IMAGE.layers[:2]), False),
        (TestImage(layers=IMAGE.layers[::-1]), False),
    ],
)
def test_what_an_identity_covers(other: TestImage, same: bool) -> None:
    assert (identity_of_config(other.config_file) == identity_of_config(IMAGE.config_file)) is same


def test_an_identity_survives_the_way_through_a_module() -> None:
    identity = identity_of_config(IMAGE.config_file)
    again = ImageIdentity.from_dict(identity.to_dict())
    assert (again, again.config_digest, again.diff_ids) == (identity, identity.config_digest, identity.diff_ids)


@pytest.mark.parametrize("config", [b"", b"[]", b"{}", b'{"rootfs": null}'])
def test_what_is_no_config(config: bytes) -> None:
    with pytest.raises(ValueError):
        identity_of_config(config)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("busybox", "busybox:latest"),
        ("team/trainer", "team/trainer:latest"),
        ("team/trainer:1", "team/trainer:1"),
        ("docker.io/library/busybox:1", "busybox:1"),
        ("docker.io/team/trainer:1", "team/trainer:1"),
        ("registry.example:5000/team/trainer", "registry.example:5000/team/trainer:latest"),
        ("registry.example:5000/team/trainer:2", "registry.example:5000/team/trainer:2"),
    ],
)
def test_names_are_completed(name: str, expected: str) -> None:
    assert with_tag(name) == expected


@pytest.mark.parametrize("name", ["", "-v", "a b", "sha256:" + 64 * "a", 64 * "a", "team/trainer@sha256:" + 64 * "a"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ClusterError, match="Give a name with a tag"):
        with_tag(name)


@pytest.mark.parametrize(
    ("info", "store"),
    [
        ({}, "classic"),
        ({"DriverStatus": None}, "classic"),
        ({"DriverStatus": [["Backing Filesystem", "extfs"]]}, "classic"),
        ({"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}, "containerd"),
    ],
)
def test_the_kind_of_the_store(info: dict[str, object], store: str) -> None:
    assert store_of(info) == store


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.00 kB"), (1234567890, "1.23 GB"), (2 * 10**12, "2.00 TB")],
)
def test_byte_counts(count: int, words: str) -> None:
    assert in_words(count) == words


@pytest.mark.parametrize(
    ("store", "free", "expected"),
    [
        ("classic", {"/docker": 5, "/var/lib/containerd": 1}, ("/docker", 5)),
        ("containerd", {"/docker": 5, "/var/lib/containerd": 1}, ("/var/lib/containerd", 1)),
        ("containerd", {"/docker": 5, "/var/lib/containerd": 9}, ("/docker", 5)),
        ("containerd", {"/docker": 5}, ("/docker", 5)),
        ("classic", {}, ("/docker", None)),
    ],
)
def test_the_disk_that_counts(
    monkeypatch: pytest.MonkeyPatch, store: str, free: dict[str, int], expected: tuple[str, int | None]
) -> None:
    monkeypatch.setattr(observation, "free_bytes", free.get)
    status = [["driver-type", "io.containerd.snapshotter.v1"]] if store == "containerd" else []
    assert observation.tightest_directory({"DockerRootDir": "/docker", "DriverStatus": status}) == expected
