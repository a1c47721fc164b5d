# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an image is called at a registry, what has to be pushed and pulled, and what engines say when that fails."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.module_utils.image.identity import ImageIdentity
from ansible_collections.distrain.cluster.plugins.module_utils.image.state import HeldImage, HostImages
from ansible_collections.distrain.cluster.plugins.module_utils.registry.errors import explained
from ansible_collections.distrain.cluster.plugins.module_utils.registry.name import (
    digest_name,
    host_of_registry,
    registry_name,
)
from ansible_collections.distrain.cluster.plugins.module_utils.registry.plan import Pulled, Pushed, plan_pull, plan_push
from ansible_collections.distrain.cluster.plugins.module_utils.registry.user_plan import UserFile, plan_user

MB = 10**6
FINGERPRINT = "sha256:0123456789abcdef0123456789abcdef"
SHORT = "0123456789abcdef01234567"
REFERENCE = "reg:5000/team/trainer@sha256:aa"
IDENTITY = ImageIdentity(FINGERPRINT, "sha256:config", ("sha256:a", "sha256:b"))
OTHER = ImageIdentity("sha256:other", None, ("sha256:x",))


@pytest.mark.parametrize(
    ("name", "registry", "expected"),
    [
        ("team/trainer:1", "reg:5000", f"reg:5000/team/trainer:1-{SHORT}"),
        ("trainer", "reg.example.com/project/", f"reg.example.com/project/trainer:latest-{SHORT}"),
        ("old.example.com:5000/team/trainer:1", "reg:5000", f"reg:5000/team/trainer:1-{SHORT}"),
        ("localhost/trainer:1", "reg:5000", f"reg:5000/trainer:1-{SHORT}"),
        ("team/trainer:" + "t" * 128, "reg:5000", f"reg:5000/team/trainer:{'t' * 100}-{SHORT}"),
    ],
)
def test_the_name_at_the_registry_holds_the_fingerprint(name: str, registry: str, expected: str) -> None:
    assert registry_name(name, registry, FINGERPRINT) == expected
    assert len(expected.rpartition(":")[2]) <= 128


def test_a_digest_takes_the_place_of_the_tag() -> None:
    assert digest_name("reg:5000/team/trainer:1-ab", "sha256:aa") == REFERENCE
    assert host_of_registry("reg:5000/team") == "reg:5000"


def held(identity: ImageIdentity, *names: str) -> HeldImage:
    return HeldImage("id", names, 30 * MB, identity)


TARGET = f"reg:5000/team/trainer:1-{SHORT}"


@pytest.mark.parametrize(
    ("digest", "is_tagged", "verbs"),
    [
        (None, False, ["push"]),
        ("sha256:aa", False, []),
        ("sha256:aa", True, ["remove_name"]),
        (None, True, ["push", "remove_name"]),
    ],
)
def test_what_is_pushed(digest: str | None, is_tagged: bool, verbs: list[str]) -> None:
    plan = plan_push("team/trainer:1", Pushed(held(IDENTITY, "team/trainer:1"), TARGET, digest, is_tagged))
    assert [step.verb for step in plan.steps] == verbs
    assert plan.before == {TARGET: digest}


def test_an_image_that_is_not_there_is_not_pushed() -> None:
    with pytest.raises(PlanError, match="There is no image team/trainer:1 on this host"):
        plan_push("team/trainer:1", Pushed(None))


def pull(*images: HeldImage, store: str = "classic", free: int | None = 1000 * MB, referred: bool = False) -> Any:
    params = {
        "name": "team/trainer:1",
        "reference": REFERENCE,
        "image_identity": IDENTITY.to_dict(),
        "size": 30 * MB,
        "disk_reserve": 10 * MB,
    }
    return plan_pull(Pulled(HostImages(store, "/var/lib/docker", free, images), referred), params)


@pytest.mark.parametrize(
    ("images", "referred", "verbs"),
    [
        ((), False, ["pull", "tag", "remove_name"]),
        ((held(OTHER, "team/trainer:1"),), False, ["pull", "tag", "remove_name"]),
        ((held(IDENTITY, "team/trainer:1"),), False, []),
        ((held(IDENTITY, "team/trainer:1"),), True, ["remove_name"]),
        ((held(IDENTITY),), False, ["tag"]),
        ((held(OTHER, "team/trainer:1"), held(IDENTITY, "other:1")), False, ["tag"]),
        ((held(IDENTITY),), True, ["tag", "remove_name"]),
    ],
)
def test_what_is_pulled(images: tuple[HeldImage, ...], referred: bool, verbs: list[str]) -> None:
    plan = pull(*images, referred=referred)
    assert [step.verb for step in plan.steps] == verbs
    assert plan.after == {"team/trainer:1": FINGERPRINT}


@pytest.mark.parametrize(
    ("images", "store", "free", "fits"),
    [
        ((), "classic", 40 * MB, True),
        ((), "classic", 39 * MB, False),
        ((), "containerd", 70 * MB, True),
        ((), "containerd", 69 * MB, False),
        ((), "classic", None, True),
        # It has a layer, and how large the others are is not known.
        ((held(ImageIdentity("sha256:below", None, ("sha256:a",))),), "classic", 10 * MB, True),
        ((held(ImageIdentity("sha256:below", None, ("sha256:a",))),), "classic", 9 * MB, False),
    ],
)
def test_a_small_disk_is_refused(images: tuple[HeldImage, ...], store: str, free: int | None, fits: bool) -> None:
    if fits:
        assert pull(*images, store=store, free=free).changes
        return
    with pytest.raises(
        PlanError, match=r"MB are free at /var/lib/docker, but it takes .* Nothing was pulled"
    ) as refused:
        pull(*images, store=store, free=free)
    assert refused.value.details["free_bytes"] == free


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("dial tcp 192.0.2.11:5000: connect: connection refused", "cannot connect"),
        ("dial tcp: lookup reg on 192.0.2.1:53: no such host", "cannot connect"),
        ("net/http: request canceled (Client.Timeout exceeded while awaiting headers)", "cannot connect"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "image_registry_ca_file"),
        ("http: server gave HTTP response to HTTPS client", "does not trust its certificate"),
        ("unauthorized: authentication required", "image_registry_user"),
        ("no basic auth credentials", "does not accept the user"),
        ("denied: requested access to the resource is denied", "does not accept the user"),
        ("write /var/lib/docker/tmp/x: no space left on device", "a disk is full"),
        ("manifest unknown: manifest unknown", "does not have the image any more"),
        ("received unexpected HTTP status: 500 Internal Server Error", "Look at its log"),
        ("something else.", "Pulling from the registry reg:5000 failed: something else."),
    ],
)
def test_what_engines_say_is_explained(said: str, meaning: str) -> None:
    text = explained("Pulling from", "reg:5000", said)
    assert text.startswith("Pulling from the registry reg:5000 failed: ")
    assert meaning in text
    assert said.rstrip(".") in text


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        (UserFile(), True),
        (UserFile(("distrain",), is_right=True, mode=0o600), False),
        (UserFile(("distrain",), is_right=True, mode=0o644), True),
        (UserFile(("distrain",), is_right=False, mode=0o600), True),
        (UserFile(("distrain", "other"), is_right=True, mode=0o600), True),
    ],
)
def test_one_user_is_let_in(file: UserFile, changes: bool) -> None:
    assert plan_user(file, "/etc/users", "distrain").changes is changes
