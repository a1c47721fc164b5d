# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import identity_of_inspected
from ansible_collections.distrain.cluster.plugins.plugin_utils.build.decision import (
    archive_problem,
    arguments_of,
    build_steps,
    builder_problem,
    image_steps,
    missing_problems,
    the_same_on_all,
)

NAME = "docker.io/team/trainer:1"
INPUTS = {"Dockerfile": "FROM a\n", "project": "e3d8fc7"}
BASE = {
    "Id": "sha256:1",
    "RepoTags": ["base:1"],
    "RootFS": {"Layers": ["sha256:l"]},
    "Config": {"Env": ["A=1"]},
    "Os": "linux",
}


def image(labels: dict[str, str] | None) -> dict[str, Any]:
    return {**BASE, "RepoTags": ["team/trainer:1"], "Config": {"Labels": labels}}


LABELS = build_steps(NAME, [BASE], None, INPUTS)["labels"]


@pytest.mark.parametrize(
    ("images", "archive", "steps", "reason"),
    [
        ([], None, ["pull_base", "build"], "there is no such image yet"),
        ([], "sha256:archive", ["load_base", "build"], "there is no such image yet"),
        ([BASE], None, ["build"], "there is no such image yet"),
        ([image(LABELS), BASE], None, [], ""),
        # A base that was removed after the build counts as unchanged.
        ([image(LABELS)], None, [], ""),
        (
            [image(LABELS), {**BASE, "Config": {"Env": ["A=2"]}}],
            None,
            ["build"],
            "changed since it was built: base image",
        ),
        ([image(None), BASE], None, ["build"], "the image has no label"),
    ],
)
def test_the_steps(images: list[dict[str, Any]], archive: str | None, steps: list[str], reason: str) -> None:
    found = build_steps(NAME, images, archive, INPUTS)
    assert found["steps"] == steps
    assert found["reason"].startswith(reason)


@pytest.mark.parametrize(("images", "steps"), [([], ["load_image"]), ([BASE], ["load_image"]), ([image(None)], [])])
def test_the_built_image_of_a_bundle_is_loaded_once(images: list[dict[str, Any]], steps: list[str]) -> None:
    fingerprint = identity_of_inspected(image(None), "containerd").fingerprint
    assert image_steps(NAME, images, fingerprint) == steps
    assert image_steps(NAME, images, "sha256:another") == ["load_image"]


def test_the_parts_of_a_bundle_stand_for_the_files_of_the_inventory() -> None:
    assert arguments_of({}) == {}
    assert arguments_of({"base": "/b/base.tar"}) == {
        "base_archive": "/b/base.tar",
        "wheels_directory": "",
        "git_mirror": "",
    }


def test_arguments_that_differ_are_refused() -> None:
    alike = {"gpu-01": {"name": "a:1", "builder": "gpu-01"}, "gpu-02": {"name": "a:1", "builder": "gpu-01"}}
    assert the_same_on_all(alike, ["name", "builder"]) == {"name": "a:1", "builder": "gpu-01"}
    with pytest.raises(PlanError, match=r"image_build_name has to be the same .* 'a:1' on gpu-01, 'b:1' on gpu-02"):
        the_same_on_all({**alike, "gpu-02": {"name": "b:1", "builder": "gpu-01"}}, ["builder", "name"])


@pytest.mark.parametrize(
    ("builder", "problem"),
    [
        ("gpu-01", ""),
        ("gpu-03", ""),
        ("gpu-02", "gpu-02 (image_build_builder) has failed in this play"),
        ("other", "image_build_builder is 'other', but the inventory has no such host."),
    ],
)
def test_the_builder(builder: str, problem: str) -> None:
    found = builder_problem(builder, ["gpu-01", "gpu-02", "gpu-03"], ["gpu-01", "gpu-02"], ["gpu-01"])
    assert found.startswith(problem)
    assert bool(found) == bool(problem)


def test_paths_that_the_controller_lacks() -> None:
    arguments = {
        "base_archive": "/a.tar",
        "base_image": "base:1",
        "wheels_directory": "/wheels",
        "files": [{"src": "/f"}],
    }
    assert list(missing_problems(arguments, [])) == []
    archive, wheels, file = missing_problems(arguments, ["/a.tar", "/wheels", "/f"])
    assert "docker save --output /a.tar base:1" in archive
    assert wheels.startswith("image_build_wheels_directory is '/wheels'")
    assert file == "image_build_files names '/f', but the controller has no such file."


def test_an_archive_of_another_image() -> None:
    arguments = {"base_archive": "/a.tar", "base_image": "docker.io/library/debian:12"}
    assert archive_problem(arguments, ["debian:12"]) == ""
    assert "holds an image without a name" in archive_problem(arguments, [])
