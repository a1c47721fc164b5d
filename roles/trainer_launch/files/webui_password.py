# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a trainer's web UI, made with Gradio, so that it asks for a user and a password.

    webui_password.py [--check] CREDENTIALS COMMAND [ARGUMENT...]

CREDENTIALS is a JSON file with user and password, its owner's alone. COMMAND is a Python program: a console script, or
python FILE, or python -m MODULE. Its own interpreter runs this file in its place, which gives Gradio the password and
then runs the program in the same process. Where any of that cannot be, nothing starts; --check ends before the program.
"""

from __future__ import annotations

import argparse
import functools
import hmac
import importlib.util
import inspect
import json
import os
import re
import runpy
import shutil
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

# The one port that is published from the container.
PORT = 7860
PYTHON = re.compile(r"python[0-9.]*")
# What may stand between python and its program without changing what is run, or from where modules are taken.
FLAGS = re.compile(r"-[bBdOqsuvx]+")


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="webui_password.py")
    parser.add_argument("--check", action="store_true")
    # Said by this program itself, when the interpreter of the command runs it.
    parser.add_argument("--inside", action="store_true")
    parser.add_argument("credentials", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(words)
    if not options.inside:
        interpreter, program = split(options.command)
        kept = ["--inside", *(["--check"] if options.check else []), str(options.credentials)]
        words = [*interpreter, str(Path(__file__).resolve()), *kept, *program]
        os.execv(words[0], words)  # noqa: S606 (there is no shell, and its words are those of the role)
    user, password = credentials_in(options.credentials)
    use_modules_of(options.command)
    protect(gradio_blocks(), user, password, closed_port())
    if not options.check:
        run(options.command)


def split(command: Sequence[str]) -> tuple[list[str], list[str]]:
    """The interpreter with its flags, and the program with its arguments."""
    found = shutil.which(command[0]) if command else None
    if not found:
        refuse(f"there is no program {command[0] if command else 'to run'} here")
    if not PYTHON.fullmatch(Path(found).name):
        return [interpreter_of(Path(found))], [found, *command[1:]]
    flags = 1
    while flags < len(command) and FLAGS.fullmatch(command[flags]):
        flags += 1
    program = list(command[flags:])
    if not program or program == ["-m"] or (program[0] != "-m" and program[0].startswith("-")):
        refuse(f"{' '.join(command)} names no file and no -m MODULE for Python to run")
    return [found, *command[1:flags]], program


def interpreter_of(script: Path) -> str:
    """The Python that the first line of a script names."""
    with script.open("rb") as stream:
        line = stream.readline(1024).decode(errors="replace")
    words = line[2:].split() if line.startswith("#!") else []
    if words and Path(words[0]).name == "env":
        del words[0]
    found = shutil.which(words[0]) if len(words) == 1 else None
    if not found or not PYTHON.fullmatch(Path(found).name):
        refuse(f"{script} is not a Python program by its first line, so that no password can be put before it")
    return found


def credentials_in(path: Path) -> tuple[str, str]:
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = json.load(stream)
        user, password = content["user"], content["password"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        # What is in the file is no part of the message.
        refuse(
            f"{path} cannot be read as user and password ({getattr(error, 'strerror', None) or type(error).__name__})"
        )
    if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
        refuse(f"{path} has to be a file of its owner alone (0600), and is {stat.filemode(mode)}")
    if not (isinstance(user, str) and isinstance(password, str) and user and password):
        refuse(f"{path} lacks a user or a password")
    return user, password


def use_modules_of(program: Sequence[str]) -> None:
    """Look for modules first where Python would, had it run the program itself."""
    if program[0] == "-m":
        first = str(Path.cwd())
    elif Path(program[0]).is_file():
        first = str(Path(program[0]).resolve().parent)
    else:
        refuse(f"there is no file {program[0]} in {Path.cwd()}")
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = first
    if program[0] == "-m" and not is_module(program[1]):
        refuse(f"{sys.executable} has no module {program[1]}")


def is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False


def gradio_blocks() -> Any:
    try:
        import gradio  # noqa: PLC0415 (only the interpreter of the command has it)

        return gradio.Blocks
    except Exception as error:
        refuse(f"Gradio, which asks for the password, cannot be imported by {sys.executable} ({error})")


def closed_port() -> Callable[[], None]:
    """Have no other way to the port than the one that is returned: the program might not use Gradio at all."""
    opened: list[bool] = []

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.bind" and not opened and isinstance(arguments[1], tuple) and arguments[1][1] == PORT:
            refuse(f"the program opens port {PORT} without Gradio, so that nothing would ask for the password", True)

    sys.addaudithook(look)
    return lambda: opened.append(True)


def protect(blocks: Any, user: str, password: str, open_port: Callable[[], None]) -> None:
    """Have every app that is launched ask for the password."""
    launch = blocks.launch
    signature = inspect.signature(launch)
    if "auth" not in signature.parameters:
        refuse("this version of Gradio has no auth in Blocks.launch")

    def is_right(given_user: str, given_password: str) -> bool:
        same_user = hmac.compare_digest(given_user.encode(), user.encode())
        return hmac.compare_digest(given_password.encode(), password.encode()) and same_user

    @functools.wraps(launch)
    def launch_with_password(*given: Any, **named: Any) -> Any:
        call = signature.bind(*given, **named)
        call.arguments["auth"] = is_right
        # It asks for no login.
        if "mcp_server" in signature.parameters:
            call.arguments["mcp_server"] = False
        open_port()
        return launch(*call.args, **call.kwargs)

    blocks.launch = launch_with_password


def run(program: Sequence[str]) -> None:
    if program[0] == "-m":
        sys.argv = list(program[1:])
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(program)
        runpy.run_path(program[0], run_name="__main__")


def refuse(why: str, at_once: bool = False) -> NoReturn:
    message = f"webui-password: {why}. The web UI was not started."
    if at_once:
        # From whatever thread.
        print(message, file=sys.stderr, flush=True)
        os._exit(1)
    sys.exit(message)


if __name__ == "__main__":
    main(sys.argv[1:])
