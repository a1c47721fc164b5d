# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules for registries, from their arguments to their results, over an engine and a registry in memory."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import EngineError
from ansible_collections.distrain.cluster.plugins.modules import image_pull, image_push, registry_user
from ansible_collections.distrain.cluster.tests.unit.support.fake_engine import fail_with
from ansible_collections.distrain.cluster.tests.unit.support.image_archives import TestImage
from ansible_collections.distrain.cluster.tests.unit.support.image_holder import ImageHolder

NAME = "team/trainer:1"
IMAGE = TestImage()
OTHER = TestImage((b"another",))
LOGIN = {"user": "builder", "password": "a secret of some length"}


class FakeRegistry:
    """Images by the digests and by the tags that they were pushed under."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.digests: dict[str, TestImage] = {}
        self.error: EngineError | None = None

    def push(self, name: str, image: TestImage) -> None:
        digest = f"sha256:{len(self.digests):064}"
        self.tags[name] = digest
        self.digests[f"{name.rpartition(':')[0]}@{digest}"] = image


class FakeEngine(ImageHolder):
    """Also pushes and pulls them; ``logins`` are what registries were shown."""

    def __init__(self, registry: FakeRegistry) -> None:
        super().__init__()
        self.registry = registry
        self.logins: list[Any] = []

    def registry_digest(self, name: str, login: Any) -> str | None:
        self.logins.append(login)
        fail_with(self.registry.error)
        return self.registry.tags.get(name)

    def push_image(self, name: str, login: Any) -> None:
        self.calls.append(f"push {name}")
        self.logins.append(login)
        fail_with(self.registry.error)
        self.registry.push(name, self.images[self.tags[name]])

    def pull_image(self, name: str, login: Any) -> None:
        self.calls.append(f"pull {name}")
        self.logins.append(login)
        fail_with(self.registry.error)
        self.hold(self.registry.digests[name], name)


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


def test_push_in_check_mode_then_for_real_then_again(registry: FakeRegistry, run_module: Any) -> None:
    engine = FakeEngine(registry).hold(IMAGE, NAME)
    push = partial(run_module, image_push, engine, name=NAME, registry="reg:5000", **LOGIN)
    planned = push(check_mode=True)
    assert (planned["changed"], planned["reference"], engine.calls) == (True, "", [])
    first, second = push(), push()
    assert (first["changed"], second["changed"]) == (True, False)
    target = first["target"]
    assert engine.calls == [f"tag {target}", f"push {target}", f"remove {target}"]
    assert first["reference"] == second["reference"] == f"reg:5000/team/trainer@{registry.tags[target]}"
    assert set(engine.tags) == {NAME}
    assert all(login == {"username": "builder", "password": LOGIN["password"]} for login in engine.logins)
    assert LOGIN["password"] not in json.dumps([first["diff"], first["target"], first["reference"]])


def test_a_name_that_a_push_left_goes_again(registry: FakeRegistry, run_module: Any) -> None:
    engine = FakeEngine(registry).hold(IMAGE, NAME)
    target = run_module(image_push, engine, name=NAME, registry="reg:5000")["target"]
    engine.hold(IMAGE, target)
    assert run_module(image_push, engine, name=NAME, registry="reg:5000")["changed"]
    assert set(engine.tags) == {NAME}
    assert engine.logins[0] is None


def test_a_push_that_fails_leaves_no_name(
    registry: FakeRegistry, run_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine(registry).hold(IMAGE, NAME)
    error = EngineError("It was not pushed: unauthorized: authentication required")

    def fail(name: str, login: Any) -> None:
        raise error

    monkeypatch.setattr(engine, "push_image", fail)
    result = run_module(image_push, engine, name=NAME, registry="reg:5000/team", **LOGIN)
    assert result["failed"]
    assert "Pushing to the registry reg:5000 failed: it does not accept the user and the password" in result["msg"]
    assert set(engine.tags) == {NAME}


def pushed(registry: FakeRegistry, run_module: Any) -> dict[str, Any]:
    result = run_module(image_push, FakeEngine(registry).hold(IMAGE, NAME), name=NAME, registry="reg:5000")
    return {name: result[name] for name in ("reference", "image_identity", "size")}


def test_pull_in_check_mode_then_for_real_then_again(registry: FakeRegistry, run_module: Any) -> None:
    wanted = pushed(registry, run_module)
    engine = FakeEngine(registry).hold(OTHER, NAME)
    pull = partial(run_module, image_pull, engine, name=NAME, disk_reserve=0, **wanted, **LOGIN)
    assert pull(check_mode=True)["changed"]
    assert engine.calls == []
    first, second = pull(), pull()
    assert (first["changed"], second["changed"]) == (True, False)
    assert engine.calls == [f"pull {wanted['reference']}", f"tag {NAME}", f"remove {wanted['reference']}"]
    assert engine.tags == {NAME: IMAGE.id}
    assert first["image_identity"]["diff_ids"] == wanted["image_identity"]["diff_ids"]


def test_check_mode_before_anything_was_pushed(registry: FakeRegistry, run_module: Any) -> None:
    wanted = {**pushed(registry, run_module), "reference": ""}
    engine = FakeEngine(registry)
    result = run_module(image_pull, engine, name=NAME, disk_reserve=0, check_mode=True, **wanted)
    assert (result["changed"], result["image_identity"], engine.calls) == (True, None, [])


def test_another_image_than_the_one_that_was_pushed_is_refused(registry: FakeRegistry, run_module: Any) -> None:
    wanted = pushed(registry, run_module)
    registry.digests[wanted["reference"]] = OTHER
    engine = FakeEngine(registry)
    result = run_module(image_pull, engine, name=NAME, disk_reserve=0, **wanted)
    assert "has another content than the image that was pushed" in result["msg"]
    assert engine.images == {}


def test_an_image_that_the_store_does_not_list_is_not_whole(
    registry: FakeRegistry, run_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = pushed(registry, run_module)
    engine = FakeEngine(registry)
    monkeypatch.setattr(engine, "image_ids", list)
    result = run_module(image_pull, engine, name=NAME, disk_reserve=0, **wanted)
    assert (result["failed"], result["lacks_layers"], engine.tags) == (True, True, {})
    assert "did not come whole" in result["msg"]


def test_a_registry_that_cannot_be_reached_is_named(registry: FakeRegistry, run_module: Any) -> None:
    wanted = pushed(registry, run_module)
    registry.error = EngineError("dial tcp 192.0.2.11:5000: connect: connection refused")
    engine = FakeEngine(registry).hold(OTHER, NAME)
    result = run_module(image_pull, engine, name=NAME, disk_reserve=0, **wanted)
    assert "Pulling from the registry reg:5000 failed: this host cannot connect to it" in result["msg"]
    assert engine.tags == {NAME: OTHER.id}


def test_the_file_of_the_user(run_module: Any, tmp_path: Path) -> None:
    path = tmp_path / "users"
    write = partial(run_module, registry_user, None, path=str(path), user="distrain", password=LOGIN["password"])
    planned = write(check_mode=True)
    assert (planned["changed"], path.exists()) == (True, False)
    first, second = write(), write()
    assert (first["changed"], second["changed"]) == (True, False)
    user, _colon, known = path.read_text().strip().partition(":")
    assert (user, known[:7], path.stat().st_mode & 0o777) == ("distrain", "$2b$05$", 0o600)
    assert known not in json.dumps(first["diff"])
    path.write_text(f"{path.read_text()}intruder:{known}\n")
    assert write()["changed"]
    assert "intruder" not in path.read_text()
    assert write(password="another")["changed"]
