# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an archive of an image, write another image as registries have it: packed layers in an index.

make_packed.py ARCHIVE NAME NEW_ARCHIVE

The layers are packed with gzip and zstd in turn, and the last one is foreign (non-distributable). The index has the
image, the same for another platform, of which nothing is there, and an attestation.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile

OCI = "application/vnd.oci.image"
FOREIGN = f"{OCI}.layer.nondistributable.v1.tar"


class Layout:
    def __init__(self, path: str) -> None:
        self._archive = tarfile.open(path, "w")  # noqa: SIM115

    def add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self._archive.addfile(member, io.BytesIO(content))

    def blob(self, media_type: str, content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        self.add(f"blobs/sha256/{digest}", content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    def document(self, media_type: str, content: object) -> dict[str, object]:
        return self.blob(media_type, json.dumps(content).encode())

    def close(self) -> None:
        self._archive.close()


def zstd(content: bytes) -> bytes:
    return subprocess.run(["zstd", "-1", "-c"], input=content, stdout=subprocess.PIPE, check=True).stdout


def main(path: str, name: str, new_path: str) -> None:
    with tarfile.open(path) as archive:
        entry = json.load(archive.extractfile("manifest.json"))[0]
        config = json.load(archive.extractfile(entry["Config"]))
        layers = [archive.extractfile(one).read() for one in entry["Layers"]]
    config["config"]["Env"] = [*(config["config"].get("Env") or []), "PACKED=1"]
    layout = Layout(new_path)
    described = []
    for place, content in enumerate(layers):
        packed, kind = (gzip.compress(content, 1), "gzip") if place % 2 == 0 else (zstd(content), "zstd")
        is_last = place == len(layers) - 1
        layer = layout.blob(f"{FOREIGN if is_last else f'{OCI}.layer.v1.tar'}+{kind}", packed)
        described.append({**layer, "urls": ["https://example.org/layer"]} if is_last else layer)
    manifest = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "layers": described}
    image = layout.document(
        manifest["mediaType"], {**manifest, "config": layout.document(f"{OCI}.config.v1+json", config)}
    )
    image["platform"] = {"architecture": config["architecture"], "os": "linux"}
    statement = layout.document("application/vnd.in-toto+json", {"predicateType": "https://slsa.dev/provenance/v0.2"})
    nothing = layout.document(f"{OCI}.config.v1+json", {"architecture": "unknown", "os": "unknown", "rootfs": {}})
    attestation = layout.document(manifest["mediaType"], {**manifest, "config": nothing, "layers": [statement]})
    attestation["platform"] = {"architecture": "unknown", "os": "unknown"}
    attestation["annotations"] = {
        "vnd.docker.reference.digest": image["digest"],
        "vnd.docker.reference.type": "attestation-manifest",
    }
    elsewhere = {**image, "digest": f"sha256:{'1' * 64}", "platform": {"architecture": "s390x", "os": "linux"}}
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [image, elsewhere, attestation]}
    top = layout.document(index["mediaType"], index)
    top["annotations"] = {"io.containerd.image.name": f"docker.io/{name}", "org.opencontainers.image.ref.name": "1"}
    layout.add("index.json", json.dumps({"schemaVersion": 2, "manifests": [top]}).encode())
    layout.add("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
    layout.close()


main(*sys.argv[1:])
