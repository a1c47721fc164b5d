# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent that observes, starts and stops one job on its host; it runs for as long as its keeper is connected.

What it may do stands in the host's own file: a keeper says when, never what. The job does not depend on the agent.
"""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..base.agent import Emit, serve
from ..base.command import run_command
from ..base.errors import ClusterError, PlanError
from ..gpu.observation import observe_gpus
from ..gpu_health.host import host_problems
from ..gpu_health.problem import ERROR, GpuUse
from ..job import control
from ..job.checkpoint_files import read_checkpoints
from ..job.checkpoints import newest_complete, saving_of
from ..job.description import output_of
from ..job.files import JobFiles
from ..job.plan import Job
from ..job.plan import plan as job_plan
from ..job.rank_observer import RankObserver
from ..job.stacks import read_stacks
from ..job.stop import stop_job
from ..relay.agent import PROCESS_NAME as RELAY_NAME
from ..relay.agent import RelayAgent
from ..tree.agent import TreeKind
from .engine import SOCKET, JobEngine, bring_up, look_up
from .place import Place, read_json, write_json

# As /proc/PID/comm shows it: at most 15 characters.
PROCESS_NAME = "distrain-watch"
_KEY_SECONDS = 30.0
_CHECKPOINT = re.compile(r"checkpoint-\d{1,18}")


class HostAgent:
    """Handles the commands of a keeper.

    C(watch) reports until the end; C(stacks), C(clock), C(prepare), C(keys), C(checkpoints), C(start), C(stop) and
    C(release) give one answer each. What fails for a known reason is an answer with C(error).
    """

    def __init__(self, place: Place, emit: Emit) -> None:
        self._place = place
        self._host = read_json(place.host)
        self._job: Mapping[str, Any] = self._host["job"]
        self._files = JobFiles(self._job["directory"], self._job["name"])
        self._emit = emit
        self._is_over = threading.Event()
        # While a rank is started its record is new and nothing of it runs yet, which looks as if it had been lost.
        self._is_changing = threading.Lock()
        self._verbs: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Any]]] = {
            "stacks": ("stacks", self._stacks),
            "clock": ("clock", lambda _command: time.time()),
            "prepare": ("prepared", self._prepare),
            "keys": ("keys", self._keys),
            "checkpoints": ("checkpoints", self._checkpoints),
            "start": ("started", self._start),
            "stop": ("stopped", self._stop),
            "release": ("released", self._release),
        }

    def handle(self, command: Mapping[str, Any]) -> None:
        if command["do"] == "watch":
            self._watch(command)
            return
        event, verb = self._verbs[command["do"]]
        try:
            self._emit({"event": event, "found": verb(command)})
        except ClusterError as error:
            self._emit({"event": event, "found": {"error": error.message}})

    def close(self) -> None:
        self._is_over.set()

    def _watch(self, command: Mapping[str, Any]) -> None:
        observer = RankObserver(self._job, command["lines"])
        sent: list[str] | None = None
        attempt = self._files.record().get("attempt")
        while not self._is_over.is_set():
            with self._is_changing:
                found = observer.observe()
            if found["job"]["attempt"] != attempt:
                # What was wrong before concerns another attempt.
                attempt = found["job"]["attempt"]
                observer.close()
                observer = RankObserver(self._job, command["lines"])
            lines = found["job"]["last_lines"]
            if lines == sent:
                # They are most of the message.
                del found["job"]["last_lines"]
            sent = lines
            self._emit({"event": "seen", "found": found})
            self._is_over.wait(command["interval"])

    def _stacks(self, _command: Mapping[str, Any]) -> list[dict[str, Any]]:
        return read_stacks(self._files, self._job["container"], SOCKET)

    def _stop(self, command: Mapping[str, Any]) -> None:
        stop_job(self._files, self._job["name"], command["timeout"])

    def _prepare(self, _command: Mapping[str, Any]) -> dict[str, Any]:
        """Bring the container up where it is gone, see that it finds the first one, and that its GPUs are healthy."""
        host = self._host
        brought_up = bring_up(self._job["container"], host["trainer"], host["compose_file"])
        if host["leader"]:
            look_up(self._job["container"], host["leader"])
        use = host.get("gpu_use")
        if use is not None:
            facts = observe_gpus()
            wanted = GpuUse(**{**use, "claimed": tuple(use["claimed"]), "containers": tuple(use["containers"])})
            sick = [one for one in host_problems(facts, wanted) if one.severity == ERROR]
            if sick:
                raise PlanError("\n".join(f"{one.found.rstrip('.')}. {one.remedy}" for one in sick))
        return {"brought_up": brought_up}

    def _keys(self, _command: Mapping[str, Any]) -> dict[str, str]:
        """Make the keys with which the first trainer starts the others anew; return the public ones."""
        directory = self._files.control / "launch"
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {name: _new_key(directory / name, self._job["container"]) for name in self._host["key_names"]}

    def _checkpoints(self, _command: Mapping[str, Any]) -> dict[str, Any]:
        """Return what M(distrain.cluster.trainer_checkpoint_info) does, as far as a keeper needs it."""
        output = output_of(self._job, {})
        world_size = self._host["start"]["world_size"]
        found = sorted(read_checkpoints(output) if output else [], key=lambda checkpoint: checkpoint.step)
        newest = newest_complete(found, world_size)
        return {"newest": newest.name if newest else "", "saving": saving_of(found, world_size)}

    def _start(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Start this attempt where it has not been started yet, and say of what the record needs."""
        engine = JobEngine()
        params = {**self._host["start"], "attempt": command["attempt"], "state": "started", "again": True}
        params["launch_files"] = {**params.get("launch_files", {}), **command["launch_files"]}
        params["checkpoint"] = command["checkpoint"]
        job: Job = self._files.job()
        with self._is_changing:
            for step in job_plan(job, params).steps:
                control.apply(engine, step, params)
        container = engine.container(params["container"])
        record = self._files.record()
        return {
            "job": {name: record.get(name) for name in ("attempt", "started", "command", "interface", "rank")},
            "container": {"image_id": container["Image"] if container else None},
        }

    def _release(self, _command: Mapping[str, Any]) -> None:
        write_json(self._place.released, {"at": time.time()})


def _new_key(path: Path, comment: str) -> str:
    for old in (path, path.with_name(f"{path.name}.pub")):
        old.unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    made = run_command(command, _KEY_SECONDS)
    if made.rc != 0:
        raise ClusterError(f"The keys of the launcher cannot be made: {made.stderr.strip()}")
    public = path.with_name(f"{path.name}.pub")
    text = public.read_text(encoding="ascii").strip()
    public.unlink()
    return text


def serve_job(place: Place) -> None:
    """Be the agent of the job until the input ends."""
    serve(functools.partial(HostAgent, place), PROCESS_NAME)


def _tree_of(place: Place, arguments: Mapping[str, Any], emit: Emit) -> TreeKind:
    """Return one checkpoint of the job as what is relayed; C(path) is its name alone."""
    job = read_json(place.host)["job"]
    name = str(arguments["path"])
    if not _CHECKPOINT.fullmatch(name) or not job.get("output_directory"):
        raise PlanError(f"{name!r} is no checkpoint of job {place.job}.")
    path = str(Path(job["output_directory"]) / name)
    return TreeKind({**arguments, "path": path, "untrusted_below": job["output_root"] or ""}, emit)


class CheckpointRelay(RelayAgent):
    """Relays a checkpoint by the keys that the host was given for that."""

    def __init__(self, place: Place, emit: Emit) -> None:
        super().__init__(functools.partial(_tree_of, place), emit)
        self._own_keys = read_json(place.host)["relay_keys"]

    def handle(self, command: Mapping[str, Any]) -> None:
        super().handle({**command, "keys": self._own_keys} if command["do"] == "prepare" else command)


def serve_tree(place: Place) -> None:
    """Be the agent that relays checkpoints of the job until the input ends."""
    serve(functools.partial(CheckpointRelay, place), RELAY_NAME)
