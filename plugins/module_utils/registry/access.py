# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pushing to a registry and pulling from it by the engine, with a login that is kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..base.errors import ClusterError, EngineError
from ..engine.sdk import Engine
from ..image.identity import ImageIdentity
from ..image.observation import observe_image, store_of
from ..image.state import HeldImage, HostImages
from .errors import explained
from .name import host_of_registry, registry_name
from .plan import Pushed


def login_of(params: Mapping[str, Any]) -> dict[str, str] | None:
    """The login of the call; None without a user, where what C(docker login) has left on the host counts."""
    return {"username": params["user"], "password": params["password"] or ""} if params["user"] else None


def observe_push(engine: Engine, params: Mapping[str, Any]) -> Pushed:
    image = observe_image(engine, params["name"], store_of(engine.info()))
    if image is None:
        return Pushed(None)
    target = registry_name(params["name"], params["registry"], image.identity.fingerprint)
    with _explaining("Asking", target):
        digest = engine.registry_digest(target, login_of(params))
    return Pushed(image, target, digest, engine.image(target) is not None)


def push(engine: Engine, name: str, target: str, login: dict[str, str] | None) -> None:
    """Push the image. The name at the registry is removed from this host again, also after an error."""
    engine.tag_image(name, target)
    try:
        with _explaining("Pushing to", target):
            engine.push_image(target, login)
    finally:
        engine.remove_image(target)


def pull(engine: Engine, reference: str, identity: ImageIdentity, login: dict[str, str] | None) -> None:
    """Pull the image. Raises ClusterError, and keeps nothing, where it is another one than was pushed."""
    with _explaining("Pulling from", reference):
        engine.pull_image(reference, login)
    found = observe_image(engine, reference, store_of(engine.info()))
    if found is None or found.identity != identity:
        layers = "no image" if found is None else f"the layers {', '.join(found.identity.diff_ids)}"
        engine.remove_image(reference)
        raise ClusterError(
            f"{reference} has another content than the image that was pushed: {layers} instead of "
            f"{', '.join(identity.diff_ids)}. It was removed again. Run playbooks/images.yml again."
        )
    if found.id not in engine.image_ids():
        engine.remove_image(reference)
        raise ClusterError(
            f"{reference} did not come whole: the containerd image store of this host has layers of it from elsewhere, "
            "packed in another way, and does not fetch such layers again. Bring the image with image_transfer, or "
            "remove the images that share layers with it first.",
            lacks_layers=True,
        )


def image_to_name(host: HostImages, fingerprint: str) -> HeldImage:
    image = host.same_as(ImageIdentity(fingerprint))
    if image is None:
        raise ClusterError("The image has gone from the engine since it came. Run it again.")
    return image


@contextmanager
def _explaining(what: str, reference: str) -> Iterator[None]:
    try:
        yield
    except EngineError as error:
        raise ClusterError(explained(what, host_of_registry(reference), error.message)) from error
