# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of an engine on its host: its configuration, journal, plugins of the docker command, and disks.

The functions that take text are pure; the ones that take paths can be pointed at another root in tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..base.command import command_output
from .facts import free_space

CONFIGURATION = "/etc/docker/daemon.json"
CONTAINERD_CONFIGURATION = "/etc/containerd/config.toml"
DEFAULT_ROOT = "/var/lib/docker"
DEFAULT_CONTAINERD_ROOT = "/var/lib/containerd"
PLUGIN_NAMES = ("buildx", "compose")
PLUGIN_DIRECTORIES = (
    *("/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins"),
    *("/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins", "/root/.docker/cli-plugins"),
)
JOURNAL_LINES = 60
SHOWN_LINES = 2
LONGEST_LINE = 300

_OF_SYSTEMD = re.compile(
    r"^(docker\.(service|socket): |(Start|Stopp|Reload)(ing|ed) |Failed to start |Dependency failed)"
)
_SERIOUS = re.compile(r"level=(fatal|panic)|^(unable to |failed to start daemon|panic: |fatal error: )|flag provided")
_ERROR = re.compile(r"level=error|\berror\b|\bfailed\b|invalid", re.IGNORECASE)
_LOGGED = re.compile(r'^time="[^"]*" level=\w+ msg="(?P<said>(?:[^"\\]|\\.)*)"(?P<more>.*)$')
_CONTAINERD_ROOT = re.compile(r"""^\s*root\s*=\s*["']([^"']+)["']""", re.MULTILINE)


def parse_configuration(content: bytes) -> tuple[Mapping[str, Any], str]:
    """The options of a daemon.json, and why it is none, with line and column; one of the two is empty."""
    try:
        text = content.decode("utf-8")
        options = json.loads(text, parse_constant=_refuse_constant) if text.strip() else {}
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        return {}, f"it is not JSON: no UTF-8 at line {line}, column {column}"
    except json.JSONDecodeError as error:
        return {}, f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        return {}, "it is not JSON that an engine reads: it is nested too deeply"
    except ValueError as error:
        return {}, f"it is not JSON: {error}"
    if not isinstance(options, dict):
        return {}, f"it holds no JSON object, but {_kind(options)} (line 1, column 1)"
    return options, ""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _kind(value: Any) -> str:
    kinds = {list: "a list", str: "a string", bool: "a truth value", int: "a number", float: "a number"}
    return kinds.get(type(value), "null")


def observe_configuration(path: str = CONFIGURATION) -> dict[str, Any]:
    """The path of the file, its problem, and its settings of disks; no other of its contents."""
    try:
        options, problem = parse_configuration(Path(path).read_bytes())
    except FileNotFoundError:
        options, problem = {}, ""
    except OSError as error:
        options, problem = {}, f"it cannot be read: {error.strerror}"
    return {"path": path, "problem": problem, **disk_options(options)}


def disk_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """``data_root`` (empty where not set) and ``containerd_image_store`` (None where not set) of a configuration."""
    features = options.get("features")
    store = features.get("containerd-snapshotter") if isinstance(features, Mapping) else None
    return {
        "data_root": str(options.get("data-root") or options.get("graph") or ""),
        "containerd_image_store": None if store is None else bool(store),
    }


def journal_reason(journal: str) -> str:
    """The lines of the engine's journal that say why it ended, the last of them last; empty where there is none."""
    lines = [line for line in (_printable(one) for one in journal.splitlines()) if line]
    own = [line for line in lines if not _OF_SYSTEMD.match(line)]
    for candidates in (
        [one for one in own if _SERIOUS.search(one)],
        [one for one in own if _ERROR.search(one)],
        own,
        lines,
    ):
        if candidates:
            found = list(dict.fromkeys(map(_without_frame, candidates)))
            return " / ".join(found[-SHOWN_LINES:])
    return ""


def _printable(line: str) -> str:
    return "".join(one for one in line.strip() if one.isprintable())


def _without_frame(line: str) -> str:
    logged = _LOGGED.match(line)
    text = logged["said"].replace('\\"', '"') + logged["more"] if logged else line
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 3] + "..."


def observe_silence() -> dict[str, str]:
    """Why an installed engine does not answer: the state of its unit, and a line of its journal."""
    state = command_output("systemctl", "show", "--property=ActiveState", "--value", "docker.service")
    # What an engine said that somebody has stopped is no reason.
    stopped = state == "inactive"
    lines = ("--lines", str(JOURNAL_LINES), "--output", "cat", "--no-pager", "--quiet")
    journal = "" if stopped else command_output("journalctl", "--unit", "docker.service", *lines)
    return {"unit_state": state, "journal": journal_reason(journal)}


def cli_plugins(directories: tuple[str, ...] = PLUGIN_DIRECTORIES) -> list[str]:
    """Which of the plugins that this collection needs the docker command has."""
    return [name for name in PLUGIN_NAMES if any(Path(one, f"docker-{name}").exists() for one in directories)]


def containerd_root(configuration: Path = Path(CONTAINERD_CONFIGURATION)) -> str:
    """Where containerd keeps images; its own default where its configuration does not say."""
    try:
        text = configuration.read_text(errors="replace")
    except OSError:
        return DEFAULT_CONTAINERD_ROOT
    # Its keys stand before the first table.
    found = _CONTAINERD_ROOT.search(re.split(r"^\s*\[", text, maxsplit=1, flags=re.MULTILINE)[0])
    return found[1] if found else DEFAULT_CONTAINERD_ROOT


def data_root(wanted: Mapping[str, Any], configuration: Mapping[str, Any], running: str) -> tuple[str, str]:
    """Where the engine will keep its data, and the source: the options to come, its file, or the running engine."""
    choices = (
        (disk_options(wanted)["data_root"], "docker_daemon_options"),
        (configuration["data_root"], configuration["path"]),
        (running, "the engine that runs"),
        (DEFAULT_ROOT, "the engine's default"),
    )
    return next((path, source) for path, source in choices if path)


def engine_disks(wanted: Mapping[str, Any], engine: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The space where the engine will keep its data, and where containerd keeps images."""
    path, source = data_root(wanted, engine["configuration"], engine.get("root_directory") or "")
    yield {"of": "engine", "source": source, **free_space(path)}
    root = containerd_root()
    source = CONTAINERD_CONFIGURATION if root != DEFAULT_CONTAINERD_ROOT else "containerd's default"
    yield {"of": "containerd", "source": source, **free_space(root)}


def observe_installation(engine: Mapping[str, Any]) -> dict[str, Any]:
    """The facts about the installation of an engine."""
    is_silent = engine["installed"] and not engine["version"]
    return {
        "configuration": observe_configuration(),
        "cli_plugins": cli_plugins(),
        **(observe_silence() if is_silent else {"unit_state": "", "journal": ""}),
    }
