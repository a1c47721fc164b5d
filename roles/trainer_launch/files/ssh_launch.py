# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Let one rank start the others by SSH: an SSH server for as long as the job runs, and on the leader the launcher.

    ssh_launch.py --directory DIRECTORY --address NAME --port PORT [--lead] -- LAUNCHER [ARGUMENT...]

The server listens on this address alone and takes the job's key alone. What comes in is run by this program, not by
the server, so that it has this job's environment, log and end: no value has to travel over a command line. The exit
code is that of what was started here, and on the leader that of the launcher, unless that hides a failure.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PATIENCE = 300
GRACE = 15
MARK = "DISTRAIN_JOB"
SOCKET = "session"
# What a launcher needs to run; it hands parts of its environment on by its command line, where no secret may appear.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTHONPATH", MARK)


def main(words: Sequence[str]) -> int:
    if words[:1] == ["--session"]:
        return session(Path(words[1]))
    parser = argparse.ArgumentParser(prog="ssh_launch.py")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--lead", action="store_true")
    parser.add_argument("launcher", nargs="+")
    options = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with Server(options.directory, options.address, options.port) as server:
        if not options.lead:
            return server.serve()
        wait_for(hosts_of(options.directory / "hostfile"), options.port)
        return server.lead(options.launcher)


class Server:
    """The SSH server, and what was started through it."""

    def __init__(self, directory: Path, address: str, port: int) -> None:
        self._directory = directory
        self._address = address
        self._port = port
        self._first: subprocess.Popen[bytes] | None = None
        self._sessions: dict[socket.socket, subprocess.Popen[bytes]] = {}
        self._others: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Server:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(0.5)
        os.umask(0o077)
        with inside(self._directory):
            self._listener.bind(SOCKET)
        self._listener.listen()
        # The server keeps none of its environment, by which a job's processes are known: it ends with this one.
        self._server = run(["setpriv", "--pdeathsig", "TERM", *self._command()])
        self._others.append(self._server)
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        end([*self._sessions.values(), *self._others])

    def serve(self) -> int:
        """Until what the leader starts here has ended."""
        until = time.monotonic() + PATIENCE
        while not self._first:
            self._look()
            if time.monotonic() > until:
                print(f"ssh-launch: nothing was started here by SSH within {PATIENCE} s.", flush=True)
                return 1
        return self._end_of(self._first)

    def lead(self, launcher: Sequence[str]) -> int:
        """Until the launcher has ended, by which it reports the others, too."""
        process = run(launcher, launcher_environment(self._directory))
        self._others.append(process)
        code = self._end_of(process)
        # DeepSpeed's launcher also returns 0 where its own child was killed.
        if code == 0 and not self._first:
            print("ssh-launch: the launcher ended without starting anything here.", flush=True)
            return 1
        return code or self._end_of(self._first)

    def _end_of(self, process: subprocess.Popen[bytes]) -> int:
        while process.poll() is None:
            self._look()
        return process.returncode % 256

    def _look(self) -> None:
        """Start what is asked for, report what has ended, and end what nobody waits for any more."""
        if self._server.poll() is not None:
            sys.exit(f"ssh-launch: the SSH server ended with exit code {self._server.returncode}.")
        with contextlib.suppress(socket.timeout):
            self._start(self._listener.accept()[0])
        for waiting, process in list(self._sessions.items()):
            if is_closed(waiting):
                end([process])
            if process.poll() is not None:
                with waiting, contextlib.suppress(OSError):
                    waiting.sendall(str(process.returncode % 256).encode())
                del self._sessions[waiting]

    def _start(self, asking: socket.socket) -> None:
        asking.settimeout(GRACE)
        with asking.makefile("rb") as stream:
            command = stream.read()
        self._sessions[asking] = run(["sh", "-c", command])
        self._first = self._first or self._sessions[asking]

    def _command(self) -> list[str]:
        server = found("sshd", "openssh-server")
        # It needs this directory, which only its service makes.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        settings = {
            "ListenAddress": f"{socket.gethostbyname(self._address)}:{self._port}",
            "ForceCommand": f'"{sys.executable}" "{Path(__file__).resolve()}" --session "{self._directory}"',
            "SetEnv": f'"{MARK}={os.environ.get(MARK, "")}"',
        }
        options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return [server, "-D", "-e", "-f", str(self._directory / "sshd_config"), *options]


def session(directory: Path) -> int:
    """Inside the SSH server: hand on what was asked for, and wait for its end or for that of the connection."""
    with socket.socket(socket.AF_UNIX) as server, inside(directory):
        server.connect(SOCKET)
        server.sendall(os.environ.get("SSH_ORIGINAL_COMMAND", "").encode())
        server.shutdown(socket.SHUT_WR)
        watch = select.poll()
        watch.register(server, select.POLLIN)
        # Nothing is ever written there, so that only its end is seen.
        watch.register(sys.stdout.fileno(), 0)
        watch.poll()
        server.setblocking(False)
        with contextlib.suppress(OSError):
            return int(server.recv(16) or b"1")
        return 1


def launcher_environment(directory: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    return {
        **kept,
        "DS_ENV_FILE": str(directory / ".deepspeed_env"),
        "PDSH_SSH_ARGS_APPEND": f"-F {directory / 'ssh_config'}",
        "PATH": f"{kept.get('PATH', os.defpath)}{os.pathsep}{Path(found('pdsh', 'pdsh')).parent}",
    }


def run(command: Sequence[str | bytes], environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """In a group of its own, so that what it starts can be ended with it."""
    return subprocess.Popen(command, env=environment, start_new_session=True)


def hosts_of(hostfile: Path) -> list[str]:
    return [line.split()[0] for line in hostfile.read_text(encoding="utf-8").splitlines() if line]


def wait_for(hosts: Sequence[str], port: int) -> None:
    until = time.monotonic() + PATIENCE
    for host in hosts:
        while not answers(host, port):
            if time.monotonic() > until:
                sys.exit(f"ssh-launch: the SSH server of {host} did not answer on port {port} within {PATIENCE} s.")
            time.sleep(0.5)


def answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            return connection.recv(256).startswith(b"SSH-")
    except OSError:
        return False


def found(program: str, package: str) -> str:
    path = shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin")
    if not path:
        sys.exit(
            f"ssh-launch: the image has no {program}. Add {package} to image_build_apt_packages, or set "
            "trainer_launch_launcher to deepspeed_no_ssh."
        )
    return path


def is_closed(connection: socket.socket) -> bool:
    watch = select.poll()
    watch.register(connection, 0)
    return bool(watch.poll(0))


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask them to end, wait, and kill those that have not."""
    alive = [process for process in processes if process.poll() is None]
    for process in alive:
        os.killpg(process.pid, signal.SIGTERM)
    until = time.monotonic() + GRACE
    for process in alive:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def inside(directory: Path) -> Iterator[None]:
    """Names of sockets are short; those inside their own directory always fit."""
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
