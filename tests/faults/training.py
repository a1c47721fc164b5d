# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the trainer of the faults runs: ranks that make steps together, and break on command.

By Python's standard library alone. The ranks meet at MASTER_ADDR and MASTER_PORT; each dies when another one is gone,
as it is with NCCL and gloo. The first rank writes the log and the checkpoints. With C(--parts) every rank has a state
of its own, which it writes and reads as DeepSpeed's ZeRO-2 does, and without which its curve does not go on.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import socket
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

RANK, WORLD_SIZE = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
MASTER = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
CHECKPOINT = os.environ.get("DISTRAIN_CHECKPOINT", "")


class Peers:
    """The first rank has a connection to every other, and each other one to the first."""

    def __init__(self, patience: float) -> None:
        self._links = self._accept(patience) if RANK == 0 else [self._connect(patience)]
        for link in self._links:
            link.settimeout(patience)

    def step(self) -> None:
        """Until all have made it: the first rank has a message of each of the others, and then lets them go on."""
        for link in self._links if RANK == 0 else []:
            _receive(link)
        for link in self._links:
            link.sendall(b".")
        for link in self._links if RANK != 0 else []:
            _receive(link)

    def _accept(self, patience: float) -> list[socket.socket]:
        with socket.create_server(("", MASTER[1])) as server:
            server.settimeout(patience)
            return [server.accept()[0] for _other in range(1, WORLD_SIZE)]

    def _connect(self, patience: float) -> socket.socket:
        until = time.monotonic() + patience
        while True:
            try:
                return socket.create_connection(MASTER, timeout=patience)
            except socket.gaierror as error:
                raise OSError(f"failed to resolve {MASTER[0]}: {error.strerror}") from error
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


def _receive(link: socket.socket) -> None:
    try:
        received = link.recv(1)
    except TimeoutError as error:
        raise ConnectionError("timed out waiting for another rank") from error
    if not received:
        raise ConnectionError("connection closed by another rank")


def main() -> None:
    options = parse()
    output = Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    first = read_step(Path(CHECKPOINT)) if CHECKPOINT else 0
    state = read_part(Path(CHECKPOINT), first) if CHECKPOINT and options.parts else State()
    print(f"rank {RANK} of {WORLD_SIZE} begins after step {first}", flush=True)
    time.sleep(options.prepare)
    if options.at == 0:
        break_down(options, output)
    peers = Peers(options.patience)
    began = time.monotonic()
    for step in range(first + 1, options.steps + 1):
        time.sleep(options.pause)
        if step == options.at:
            break_down(options, output)
        peers.step()
        state.step(step)
        print(f"rank {RANK} has made step {step}{state.words if options.parts else ''}", flush=True)
        if RANK == 0:
            log(output, step, options.steps, time.monotonic() - began)
        if options.parts and step % options.save_every == 0:
            save_part(output, step, state)
            peers.step()
        if RANK == 0 and step % options.save_every == 0:
            save(output, step)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", required=True)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds that a step takes")
    parser.add_argument("--prepare", type=float, default=0, help="seconds before the first step, without a word")
    parser.add_argument("--save-every", type=int, default=5, help="steps between two checkpoints")
    parser.add_argument("--parts", action="store_true", help="every rank writes a part of each checkpoint")
    parser.add_argument("--part-bytes", type=int, default=1 << 20, help="how much that is at least")
    parser.add_argument("--patience", type=float, default=15, help="seconds to wait for another rank")
    parser.add_argument("--fault", choices=FAULTS)
    parser.add_argument("--on", type=int, default=1, help="the rank that has the fault")
    parser.add_argument("--at", type=int, help="the step at which it has it; 0 is before all ranks have met")
    return parser.parse_args()


def log(output: Path, step: int, steps: int, elapsed: float) -> None:
    entry = {
        "current_steps": step,
        "total_steps": steps,
        "loss": round(4 / step, 4),
        "percentage": round(100 * step / steps, 2),
        "elapsed_time": f"0:00:{int(elapsed) % 60:02}",
    }
    with (output / "trainer_log.jsonl").open("a") as stream:
        stream.write(json.dumps(entry) + "\n")


class State:
    """What each rank alone knows: a value that depends on every step before."""

    def __init__(self, value: int = 1) -> None:
        self.value = value

    def step(self, step: int) -> None:
        self.value = (self.value * 31 + step + RANK) % 1_000_003

    @property
    def words(self) -> str:
        return f" with state {self.value}"


def part_of(checkpoint: Path, step: int) -> Path:
    return checkpoint / f"global_step{step}" / f"bf16_zero_pp_rank_{RANK}_mp_rank_00_optim_states.pt"


def save_part(output: Path, step: int, state: State) -> None:
    """As a zip archive, which torch.save writes too."""
    checkpoint = output / f"checkpoint-{step}"
    part_of(checkpoint, step).parent.mkdir(parents=True, exist_ok=True)
    write_archive(part_of(checkpoint, step), {"step": step, "rank": RANK, "value": state.value}, parse().part_bytes)
    write_archive(checkpoint / f"rng_state_{RANK}.pth", {"step": step})
    if RANK == 0:
        write_archive(checkpoint / f"global_step{step}" / "mp_rank_00_model_states.pt", {"step": step})
        (checkpoint / "latest").write_text(f"global_step{step}")


def write_archive(path: Path, content: object, filling: int = 0) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.json", json.dumps(content))
        archive.writestr("filling", os.urandom(filling))


def read_archive(path: Path) -> dict[str, int]:
    with zipfile.ZipFile(path) as archive:
        content: dict[str, int] = json.loads(archive.read("content.json"))
    return content


def read_part(checkpoint: Path, step: int) -> State:
    """Read what a rank of DeepSpeed reads: the name of the directory, the model, and its own part."""
    tag = (checkpoint / "latest").read_text()
    model, own = read_archive(checkpoint / tag / "mp_rank_00_model_states.pt"), read_archive(part_of(checkpoint, step))
    if (model["step"], own["step"], own["rank"]) != (step, step, RANK):
        raise ValueError(f"{checkpoint} is not of step {step} and rank {RANK}: {model}, {own}")
    return State(own["value"])


def save(output: Path, step: int, whole: bool = True) -> None:
    checkpoint = output / f"checkpoint-{step}"
    checkpoint.mkdir(exist_ok=True)
    (checkpoint / "model.safetensors").write_bytes(step.to_bytes(1024, "big"))
    if whole:
        (checkpoint / "trainer_state.json").write_text(json.dumps({"global_step": step}))


def read_step(checkpoint: Path) -> int:
    """Every rank reads the weights too, so that a checkpoint that did not come to its host is found out."""
    step: int = json.loads((checkpoint / "trainer_state.json").read_text())["global_step"]
    if (checkpoint / "model.safetensors").read_bytes() != step.to_bytes(1024, "big"):
        raise ValueError(f"{checkpoint} is damaged")
    return step


def break_down(options: argparse.Namespace, output: Path) -> None:
    if options.on == RANK:
        with (output / "fault").open("a") as stream:
            stream.write(f"{time.time()}\n")
        FAULTS[options.fault](options, output)


def leave(_options: argparse.Namespace, _output: Path) -> None:
    print("FATAL: the license server says no", flush=True)
    raise SystemExit(3)


def stumble(_options: argparse.Namespace, _output: Path) -> None:
    raise ValueError("the loss is not a number")


def miss(_options: argparse.Namespace, _output: Path) -> None:
    importlib.import_module("flash_attention_of_nobody")


def grow(_options: argparse.Namespace, _output: Path) -> None:
    held: list[bytearray] = []
    while True:
        held.append(bytearray(os.urandom(1 << 20)))


def crash(_options: argparse.Namespace, _output: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def kill(_options: argparse.Namespace, _output: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang(_options: argparse.Namespace, _output: Path) -> None:
    time.sleep(3600)


def die_while_saving(options: argparse.Namespace, output: Path) -> None:
    """Once: a job that goes on from a checkpoint gets past it."""
    if not CHECKPOINT:
        save(output, options.at, whole=False)
        os.kill(os.getpid(), signal.SIGKILL)


FAULTS: dict[str, Callable[[argparse.Namespace, Path], None]] = {
    "exit": leave,
    "raise": stumble,
    "import": miss,
    "memory": grow,
    "crash": crash,
    "kill": kill,
    "hang": hang,
    "half-checkpoint": die_while_saving,
}


if __name__ == "__main__":
    main()
