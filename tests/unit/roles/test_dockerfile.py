# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Dockerfile as it is rendered, from the role's defaults, the lab's variables, and awkward values."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.plugins.filter.core import regex_replace
from ansible_collections.distrain.cluster.plugins.filter.dockerfile_value import dockerfile_value
from ansible_collections.distrain.cluster.plugins.filter.exec_form import exec_form
from ansible_collections.distrain.cluster.plugins.filter.last_lines import last_lines
from ansible_collections.distrain.cluster.plugins.filter.pip_configuration import pip_configuration
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

DEFAULTS = yaml.safe_load((ROOT / "roles/image_build/defaults/main.yml").read_text())
VARS = yaml.safe_load((ROOT / "roles/image_build/vars/main.yml").read_text())
LAB = yaml.safe_load((ROOT / "inventories/lab/group_vars/all/image_build.yml").read_text())


def unique(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def render(**changes: Any) -> str:
    computed = {"image_build_apt_mirrors": "", "image_build_git_mirror": "", "image_build_pip_index_url": ""}
    values = {**DEFAULTS, **computed, **{f"image_build_{name}": value for name, value in changes.items()}}
    values["image_build_arguments"] = {name.removeprefix("image_build_"): one for name, one in values.items()}
    root = values["image_build_apt_mirrors"]
    values["__image_build_apt_rules"] = [re.sub(r"{{.*?}}", root, word) for word in VARS["__image_build_apt_rules"]]
    values["__image_build_in_git"] = bool(values["image_build_git_repository"])
    values["__image_build_pip_configuration"] = pip_configuration(
        values["image_build_pip_index_url"],
        values["image_build_pip_extra_index_urls"],
        values["image_build_pip_trusted_hosts"],
    )
    # As Ansible's template plugins set it up.
    environment = jinja2.Environment(
        trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined, autoescape=False
    )
    environment.filters |= {
        "distrain.cluster.dockerfile_value": dockerfile_value,
        "distrain.cluster.exec_form": exec_form,
        "quote": shlex.quote,
        "ternary": lambda condition, yes, no: yes if condition else no,
        "unique": unique,
        "bool": bool,
    }
    template = (ROOT / "roles/image_build/templates/Dockerfile.j2").read_text()
    return environment.from_string(template).render(values)


def lab() -> str:
    return render(**{name.removeprefix("image_build_"): value for name, value in LAB.items()})


def commands(dockerfile: str) -> list[list[str]]:
    """The words of each RUN in exec form."""
    found = re.findall(r"^RUN (?:--mount=\S+ )*(\[.*\])$", dockerfile, re.MULTILINE)
    return [json.loads(one) for one in found]


def test_the_defaults_are_the_original_recipe() -> None:
    dockerfile = render()
    assert "FROM nvcr.io/nvidia/pytorch:24.01-py3\n" in dockerfile
    for package in ("git", "build-essential", "pdsh", "openssh-server", "iputils-ping", "locales"):
        assert f"      {package} \\\n" in dockerfile
    assert " && rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub \\\n" in dockerfile
    assert 'ENV LANG="en_US.UTF-8" LC_ALL="en_US.UTF-8" TZ="UTC"\n' in dockerfile
    assert "COPY project/ /app/\nWORKDIR /app\n" in dockerfile
    assert commands(dockerfile) == [
        ["localedef", "--inputfile", "en_US", "--charmap", "UTF-8", "en_US.UTF-8"],
        ["python3", "-m", "pip", "install", "--no-cache-dir", "--editable", ".[deepspeed,metrics,bitsandbytes,qwen]"],
    ]


def test_the_lab_builds_without_a_network() -> None:
    dockerfile = lab()
    assert "FROM distrain-lab/trainer-base:bookworm\n" in dockerfile
    assert "apt-get" not in dockerfile
    assert "COPY project" not in dockerfile
    assert "ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH\n" in dockerfile
    assert "RUN --mount=type=bind,source=wheels,target=/run/build/wheels " in dockerfile
    venv, install, *rest = commands(dockerfile)
    assert venv == ["python3", "-m", "venv", "/opt/venv"]
    assert install[5:8] == ["--no-index", "--find-links", "/run/build/wheels"]
    assert install[-2:] == ["--requirement", "/run/build/requirements.txt"]
    assert [command[:2] for command in rest] == [["python3", "-c"]]


def test_a_project_of_scripts_alone_is_only_copied() -> None:
    dockerfile = render(git_install=False, pip_requirements=["deepspeed==0.12.5"])
    assert "COPY project/ /app/\nWORKDIR /app\n" in dockerfile
    assert "--editable" not in dockerfile


def test_the_index_stays_out_of_the_image() -> None:
    dockerfile = render(pip_index_url="https://me:secret@pypi.example.org/simple")
    assert "pypi.example.org" not in dockerfile
    assert "RUN --mount=type=secret,id=pip,required=true " in dockerfile
    assert commands(dockerfile)[-1][:2] == ["env", "PIP_CONFIG_FILE=/run/secrets/pip"]


@pytest.mark.parametrize(
    ("source", "rewritten"),
    [
        ("deb http://archive.ubuntu.com/ubuntu/ jammy main", "deb https://m.example.org/u jammy main"),
        ("deb http://de.archive.ubuntu.com/ubuntu jammy main", "deb https://m.example.org/u jammy main"),
        (
            "deb http://security.ubuntu.com/ubuntu jammy-security main",
            "deb https://m.example.org/u jammy-security main",
        ),
        ("URIs: http://deb.debian.org/debian", "URIs: https://m.example.org/u"),
        ("URIs: http://deb.debian.org/debian-security", "URIs: http://deb.debian.org/debian-security"),
        ("deb https://developer.download.nvidia.com/x /", "deb https://developer.download.nvidia.com/x /"),
    ],
)
def test_the_mirror_of_system_packages(source: str, rewritten: str) -> None:
    expression = next(
        word for word in commands(render(apt_mirror="https://m.example.org/u"))[0] if word.startswith("s#")
    )
    pattern, replacement = expression.split("#")[1:3]
    replacement = re.sub(r"\\(\d)", r"\\g<\1>", replacement)
    pattern = pattern.replace("[[:space:]]", r"\s")
    assert re.sub(pattern, lambda match: match.expand(replacement.replace(r"\g<5>", match.group(5) or "")), source) == (
        rewritten
    )


OF_ALL = "http://m.example.org"
UBUNTU_SOURCES = """\
Types: deb
URIs: http://archive.ubuntu.com/ubuntu/
Suites: noble noble-updates
URIs: http://security.ubuntu.com/ubuntu/
"""


@pytest.mark.parametrize(
    ("source", "rewritten"),
    [
        ("deb http://archive.ubuntu.com/ubuntu/ jammy main", f"deb {OF_ALL}/ubuntu jammy main"),
        ("deb http://de.archive.ubuntu.com/ubuntu jammy main", f"deb {OF_ALL}/ubuntu jammy main"),
        ("deb [arch=amd64] http://security.ubuntu.com/ubuntu x main", f"deb [arch=amd64] {OF_ALL}/ubuntu x main"),
        ("deb http://ports.ubuntu.com/ubuntu-ports/ jammy main", f"deb {OF_ALL}/ubuntu-ports jammy main"),
        ("deb http://ports.ubuntu.com/ jammy main", f"deb {OF_ALL}/ubuntu-ports jammy main"),
        ("deb http://deb.debian.org/debian bookworm main", f"deb {OF_ALL}/debian bookworm main"),
        ("deb http://ftp.de.debian.org/debian/ bookworm main", f"deb {OF_ALL}/debian bookworm main"),
        ("deb http://security.debian.org/debian-security b main", f"deb {OF_ALL}/debian-security b main"),
        ("URIs: http://deb.debian.org/debian", f"URIs: {OF_ALL}/debian"),
        ("URIs: http://deb.debian.org/debian-security", f"URIs: {OF_ALL}/debian-security"),
        (
            UBUNTU_SOURCES,
            f"Types: deb\nURIs: {OF_ALL}/ubuntu\nSuites: noble noble-updates\nURIs: {OF_ALL}/ubuntu\n",
        ),
        ("deb https://developer.download.nvidia.com/x /", "deb https://developer.download.nvidia.com/x /"),
        ("deb https://example.org/debian x main", "deb https://example.org/debian x main"),
    ],
)
def test_the_mirrors_of_each_distribution(source: str, rewritten: str, tmp_path: Path) -> None:
    """As sed itself carries them out, on either format of apt's sources."""
    command = commands(render(apt_mirrors=OF_ALL))[0]
    sources = tmp_path / "a.list"
    sources.write_text(source)
    sed = command[command.index("sed") : command.index("{}")]
    subprocess.run([*sed, str(sources)], check=True)
    assert sources.read_text() == rewritten


def test_one_mirror_wins_over_that_of_all() -> None:
    dockerfile = render(apt_mirror="https://one.example.org/u", apt_mirrors=OF_ALL)
    assert "one.example.org" in dockerfile
    assert OF_ALL not in dockerfile


def test_values_are_never_read_by_a_shell() -> None:
    awkward = 'a "b" $(reboot) \\ `x` ; & é'
    dockerfile = render(
        extra_commands=[["echo", awkward, 5]],
        environment={"A": awkward},
        labels={"a b": awkward},
        files=[{"src": "x", "dest": "/etc/x"}, {"src": "y", "dest": "/etc/y", "mode": "0755"}],
        timezone="Europe/Vienna",
        imports=["torch", "tuner.run"],
    )
    assert ["echo", awkward, "5"] in commands(dockerfile)
    assert 'ENV A="a \\"b\\" \\$(reboot) \\\\ `x` ; & é"\n' in dockerfile
    assert 'LABEL "a b"="a \\"b\\" \\$(reboot) \\\\ `x` ; & é"\n' in dockerfile
    assert 'COPY --chmod=0644 ["files/1", "/etc/x"]\nCOPY --chmod=0755 ["files/2", "/etc/y"]\n' in dockerfile
    assert "      tzdata \\\n" in dockerfile
    assert ["ln", "-snf", "/usr/share/zoneinfo/Europe/Vienna", "/etc/localtime"] in commands(dockerfile)
    assert commands(dockerfile)[-1] == ["python3", "-c", "import torch, tuner.run"]


def test_a_project_without_extras() -> None:
    assert commands(render(extras=[]))[-1][-1] == "."


@pytest.mark.parametrize("argv", ["echo", [], None])
def test_exec_form_refuses_what_is_no_list(argv: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="should be a list of words"):
        exec_form(argv)


def test_a_value_of_several_lines_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="has to be one line"):
        dockerfile_value("a\nb")


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [("a\n\nb\nc \n", 2, "b\nc"), ("a", 5, "a"), ("", 5, ""), (None, 5, "")],
)
def test_last_lines(text: str | None, count: int, expected: str) -> None:
    assert last_lines(text, count) == expected


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("distrain/llama-factory:e3d8fc7", "distrain_llama-factory_e3d8fc7"),
        ("registry.example.org:5000/a/b:1.0", "registry.example.org_5000_a_b_1.0"),
        ("../x:1", "x_1"),
    ],
)
def test_the_directory_of_an_image_lies_below_that_of_all_builds(name: str, slug: str) -> None:
    environment = jinja2.Environment(autoescape=False)
    environment.filters["regex_replace"] = regex_replace
    directory = environment.from_string(DEFAULTS["image_build_directory"]).render(image_build_name=name)
    assert directory == f"/var/lib/distrain/build/{slug}"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("",), ""),
        (("https://a/simple",), "[global]\nindex-url = https://a/simple\n"),
        (
            ("", ["https://b", "https://c"], ["b"]),
            "[global]\nextra-index-url = https://b\n    https://c\ntrusted-host = b\n",
        ),
    ],
)
def test_pip_configuration(arguments: tuple[Any, ...], text: str) -> None:
    assert pip_configuration(*arguments) == text
