# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever a pure parser is given, it returns a value or raises an error of ours."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base import durations, printable
from ansible_collections.distrain.cluster.plugins.module_utils.base import subnets as network_subnets
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.causes import error_line
from ansible_collections.distrain.cluster.plugins.module_utils.causes import exceptions as exception_plan
from ansible_collections.distrain.cluster.plugins.module_utils.causes import exits as exit_plan
from ansible_collections.distrain.cluster.plugins.module_utils.engine import stream as engine_stream
from ansible_collections.distrain.cluster.plugins.module_utils.follow import stacks as stack_plan
from ansible_collections.distrain.cluster.plugins.module_utils.gpu_health import presence as gpu_presence
from ansible_collections.distrain.cluster.plugins.module_utils.host import addresses as host_addresses
from ansible_collections.distrain.cluster.plugins.module_utils.host import engine as host_engine
from ansible_collections.distrain.cluster.plugins.module_utils.host import ports as host_ports
from ansible_collections.distrain.cluster.plugins.module_utils.image import identity as image_identity
from ansible_collections.distrain.cluster.plugins.module_utils.image import name as image_name
from ansible_collections.distrain.cluster.plugins.module_utils.job import record_file as job_record_file
from ansible_collections.distrain.cluster.plugins.module_utils.overlay import interface as overlay_interface
from ansible_collections.distrain.cluster.plugins.module_utils.probe import dns as dns_message
from ansible_collections.distrain.cluster.plugins.module_utils.probe import message as probe_message
from ansible_collections.distrain.cluster.plugins.module_utils.progress import lines as printed_lines
from ansible_collections.distrain.cluster.plugins.module_utils.progress import printed as printed_progress
from ansible_collections.distrain.cluster.plugins.module_utils.progress import reading as progress
from ansible_collections.distrain.cluster.plugins.module_utils.progress import steps as logged_steps
from ansible_collections.distrain.cluster.plugins.module_utils.registry import errors as registry_words
from ansible_collections.distrain.cluster.plugins.module_utils.registry import name as registry_name
from ansible_collections.distrain.cluster.plugins.module_utils.swarm import addresses as relay_address
from ansible_collections.distrain.cluster.plugins.module_utils.swarm import messages as swarm_words
from ansible_collections.distrain.cluster.plugins.plugin_utils.apt import openpgp
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(max_size=200)
LINES = st.lists(st.text(max_size=80), max_size=8)
BYTES = st.binary(max_size=200)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ENTRY = {"current_steps": JSON, "total_steps": JSON, "loss": JSON, "elapsed_time": JSON, "remaining_time": JSON}
LOG_LINES = st.lists(st.fixed_dictionaries({}, optional=ENTRY).map(json.dumps) | st.text(max_size=40), max_size=6)
RECORD = st.fixed_dictionaries({}, optional={"attempt": JSON, "started": JSON, "rank": JSON, "name": JSON})

PARSERS: dict[str, tuple[Callable[..., Any], tuple[st.SearchStrategy[Any], ...]]] = {
    "dns answer": (dns_message.address_in, (BYTES, st.integers(0, 65535))),
    "dns question": (dns_message.question_for, (TEXT, st.integers(0, 65535))),
    "probe message": (probe_message.decode, (TEXT, BYTES)),
    "openpgp": (openpgp.fingerprints, (BYTES,)),
    "fib trie": (host_addresses.parse_fib_trie, (LINES,)),
    "if_inet6": (host_addresses.parse_if_inet6, (LINES,)),
    "listening ports": (host_ports.parse_listening_ports, (LINES,)),
    "route table": (overlay_interface.interface_of, (st.just("10.0.0.2"), TEXT)),
    "registry host": (registry_name.host_of_registry, (TEXT,)),
    "registry error": (registry_words.explained, (TEXT, TEXT, TEXT)),
    "load answer": (lambda body: engine_stream.loaded(engine_stream.messages_in(body)), (BYTES,)),
    "image name": (image_name.with_tag, (TEXT,)),
    "image config": (image_identity.identity_of_config, (BYTES | JSON.map(lambda one: json.dumps(one).encode()),)),
    "relay addresses": (relay_address.relay_addresses, (st.dictionaries(TEXT, JSON, max_size=3),)),
    "error line": (error_line.error_line, (LINES,)),
    "ending": (error_line.read_ending, (LINES,)),
    "exceptions": (exception_plan.raised, (LINES,)),
    "line prefix": (exception_plan.split_prefix, (TEXT,)),
    "first child": (exit_plan.first_child, (LINES,)),
    "printed signal": (exit_plan.printed_signal, (LINES,)),
    "signal of code": (exit_plan.signal_of_code, (st.none() | st.integers(),)),
    "printed lines": (printed_lines.read_lines, (TEXT,)),
    "printed progress": (printed_progress.read_printed, (TEXT, TEXT)),
    "trainer log": (progress.read_progress, (LOG_LINES, LOG_LINES)),
    "last lines": (progress.last_lines, (TEXT, st.integers(-3, 50))),
    "duration": (durations.seconds_of, (JSON | st.from_regex(r"[0-9dhms:. ]{0,20}"),)),
    "number": (logged_steps.number_of, (JSON,)),
    "without nan": (logged_steps.without_nan, (JSON,)),
    "job record": (lambda text: job_record_file.parse_record(text, Path("job.json")), (TEXT | RECORD.map(json.dumps),)),
    "stack": (stack_plan.main_frames, (TEXT,)),
    "join error": (swarm_words.explain_join_error, (TEXT, LINES)),
    "subnet": (network_subnets.subnet_of, (st.just("setting"), JSON)),
    "pools": (
        network_subnets.refuse_pools,
        (st.just("setting"), st.lists(JSON, max_size=3), st.just("size"), st.none() | st.integers(0, 40)),
    ),
    "printable": (printable.printable, (TEXT,)),
    "daemon.json": (host_engine.parse_configuration, (BYTES | JSON.map(lambda one: json.dumps(one).encode()),)),
    "journal": (host_engine.journal_reason, (TEXT,)),
    "broken GPUs": (gpu_presence.broken_gpus, (TEXT,)),
}


# What these raise by their documentation; their callers say of which file it is.
RAISES_VALUE_ERROR = {"openpgp", "image config"}


@pytest.mark.parametrize("name", PARSERS)
def test_a_value_or_an_error_of_ours(name: str) -> None:
    parse, strategies = PARSERS[name]

    @given(st.tuples(*strategies))
    def anything(arguments: tuple[Any, ...]) -> None:
        documented = (ValueError,) if name in RAISES_VALUE_ERROR else ()
        with contextlib.suppress(ClusterError, *documented):
            parse(*arguments)

    anything()
