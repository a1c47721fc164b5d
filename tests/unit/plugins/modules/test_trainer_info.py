# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one look at a trainer on its host returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.host.storage import file_system_of
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.container import describe_container
from ansible_collections.distrain.cluster.plugins.module_utils.trainer.files import describe_files
from ansible_collections.distrain.cluster.plugins.modules import trainer_info

CONTAINER = {
    "Image": "sha256:1",
    "Created": "2026-01-02T03:04:05.123456789Z",
    "State": {"Status": "running", "StartedAt": "2026-01-02T05:04:05.5+02:00"},
    "NetworkSettings": {"Networks": {"distrain": {"NetworkID": "n1"}}},
}


class TrainerEngine:
    """An engine with an image, a network and, where it is said, the trainer's container."""

    def __init__(self, container: dict[str, Any] | None) -> None:
        self._container = container

    def info(self) -> dict[str, Any]:
        return {"ServerVersion": "28.5.2"}

    def image(self, name: str) -> dict[str, Any] | None:
        configuration = {"Labels": {"io.distrain.commit": "e3d8"}, "Env": ["CUDA_VERSION=12.4.1", "PATH=/bin", "x"]}
        return {"Id": "sha256:1", "RootFS": {"Layers": ["sha256:9"]}, "Config": configuration, "x": "left out"}

    def networks(self) -> list[dict[str, Any]]:
        return [{"Name": "distrain-2", "Id": "n2"}, {"Name": "distrain", "Id": "n1"}]

    def labelled_containers(self, label: str) -> list[dict[str, Any]]:
        return [{"Id": "1a2b", "Labels": {label: "lf"}}]

    def container(self, name: str) -> dict[str, Any] | None:
        return self._container if name == "lf-gpu-01" else None


def look(run_module: Any, directory: Path, container: dict[str, Any] | None, **more: Any) -> Any:
    arguments = {
        "name": "lf",
        "container": "lf-gpu-01",
        "image": "team/trainer:1",
        "directory": str(directory),
        "job": "sft",
        "network": "distrain",
        "hosts": ["gpu-02", "gpu-01"],
        "first_host": "gpu-01",
        "docker_host": "tcp://127.0.0.1:1",
        **more,
    }
    return run_module(trainer_info, TrainerEngine(container), **arguments)


def test_a_bare_host(tmp_path: Path, run_module: Any) -> None:
    found = look(run_module, tmp_path / "lf", None)
    assert found["container"]["state"] == found["webui"]["state"] == "absent"
    assert found["job"]["state"] == "absent" and found["leader_found"] is None and found["is_first"]
    assert found["files"]["compose"] == {"owner": None, "mode": None, "digest": None, "modified": None, "text": ""}
    assert found["image"] == {
        "id": "sha256:1",
        "layers": ["sha256:9"],
        "labels": {"io.distrain.commit": "e3d8"},
        "environment": {"CUDA_VERSION": "12.4.1"},
    }
    assert found["claims"] == [{"io.distrain.trainer": "lf"}] and found["engine_version"] == "28.5.2"
    assert found["trainer_containers"] == ["1a2b"] and found["gpu"] is None


def test_a_trainer_and_what_it_is_to_have(tmp_path: Path, run_module: Any) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.json").write_text("[]")
    copies = [{"src": "/lab/data/", "dest": "data"}, {"src": "/nowhere", "source_host": "gpu-02"}]
    found = look(run_module, tmp_path, CONTAINER, copies=copies, first_host="gpu-09")
    assert found["container"]["on_network"] and not found["is_first"]
    assert found["paths"] == {f"{tmp_path}/data": {f"{tmp_path}/data/a.json": "2 bytes"}, "/nowhere": {}}
    assert len(found["storage"]) >= 1


def test_the_password_is_compared_and_never_returned(tmp_path: Path) -> None:
    (tmp_path / "webui").mkdir()
    (tmp_path / "webui" / "credentials").write_text("secret\n")
    found = describe_files(str(tmp_path), "secret\n")
    assert found["webui"]["credentials"]["are_wanted"] and found["webui"]["credentials"]["digest"] is None
    assert not describe_files(str(tmp_path), "other\n")["webui"]["credentials"]["are_wanted"]
    assert not describe_files(str(tmp_path), None)["webui"]["credentials"]["are_wanted"]


def test_the_files_of_a_trainer(tmp_path: Path) -> None:
    (tmp_path / "runner").mkdir(mode=0o700)
    (tmp_path / "runner" / "run-job").write_bytes(b"")
    (tmp_path / "compose.yml").symlink_to("/etc/passwd")
    found = describe_files(str(tmp_path), None)
    assert found["directories"]["runner"]["mode"] == "0700" and found["directories"]["logs"]["mode"] is None
    empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert found["programs"]["runner/run-job"]["digest"] == empty
    assert found["compose"]["digest"] is None and found["compose"]["text"] == ""


def test_a_container() -> None:
    found = describe_container(CONTAINER, "n1")
    assert found["created"] == pytest.approx(1767323045.123, abs=0.001)
    assert found["started"] == pytest.approx(1767323045.5, abs=0.001)
    assert found["on_network"] and not describe_container(CONTAINER, "n2")["on_network"]
    assert not describe_container({**CONTAINER, "NetworkSettings": {}})["on_network"]
    never = {**CONTAINER, "State": {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}}
    assert describe_container(never)["started"] < 0


MOUNTS = r"""
20 1 8:1 / / rw - ext4 /dev/sda1 rw
30 20 0:40 / /srv rw - nfs4 store:/srv rw
31 30 8:2 / /srv/local\040disk rw shared:1 - xfs /dev/sdb rw
32 20 0:50 / /srv2 rw - tmpfs tmpfs rw
""".strip()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/nowhere/x", "ext4"),
        ("/srv/models", "nfs4"),
        ("/srv/local disk/models", "xfs"),
        ("/srv2/x", "tmpfs"),
        ("/srv3", "ext4"),
    ],
)
def test_the_file_system_of_a_path(path: str, kind: str) -> None:
    assert file_system_of(path, MOUNTS) == kind


def test_a_path_that_no_mount_holds() -> None:
    assert file_system_of("/x", "") == ""
