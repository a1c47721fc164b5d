# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import dataclasses
import datetime
import socket
import ssl
import threading

import pytest
from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.relay.client import Peer
from ansible_collections.distrain.cluster.plugins.module_utils.relay.frames import FrameReader, Request, send_request
from ansible_collections.distrain.cluster.plugins.module_utils.relay.items import ItemRanges
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import RunKeys, client_context, server_context
from ansible_collections.distrain.cluster.plugins.plugin_utils.delivery.keys import RunAuthority
from ansible_collections.distrain.cluster.tests.unit.support.relay_hosts import Host, start_source
from cryptography import x509
from cryptography.x509.oid import ExtensionOID


def certificate_of(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def shake(server: RunKeys, client: RunKeys, expected: str) -> bytes:
    """What comes through after a handshake between two hosts."""
    here, there = socket.socketpair()

    def serve() -> None:
        try:
            with server_context(server).wrap_socket(there, server_side=True) as stream:
                stream.sendall(b"hello")
        except OSError:
            there.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client_context(client).wrap_socket(here, server_hostname=expected) as stream:
            assert stream.version() == "TLSv1.3"
            return stream.recv(5)
    finally:
        here.close()
        thread.join()


def test_hosts_of_one_run_know_each_other() -> None:
    run = RunAuthority()
    assert shake(run.keys_for("h1.distrain.invalid"), run.keys_for("h2.distrain.invalid"), "h1.distrain.invalid") == (
        b"hello"
    )


def test_another_host_of_the_run_is_not_the_one_that_is_expected() -> None:
    run = RunAuthority()
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake(run.keys_for("h1.distrain.invalid"), run.keys_for("h2.distrain.invalid"), "h3.distrain.invalid")


def test_keys_of_another_run_are_worth_nothing() -> None:
    run, other = RunAuthority(), RunAuthority()
    server, stranger = run.keys_for("h1.distrain.invalid"), other.keys_for("h2.distrain.invalid")
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        shake(stranger, server, "h2.distrain.invalid")
    with pytest.raises(OSError, match=r"alert|reset|EOF"):
        shake(server, dataclasses.replace(stranger, authority=server.authority), "h1.distrain.invalid")


def test_a_stranger_gets_nothing_of_a_source() -> None:
    source, sent = start_source(RunAuthority())
    for context in (client_context(RunAuthority().keys_for("h0")), without_certificate()):
        with (
            socket.create_connection((source.address, source.port), 5) as connection,
            pytest.raises((ssl.SSLError, OSError)),
            context.wrap_socket(connection, server_hostname="h0") as stream,
        ):
            send_request(stream, Request(ItemRanges([0]), 0))
            FrameReader(stream).read()
    assert sent == []


def without_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_nothing_is_received_from_another_host_of_the_run_than_the_one_that_is_expected() -> None:
    run = RunAuthority()
    source, _sent = start_source(run)
    wrong = Peer("h7", "h7", source.address, source.port)
    host = Host("h1", run, [wrong], [0], is_last=True, patience=0.5).start()
    with pytest.raises(ClusterError, match="the last that was asked was h7"):
        host.wait()


def test_only_tls_1_3_is_spoken() -> None:
    keys = RunAuthority().keys_for("h0")
    assert server_context(keys).minimum_version == ssl.TLSVersion.TLSv1_3
    assert client_context(keys).minimum_version == ssl.TLSVersion.TLSv1_3


def test_a_host_cannot_sign_for_others_and_its_certificate_ends_soon() -> None:
    keys = RunAuthority().keys_for("h1.distrain.invalid")
    certificate = certificate_of(keys.certificate)
    constraints = certificate.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS)
    assert constraints.value == x509.BasicConstraints(ca=False, path_length=None)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= datetime.timedelta(days=8)
    assert certificate.issuer == certificate_of(keys.authority).subject


def test_the_key_is_in_no_repr() -> None:
    keys = RunAuthority().keys_for("h1.distrain.invalid")
    assert "PRIVATE" in keys.key
    assert "PRIVATE" not in repr(keys)
