# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of one run: an authority that lives in memory, and a certificate for each host that takes part."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import ClusterError
from ansible_collections.distrain.cluster.plugins.module_utils.relay.tls import RunKeys

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:
    IMPORT_ERROR: ImportError | None = error
else:
    IMPORT_ERROR = None

# The keys are gone when the run ends; this is only how wrong a host's clock may be.
_CLOCK_ERROR = datetime.timedelta(days=1)
_LIFETIME = datetime.timedelta(days=7)
# Of a job, which is followed for as long as it runs. Nobody can sign for it once it is started.
LASTING = datetime.timedelta(days=3650)
# What a key may be used for.
SERVER, CLIENT = ("server",), ("client",)
BOTH = (*SERVER, *CLIENT)


class RunAuthority:
    """Signs for the hosts of one run. Its key is in no file and leaves this process never."""

    def __init__(self, lifetime: datetime.timedelta = _LIFETIME) -> None:
        if IMPORT_ERROR:
            raise ClusterError(
                f"The controller's Python lacks the package cryptography, which Ansible's vault needs as well "
                f"({IMPORT_ERROR}). Install it beside Ansible."
            )
        self._lifetime = lifetime
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "distrain relay run")])
        builder = _builder(self._name, self._name, self._key.public_key(), lifetime)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs=True), critical=True)
        key_id = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._certificate = builder.add_extension(key_id, critical=False).sign(self._key, hashes.SHA256())

    def keys_for(self, identity: str, uses: Sequence[str] = BOTH) -> RunKeys:
        """A key and its certificate under this name, which must read as a DNS name, for a server, a client or both."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity)])
        builder = _builder(subject, self._name, key.public_key(), self._lifetime)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(identity)]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=False), critical=True)
        builder = builder.add_extension(_purposes(uses), critical=True)
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = builder.add_extension(authority_id, critical=False).sign(self._key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return RunKeys(authority=_pem(self._certificate), certificate=_pem(certificate), key=private.decode())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: datetime.timedelta
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_ERROR)
        .not_valid_after(now + lifetime)
    )


def _purposes(uses: Sequence[str]) -> x509.ExtendedKeyUsage:
    known = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
    return x509.ExtendedKeyUsage([known[use] for use in uses])


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
