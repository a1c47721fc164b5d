# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which mirrors are asked, and what is said of their answers."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.distrain.cluster.plugins.filter.mirror import mirror
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.plugins.plugin_utils.mirrors.findings import mirror_findings
from ansible_collections.distrain.cluster.plugins.plugin_utils.mirrors.presets import (
    NAMES,
    NONE,
    PRESETS,
    mirror_addresses,
)
from ansible_collections.distrain.cluster.plugins.plugin_utils.mirrors.wanted import Wanted, of_controller, of_host
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

DOCKER = "https://download.docker.com/linux"
OWN = "https://m.example.org"
FINGERPRINT = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"
KEY_FILE = ROOT / "tests/unit/plugins/plugin_utils/apt/test_openpgp.py"
KEY = KEY_FILE.read_text().partition('b"""')[2].partition('"""')[0]
TRAINER = {"containers": {"t": {"labels": {"io.distrain.trainer": "t"}}}}


def test_without_a_mirror_everything_is_the_original() -> None:
    assert set(mirror_addresses(NONE).values()) == {""}
    assert mirror("none", "docker", DOCKER) == DOCKER


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_addresses_that_may_be_given(preset: str) -> None:
    assert mirror_addresses({"preset": preset, **PRESETS[preset]}) == mirror_addresses(preset)
    assert set(PRESETS[preset]) <= set(NAMES)


@pytest.mark.parametrize(
    ("mirrors", "name", "expected"),
    [
        ("tuna", "docker", "https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux"),
        ("aliyun", "apt", "http://mirrors.aliyun.com"),
        ("aliyun", "git", "otherwise"),
        ({"preset": "tuna", "docker": f"{OWN}/d/"}, "docker", f"{OWN}/d"),
        ({"preset": "tuna", "docker": f"{OWN}/d/"}, "pip", "https://pypi.tuna.tsinghua.edu.cn/simple"),
        ({"preset": "tuna", "huggingface": ""}, "huggingface", "otherwise"),
        ({"pip": f"{OWN}/pypi"}, "docker", "otherwise"),
        ({}, "docker", "otherwise"),
    ],
)
def test_each_address_can_be_given(mirrors: Any, name: str, expected: str) -> None:
    assert mirror(mirrors, name, "otherwise") == expected


@pytest.mark.parametrize(
    ("mirrors", "words"),
    [
        ("ustc", "names the preset 'ustc', and there are none, aliyun, tuna"),
        ({"preset": "x"}, "names the preset 'x'"),
        ({"dokcer": OWN}, "has dokcer, and can have preset, apt, docker"),
        ({"pip": "https://me:secret@m.example.org"}, "mirrors.pip is not an address .* without a password"),
        ({"pip": 5}, "mirrors.pip is not an address"),
        ([], "Set it to none, aliyun, tuna, or to a mapping"),
        (None, "Set it to none"),
    ],
)
def test_what_cannot_be_is_refused_without_a_password_in_the_message(mirrors: Any, words: str) -> None:
    with pytest.raises(PlanError, match=words) as refused:
        mirror_addresses(mirrors)
    assert "secret" not in refused.value.message
    with pytest.raises(AnsibleFilterError):
        mirror(mirrors, "pip")


def arguments(**changes: Any) -> dict[str, Any]:
    given = {
        "mirrors": mirror_addresses(NONE),
        "docker_source": "docker",
        "docker_repository_url": f"{OWN}/docker",
        "docker_repository_key": f"{OWN}/docker/debian/gpg",
        "docker_repository_key_fingerprint": FINGERPRINT,
        "nvidia_toolkit_repository": f"{OWN}/nvidia/stable/deb",
        "nvidia_toolkit_repository_key": f"{OWN}/nvidia/gpgkey",
        "nvidia_toolkit_repository_key_fingerprint": "C95B",
        "nvidia_toolkit_version": "1.18.1-1",
        "package_versions": {},
        "gpu_present": "auto",
    }
    return {**given, **changes}


def facts(**changes: Any) -> dict[str, Any]:
    distribution = {"id": "debian", "codename": "trixie"}
    return {"distribution": distribution, "architecture": "arm64", "gpus": [], "engine": {}, "programs": {}, **changes}


GPUS = [{"pci_address": "0000:17:00.0"}]
TUNA = mirror_addresses("tuna")


@pytest.mark.parametrize(
    ("given", "found", "is_builder", "expected"),
    [
        pytest.param({}, {}, False, {f"{OWN}/docker/debian/dists/trixie/InRelease"}, id="docker"),
        pytest.param({"docker_source": "distribution"}, {}, False, set(), id="the distribution's engine"),
        pytest.param({"docker_repository_url": ""}, {"gpus": []}, True, set(), id="no mirror"),
        pytest.param(
            {"docker_repository_url": ""},
            {"gpus": GPUS},
            False,
            {f"{OWN}/nvidia/stable/deb/arm64/InRelease"},
            id="GPUs",
        ),
        pytest.param(
            {"docker_repository_url": "", "nvidia_toolkit_repository": "/stable/deb"}, {"gpus": GPUS}, False, set()
        ),
        pytest.param(
            {"docker_source": "distribution", "mirrors": TUNA},
            {},
            True,
            {
                "http://mirrors.tuna.tsinghua.edu.cn/debian/dists/stable/InRelease",
                "http://mirrors.tuna.tsinghua.edu.cn/ubuntu/dists/noble/InRelease",
                "https://pypi.tuna.tsinghua.edu.cn/simple/pip/",
                "https://hf-mirror.com/",
            },
            id="the builder",
        ),
        pytest.param(
            {"docker_source": "distribution", "mirrors": TUNA}, {}, False, {"https://hf-mirror.com/"}, id="another host"
        ),
    ],
)
def test_a_host_asks_the_mirrors_that_it_will_use(
    given: dict[str, Any], found: dict[str, Any], is_builder: bool, expected: set[str]
) -> None:
    assert {one.url for one in of_host(arguments(**given), facts(**found), is_builder)} == expected


def test_the_mirror_is_to_be_corrected_where_the_address_is_its() -> None:
    given = arguments(mirrors={**TUNA, "docker": OWN})
    assert [one.variable for one in of_host(given, facts(gpus=GPUS), False)][:2] == [
        "mirrors.docker",
        "nvidia_toolkit_repository",
    ]


@pytest.mark.parametrize(
    ("found", "name", "expected"),
    [
        ({}, "docker", True),
        ({"engine": {"installed": True}}, "docker", False),
        ({"gpus": GPUS}, "nvidia", True),
        ({"gpus": GPUS, "programs": {"/usr/bin/nvidia-ctk": True}}, "nvidia", False),
        ({}, "huggingface", True),
        ({"engine": TRAINER}, "huggingface", False),
    ],
)
def test_a_mirror_is_needed_while_there_is_something_to_download(
    found: dict[str, Any], name: str, expected: bool
) -> None:
    (one,) = [one for one in of_host(arguments(mirrors=TUNA), facts(**found), False) if one.name == name]
    assert one.is_needed is expected


def test_the_controller_reads_the_keys_and_the_index_of_pip() -> None:
    found = list(of_controller(arguments(mirrors=TUNA), {"a": facts(gpus=GPUS), "b": facts()}))
    assert [one.name for one in found] == ["docker key", "nvidia key", "pip"]
    assert not list(of_controller(arguments(docker_repository_key="/srv/docker.asc"), {"a": facts()}))


def answer(**changes: Any) -> dict[str, Any]:
    fields = {"Date": "Mon, 01 Dec 2025 10:00:00 UTC"}
    good = {"status": 200, "said": "OK", "seconds": 0.24, "begins": "-----", "fields": fields}
    return {**good, "is_expired": False, "missing": {}, "text": "", **changes}


APT = Wanted("docker", "apt", f"{OWN}/InRelease", "docker_repository_url", packages={"docker-ce": "5:28.*"})
PIP = Wanted("pip", "page", f"{OWN}/pip/", "mirrors.pip", is_needed=False)
SIGNING = Wanted("docker key", "key", f"{OWN}/gpg", "docker_repository_key", fingerprint=FINGERPRINT)
REGISTRY = Wanted("registry", "page", f"{OWN}/v2/", "mirrors.registry")
OLD = {"missing": {"docker-ce": "5:27.1"}}
UNTIL = {"is_expired": True, "fields": {"Date": "D", "Valid-Until": "U"}}


@pytest.mark.parametrize(
    ("wanted", "given", "severity", "words"),
    [
        (
            APT,
            {"status": None, "said": "nothing came", "seconds": 10.0},
            "error",
            "does not answer: nothing came, after 10 s",
        ),
        (APT, {"status": 404, "said": "Not Found"}, "error", "InRelease answers 404 Not Found, after less than 1 s"),
        (APT, {"fields": {}, "begins": "<html>"}, "error", "what is no index of apt; it begins: <html>"),
        (APT, UNTIL, "error", "an index of D that was valid until U"),
        (
            APT,
            OLD,
            "error",
            "an index of Mon, 01 Dec 2025 10:00:00 UTC that does not have docker-ce 5:28.* (its newest is 5:27.1)",
        ),
        (PIP, {"status": 503, "said": "Busy"}, "warning", "answers 503 Busy"),
        (SIGNING, {"text": "nonsense"}, "error", "what is no usable key"),
        (
            SIGNING,
            {"text": KEY},
            "error",
            "serves, after less than 1 s, the key 691F9CB0865AF792E69DFBCBF379BC52BEEB6F7C, and docker",
        ),
        (REGISTRY, {"status": 404, "said": "Not Found"}, "error", "the mirror registry"),
    ],
)
def test_an_answer_that_is_not_what_is_wanted(wanted: Wanted, given: dict[str, Any], severity: str, words: str) -> None:
    (found,) = mirror_findings("gpu-01", [wanted], [answer(**given)])
    assert (found.host, found.severity, found.subject) == ("gpu-01", severity, wanted.variable)
    assert words in found.found
    assert found.remedy


@pytest.mark.parametrize(("wanted", "given"), [(APT, {}), (PIP, {}), (REGISTRY, {"status": 401, "said": "Who?"})])
def test_an_answer_that_is_well(wanted: Wanted, given: dict[str, Any]) -> None:
    assert not list(mirror_findings("gpu-01", [wanted], [answer(**given)]))


def test_of_two_distributions_one_is_enough() -> None:
    two = [Wanted("apt", "apt", f"{OWN}/{name}", "mirrors.apt") for name in ("debian", "ubuntu")]
    missing = answer(status=404, said="Not Found")
    assert not list(mirror_findings("a", two, [missing, answer()]))
    assert len(list(mirror_findings("a", two, [missing, missing]))) == 1


def test_the_preflight_looks_for_what_the_roles_would_install() -> None:
    """Its variables repeat the defaults of those roles."""

    def defaults(role: str) -> dict[str, Any]:
        return dict(yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text()))

    preflight = defaults("preflight")
    names = (
        ("docker", "docker_repository_key_fingerprint"),
        ("nvidia_toolkit", "nvidia_toolkit_repository_key_fingerprint"),
        ("nvidia_toolkit", "nvidia_toolkit_version"),
    )
    for role, name in names:
        assert f"default('{defaults(role)[name]}')" in preflight[f"preflight_{name}"]
