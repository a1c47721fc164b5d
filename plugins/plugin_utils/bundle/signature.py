# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The signature of a manifest, made and verified by ssh-keygen, which every controller has for its connections."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from ansible_collections.distrain.cluster.plugins.module_utils.base.errors import PlanError

from .manifest import MANIFEST, SIGNATURE

# What a signature is for: one for mail or git is none for a bundle.
NAMESPACE = "distrain-bundle"
SECONDS = 30
PUBLIC_KEY = re.compile(r"(?:ssh|sk-ssh|ecdsa|sk-ecdsa)-[A-Za-z0-9@.-]+ [A-Za-z0-9+/=]+")


def public_key_of(private_key: Path, may_make: bool) -> str:
    """Return the public half of a key, which is made where there is none and it may be; raise PlanError."""
    if not private_key.exists():
        if not may_make:
            return ""
        private_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make = ["-q", "-t", "ed25519", "-N", "", "-C", NAMESPACE, "-f", str(private_key)]
        _run("make the signing key", make)
    said = _run("read the signing key", ["-y", "-f", str(private_key)])
    return " ".join(said.split()[:2])


def sign(folder: Path, private_key: Path) -> None:
    """Write the signature of the manifest; raise PlanError."""
    (folder / SIGNATURE).unlink(missing_ok=True)
    sign_it = ["-q", "-Y", "sign", "-f", str(private_key), "-n", NAMESPACE, str(folder / MANIFEST)]
    _run("sign the manifest", sign_it)


def is_signed(folder: Path, text: str, public_key: str) -> bool:
    """Return whether the signature is of this text and by this key; raise PlanError without ssh-keygen."""
    if not (folder / SIGNATURE).is_file():
        return False
    with tempfile.NamedTemporaryFile("w", prefix="distrain-signer-") as signers:
        signers.write(f'{NAMESPACE} namespaces="{NAMESPACE}" {public_key}\n')
        signers.flush()
        names = ["-I", NAMESPACE, "-n", NAMESPACE, "-f", signers.name, "-s", str(folder / SIGNATURE)]
        return _ended(["-Y", "verify", *names], text).returncode == 0


def key_of(given: str) -> str:
    """Return the public key that a variable holds, or a file that it names, without its comment; raise PlanError."""
    text = given.strip()
    if not text.startswith(("ssh-", "sk-", "ecdsa-")):
        try:
            text = Path(text).expanduser().read_text().strip()
        except OSError as error:
            raise PlanError(
                f"bundle_public_key is no public key, and no file that can be read: {error.strerror}. Set it to the "
                "line that playbooks/bundle.yml has printed, which begins with ssh-ed25519, or to a file with it."
            ) from error
    found = PUBLIC_KEY.match(text)
    if not found or len(text.splitlines()) > 1:
        raise PlanError("bundle_public_key is not one public key of SSH, a line such as: ssh-ed25519 AAAA….")
    return found[0]


def _run(what: str, arguments: list[str]) -> str:
    done = _ended(arguments)
    if done.returncode:
        raise PlanError(f"ssh-keygen cannot {what}: {done.stderr.strip() or done.stdout.strip()}.")
    return done.stdout


def _ended(arguments: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    command = ["ssh-keygen", *arguments]
    try:
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PlanError(f"The controller cannot run ssh-keygen, which verifies bundles: {error}.") from error
