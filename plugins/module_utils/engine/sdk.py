# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The only file that imports docker: thin verbs, and the API's errors turned into ours.

Nothing is decided here. A thing that does not exist is None, never an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..base.errors import EngineError, EngineUnavailable
from .stream import checked, loaded

try:
    import docker
    import docker.errors
    import docker.types
    import requests.exceptions
except ImportError as error:
    docker = None  # type: ignore[assignment]
    SDK_IMPORT_ERROR: ImportError | None = error
else:
    SDK_IMPORT_ERROR = None


class Engine:
    """One Docker engine, seen through the SDK's low-level client."""

    def __init__(self, api: Any) -> None:
        self._api = api

    @classmethod
    def connect(cls, docker_host: str, timeout: int = 60) -> Engine:
        """Connect, and raise EngineUnavailable where no engine answers within ``timeout`` seconds."""
        if docker is None:
            raise EngineUnavailable(
                f"The docker SDK for Python cannot be imported ({SDK_IMPORT_ERROR}). Run the docker role first, or "
                "point ansible_python_interpreter at a Python that has it."
            )
        try:
            return cls(docker.APIClient(base_url=docker_host, timeout=timeout, version="auto"))
        except docker.errors.DockerException as error:
            raise EngineUnavailable(
                f"No Docker engine answers at {docker_host}: {error}. Is it installed and running?"
            ) from error

    def info(self) -> dict[str, Any]:
        with _translated_errors():
            return self._api.info()

    # Swarm

    def swarm(self) -> dict[str, Any] | None:
        """The swarm as a manager sees it, join tokens included; None on a worker or outside a swarm."""
        with _translated_errors():
            try:
                return self._api.inspect_swarm()
            except docker.errors.APIError as error:
                # 503 Service Unavailable: "This node is not a swarm manager".
                if error.status_code == 503:
                    return None
                raise

    def init_swarm(
        self,
        advertise_addr: str | None,
        listen_addr: str,
        data_path_addr: str | None,
        default_addr_pool: Sequence[str] | None,
        subnet_size: int | None,
        data_path_port: int | None = None,
    ) -> None:
        with _translated_errors():
            self._api.init_swarm(
                advertise_addr=advertise_addr,
                listen_addr=listen_addr,
                data_path_addr=data_path_addr,
                default_addr_pool=list(default_addr_pool) if default_addr_pool else None,
                subnet_size=subnet_size,
                data_path_port=data_path_port,
            )

    def join_swarm(
        self,
        remote_addrs: Sequence[str],
        join_token: str,
        advertise_addr: str | None,
        listen_addr: str,
        data_path_addr: str | None,
    ) -> None:
        with _translated_errors():
            self._api.join_swarm(
                remote_addrs=list(remote_addrs),
                join_token=join_token,
                advertise_addr=advertise_addr,
                listen_addr=listen_addr,
                data_path_addr=data_path_addr,
            )

    def leave_swarm(self, force: bool) -> None:
        with _translated_errors():
            self._api.leave_swarm(force=force)

    def nodes(self) -> list[dict[str, Any]]:
        """Every node, as a manager lists it."""
        with _translated_errors():
            return self._api.nodes()

    def set_node_role(self, node_id: str, role: str) -> None:
        """Make a node a worker or a manager; only a manager can."""
        self._update_node(node_id, "Role", role)

    def set_node_availability(self, node_id: str, availability: str) -> None:
        self._update_node(node_id, "Availability", availability)

    def running_tasks(self, node_id: str) -> list[dict[str, Any]]:
        """The tasks of a node that are wanted there, or that run there still."""
        with _translated_errors():
            tasks = self._api.tasks(filters={"node": node_id})
        return [one for one in tasks if one["Status"]["State"] in ("preparing", "starting", "running")]

    def rotate_join_tokens(self, worker: bool, manager: bool) -> None:
        """Replace the join tokens; a host that has joined stays a node."""
        with _translated_errors():
            swarm = self._api.inspect_swarm()
            self._api.update_swarm(
                swarm["Version"]["Index"], swarm["Spec"], rotate_worker_token=worker, rotate_manager_token=manager
            )

    def remove_node(self, node_id: str, force: bool) -> None:
        with _translated_errors():
            self._api.remove_node(node_id, force=force)

    def _update_node(self, node_id: str, key: str, value: str) -> None:
        with _translated_errors():
            node = self._api.inspect_node(node_id)
            self._api.update_node(node_id, node["Version"]["Index"], {**node["Spec"], key: value})

    # Networks

    def networks(self) -> list[dict[str, Any]]:
        """Every network that this engine knows."""
        with _translated_errors():
            return self._api.networks()

    def network(self, name: str) -> dict[str, Any] | None:
        """The network of exactly this name, containers on this host included."""
        with _translated_errors():
            # The engine's name filter matches parts of names.
            matches = [one for one in self._api.networks(names=[name]) if one["Name"] == name]
            return self._api.inspect_network(matches[0]["Id"], verbose=True) if matches else None

    def create_overlay_network(
        self,
        name: str,
        subnet: str | None,
        gateway: str | None,
        options: Mapping[str, str],
        labels: Mapping[str, str],
        attachable: bool,
        internal: bool,
    ) -> str:
        """Create it and return its ID."""
        ipam = None
        if subnet:
            pool = docker.types.IPAMPool(subnet=subnet, gateway=gateway)
            ipam = docker.types.IPAMConfig(pool_configs=[pool])
        with _translated_errors():
            created = self._api.create_network(
                name,
                driver="overlay",
                scope="swarm",
                options=dict(options),
                labels=dict(labels),
                ipam=ipam,
                attachable=attachable,
                internal=internal,
            )
            return created["Id"]

    def remove_network(self, network_id: str) -> None:
        with _translated_errors():
            self._api.remove_network(network_id)

    # Images

    def image(self, name: str) -> dict[str, Any] | None:
        with _translated_errors():
            try:
                return self._api.inspect_image(name)
            except docker.errors.ImageNotFound:
                return None

    def image_ids(self) -> list[str]:
        """The ID of every image, those without a name included."""
        with _translated_errors():
            return [image["Id"] for image in self._api.images()]

    def save_image(self, name: str) -> Iterator[bytes]:
        """The archive of an image, as a stream."""
        with _translated_errors():
            yield from self._api.get_image(name)

    def load_image(self, archive: Iterable[bytes]) -> list[str]:
        """Load an archive and return the lines of the engine's answer."""
        with _translated_errors():
            return loaded(self._api.load_image(archive))

    def tag_image(self, source: str, name: str) -> None:
        repository, separator, tag = name.rpartition(":")
        with _translated_errors():
            self._api.tag(source, repository if separator else name, tag if separator else None)

    def remove_image(self, name: str) -> None:
        with _translated_errors():
            self._api.remove_image(name)

    # Registries; without a login, what is saved on the host counts

    def registry_digest(self, name: str, login: Mapping[str, str] | None) -> str | None:
        """The digest that a registry has under this name; None where it has none."""
        with _translated_errors():
            try:
                return self._api.inspect_distribution(name, auth_config=login)["Descriptor"]["digest"]
            except docker.errors.NotFound:
                return None

    def push_image(self, name: str, login: Mapping[str, str] | None) -> None:
        with _translated_errors():
            list(checked("It was not pushed", self._api.push(name, stream=True, decode=True, auth_config=login)))

    def pull_image(self, name: str, login: Mapping[str, str] | None) -> None:
        with _translated_errors():
            list(checked("It was not pulled", self._api.pull(name, stream=True, decode=True, auth_config=login)))

    # Containers

    def container(self, name: str) -> dict[str, Any] | None:
        with _translated_errors():
            try:
                return self._api.inspect_container(name)
            except docker.errors.NotFound:
                return None

    def labelled_containers(self, label: str) -> list[dict[str, Any]]:
        """Every container that has this label, as the engine lists it; those that do not run included."""
        with _translated_errors():
            return self._api.containers(all=True, filters={"label": label})

    def start_exec(
        self, container: str, argv: Sequence[str], environment: Mapping[str, str], working_directory: str | None
    ) -> str:
        """Start a command inside a running container, do not wait for it, and return the ID of the exec."""
        with _translated_errors():
            created = self._api.exec_create(
                container, list(argv), environment=dict(environment), workdir=working_directory
            )
            self._api.exec_start(created["Id"], detach=True)
            return created["Id"]


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except docker.errors.APIError as error:
        raise EngineError(str(error.explanation or error), status=error.status_code) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineError(f"The call to the engine did not come to its end: {error}") from error
