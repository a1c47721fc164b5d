# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role trainer_launch does on each host, by its arguments and by what was observed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError
from ansible_collections.distrain.cluster.tests.unit.support.launch_hosts import (
    NAMES,
    PROGRAMS,
    bare,
    converged,
    decide,
    host,
    state,
)


def both(seen: Any = None, **changes: Any) -> list[Any]:
    observe = seen or converged
    return [
        host(name, observe(name, **changes) if observe is converged else observe(name), **changes) for name in NAMES
    ]


def needs(made: dict[str, Any], name: str = "gpu-01") -> set[str]:
    return {need for need, wanted in made["hosts"][name]["needs"].items() if wanted}


def changed(name: str, part: str, **values: Any) -> dict[str, Any]:
    found = converged(name)
    return {**found, part: {**found[part], **values}}


def test_a_converged_host_whose_job_has_succeeded_needs_nothing() -> None:
    made = decide(*both())
    assert made["decision"] == "none" and not made["hosts"]["gpu-01"]["is_changed"]
    assert needs(made) == needs(made, "gpu-02") == set()


def test_a_bare_host_needs_everything_but_a_password() -> None:
    made = decide(*both(bare))
    assert made["decision"] == "start" and made["first"] == "gpu-01"
    assert needs(made) == {"files", "compose", "lookup"}
    assert [rank["leader"] for rank in made["ranks"]] == ["lf-gpu-01", "lf-gpu-01"]
    assert made["hosts"]["gpu-02"]["environment"]["NODE_RANK"] == "1"
    assert made["hosts"]["gpu-02"]["output_directory"] == "/srv/lf/output/sft"
    assert made["hosts"]["gpu-02"]["output_root"] == "/srv/lf/output"


def test_a_tuning_makes_no_other_job() -> None:
    plain, tuned = decide(*both()), decide(*both(), tuning={"NCCL_SOCKET_NTHREADS": "4"})
    assert tuned["hosts"]["gpu-02"]["tuning"] == {"NCCL_SOCKET_NTHREADS": "4"}
    assert plain["hosts"]["gpu-02"]["digest"] == tuned["hosts"]["gpu-02"]["digest"]


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("container", {"state": "exited"}),
        ("container", {"image_id": "sha256:2"}),
        ("container", {"created": 9.0}),
        ("container", {"on_network": False}),
        ("webui", {"state": "restarting"}),
        ("webui", {"state": "absent", "image_id": None, "created": None}),
        ("files", {"compose": {**state("0600", "sha256:d", 10.0), "text": "services: {}"}}),
        ("files", {"compose": {**converged("gpu-01")["files"]["compose"], "mode": "0644"}}),
    ],
)
def test_what_compose_has_to_make_right(part: str, values: dict[str, Any]) -> None:
    made = decide(host("gpu-01", changed("gpu-01", part, **values)), host("gpu-02", converged("gpu-02")))
    assert needs(made) == {"compose", "lookup"}
    assert needs(made, "gpu-02") == set()


def test_a_web_ui_that_is_not_wanted_any_more_is_removed() -> None:
    made = decide(*[host(name, converged(name), webui=False) for name in NAMES])
    assert needs(made) == {"compose", "lookup"} and needs(made, "gpu-02") == set()


def test_a_leader_that_is_not_found_is_looked_up_again() -> None:
    made = decide(*[host(name, {**converged(name), "leader_found": False}) for name in NAMES])
    assert needs(made) == {"lookup"}
    on_hosts = decide(*both(bare), job_network="host", addresses={"gpu-01": "10.0.0.1", "gpu-02": "10.0.0.2"})
    assert "lookup" not in needs(on_hosts) and on_hosts["ranks"][1]["leader"] == "10.0.0.1"


def test_a_program_that_was_changed_is_put_there_again() -> None:
    made = decide(*both(), programs={**PROGRAMS, "runner/run-job": "sha256:new"})
    assert needs(made) == {"files"}


PASSWORD = {"webui_password": "long enough for it"}


@pytest.mark.parametrize(
    ("written", "are_wanted", "wanted"),
    [
        (10.0, True, set()),
        (30.0, True, {"webui_password", "webui_restart"}),
        (10.0, False, {"webui_password", "webui_restart"}),
    ],
)
def test_a_web_ui_reads_its_password_when_it_starts(written: float, are_wanted: bool, wanted: set[str]) -> None:
    seen = converged("gpu-01", **PASSWORD)
    files = {
        "directory": state("0700"),
        "program": state("0644", "sha256:c", 10.0),
        "credentials": {**state("0600", None, written), "are_wanted": are_wanted},
    }
    seen["files"]["webui"] = files
    hosts = host("gpu-01", seen, **PASSWORD), host("gpu-02", converged("gpu-02", **PASSWORD), **PASSWORD)
    assert needs(decide(*hosts)) == wanted
    without = [host("gpu-01", {**converged("gpu-01"), "files": seen["files"]}), host("gpu-02", converged("gpu-02"))]
    assert "no_webui_password" in needs(decide(*without))


COPIES = [{"src": "/lab/data/", "dest": "data/"}]


@pytest.mark.parametrize(
    ("copy", "held", "there", "is_lacking"),
    [
        (COPIES[0], {"/lab/data/a.json": "4 bytes"}, {"/srv/lf/data//a.json": "4 bytes"}, False),
        (COPIES[0], {"/lab/data/a.json": "4 bytes"}, {"/srv/lf/data//a.json": "5 bytes"}, True),
        (COPIES[0], {}, {"/srv/lf/data//a.json": "5 bytes"}, True),
        ({"src": "/lab/data", "dest": "x"}, {"/lab/data/a": "4 bytes"}, {"/srv/lf/x/data/a": "4 bytes"}, False),
        ({"src": "/lab/data", "dest": "x"}, {"/lab/data/a": "4 bytes"}, {"/srv/lf/x/a": "4 bytes"}, True),
        ({"src": "/lab/one", "dest": "x"}, {"/lab/one": "4 bytes"}, {"/srv/lf/x": "4 bytes"}, False),
        ({"src": "/lab/one", "dest": "x/"}, {"/lab/one": "4 bytes"}, {"/srv/lf/x//one": "4 bytes"}, False),
    ],
)
def test_copies_that_are_there_are_left_alone(
    copy: dict[str, str], held: dict[str, str], there: dict[str, str], is_lacking: bool
) -> None:
    path = f"/srv/lf/{copy['dest']}"
    hosts = [host(name, {**converged(name), "paths": {path: there}}, copies=[copy]) for name in NAMES]
    assert ("copies" in needs(decide(*hosts, sources={copy["src"]: held}))) is is_lacking
    again = [host(name, {**converged(name), "paths": {path: there}}, copies=[copy], job_again=True) for name in NAMES]
    assert "copies" in needs(decide(*again, sources={copy["src"]: held}))


def test_what_one_host_has_comes_to_those_that_have_something_else() -> None:
    copies = {"copies": [{"src": "/srv/model", "source_host": "gpu-01"}], "volumes": ["/srv/model:/app/model:ro"]}
    paths = {"gpu-01": {"/srv/model": {"/srv/model/w": "9 bytes"}}, "gpu-02": {"/srv/model": {}}}
    made = decide(*[host(name, {**converged(name, **copies), "paths": paths[name]}, **copies) for name in NAMES])
    assert "copies" not in needs(made) and "copies" in needs(made, "gpu-02")


@pytest.mark.parametrize(("kinds", "shared"), [(["ext4", "overlay"], False), (["ext4", "nfs4"], True), ([""], True)])
def test_storage_that_several_hosts_may_have(kinds: list[str], shared: bool) -> None:
    made = decide(*[host(name, {**bare(name), "storage": kinds}) for name in NAMES])
    assert made["hosts"]["gpu-01"]["may_share_storage"] is shared


def test_a_job_that_has_succeeded_with_other_settings_is_left_alone_and_named() -> None:
    made = decide(*[host(name, converged(name), job_config={"stage": "pt"}) for name in NAMES])
    assert made["decision"] == "none" and made["hosts"]["gpu-01"]["is_changed"]
    again = decide(*[host(name, converged(name), job_again=True) for name in NAMES])
    assert again["decision"] == "start"


def test_a_job_that_runs_is_followed_and_its_container_stays() -> None:
    running = {"state": "running"}
    made = decide(*[host(name, converged(name, running)) for name in NAMES])
    assert made["decision"] == "follow" and needs(made) == set()
    with pytest.raises(PlanError, match="runs in lf-gpu-01, and what was changed since"):
        decide(*[host(name, converged(name, running), shm_size="1gb") for name in NAMES])
    other_webui = decide(*[host(name, converged(name, running), webui_port=7999) for name in NAMES])
    assert needs(other_webui) == {"compose", "lookup"}
    with pytest.raises(PlanError, match="runs already on gpu-01, gpu-02, and with other settings"):
        decide(*[host(name, converged(name, running), job_config={"stage": "pt"}) for name in NAMES])


def test_without_a_job_the_trainer_alone_is_started() -> None:
    made = decide(*[host(name, bare(name), job_config={}) for name in NAMES])
    assert (made["has_job"], made["decision"]) == (False, "none")
    assert "command" not in made["hosts"]["gpu-01"] and needs(made) == {"files", "compose", "lookup"}


def test_an_elastic_job_counts_no_samples_and_needs_some_hosts() -> None:
    elastic = {"launcher": "torchrun_elastic", "job_samples_per_step": 8}
    made = decide(*[host(name, bare(name), **elastic) for name in NAMES])
    assert made["min_hosts"] == 1 and made["hosts"]["gpu-01"]["samples_per_step"] == 0


def test_nothing_secret_is_part_of_the_decision() -> None:
    secret = {"job_secrets": {"HF_TOKEN": "hf_hidden"}, "webui_password": "hidden password"}
    assert "hidden" not in str(decide(*[host(name, bare(name), **secret) for name in NAMES]))
