# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait until a delivery has moved so many bytes over this lab host's interface, and do something to it then.

strike.py BYTES kill             kill -9 the agents of this host
strike.py BYTES cut SECONDS      take the interface down for so long
strike.py BYTES fill PATH        fill the file system of PATH with a file of this name
strike.py BYTES take LAYER       take the files of this layer (its diff ID) away from the classic store
strike.py BYTES give LAYER       put them back, at once
strike.py BYTES look             print at which address and port the agent of this host listens
strike.py BYTES intrude KEYS     connect to this host's agent with the strange key and certificate in KEYS, and without
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

INTERFACE = "eth0"
DEADLINE = time.monotonic() + 100


def agents() -> list[int]:
    """The processes by their name, as ps shows it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == "distrain-relay":
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def moved() -> int:
    statistics = Path("/sys/class/net", INTERFACE, "statistics")
    return max(int((statistics / name).read_text()) for name in ("rx_bytes", "tx_bytes"))


def wait_for(condition: Callable[[], object], what: str) -> None:
    while not condition():
        if time.monotonic() > DEADLINE:
            sys.exit(f"{what} did not come.")
        time.sleep(0.02)


def kill() -> object:
    killed = agents()
    for process in killed:
        os.kill(process, signal.SIGKILL)
    return killed


def cut(seconds: str) -> object:
    routes = subprocess.run(["ip", "route", "show"], check=True, capture_output=True, text=True).stdout
    subprocess.run(["ip", "link", "set", INTERFACE, "down"], check=True)
    time.sleep(float(seconds))
    subprocess.run(["ip", "link", "set", INTERFACE, "up"], check=True)
    # The routes through an interface go with it.
    for route in sorted(routes.splitlines(), key=lambda line: " via " in line):
        subprocess.run(["ip", "route", "replace", *route.replace(" linkdown", "").split()], check=True)
    return seconds


def fill(path: str) -> object:
    """Leave a little, as a disk has that others write to."""
    written = 0
    with Path(path).open("wb") as file:
        try:
            while True:
                file.write(bytes(1024**2))
                file.flush()
                written += 1024**2
        except OSError:
            return written


def take(diff_id: str) -> object:
    files = files_of(diff_id)
    files.rename(files.with_name("taken"))
    return str(files)


def give(diff_id: str) -> object:
    files = files_of(diff_id)
    files.with_name("taken").rename(files)
    return str(files)


def files_of(diff_id: str) -> Path:
    layers = Path("/var/lib/docker/image/overlay2/layerdb/sha256")
    layer = next(path.parent for path in layers.glob("*/diff") if path.read_text() == diff_id)
    return Path("/var/lib/docker/overlay2", (layer / "cache-id").read_text(), "diff")


def look() -> object:
    return listening(agents()[0])


def intrude(keys: str) -> object:
    address, port = listening(agents()[0])
    strange, bare = context(), context()
    strange.load_cert_chain(f"{keys}/strange.crt", f"{keys}/strange.key")
    answers = {name: ask(address, port, one) for name, one in (("strange", strange), ("bare", bare), ("plain", None))}
    return {"address": address, "answers": answers}


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def ask(address: str, port: int, secured: ssl.SSLContext | None) -> int:
    """How many bytes come after a request that one of the run would have got a layer for."""
    request = json.dumps({"items": [[0, 0]], "offset": 0}).encode()
    try:
        with socket.create_connection((address, port), 5) as connection:
            stream = secured.wrap_socket(connection) if secured else connection
            stream.settimeout(3)
            stream.sendall(len(request).to_bytes(4, "big") + request)
            received = stream.recv(65536)
            # An alert in the clear says only that the handshake has failed.
            return 0 if not secured and received[:1] == b"\x15" else len(received)
    except OSError:
        return 0


def listening(process: int) -> tuple[str, int]:
    inodes = {str(path.readlink()) for path in Path(f"/proc/{process}/fd").iterdir() if path.is_symlink()}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
            address, port = fields[1].split(":")
            return socket.inet_ntoa(bytes.fromhex(address)[::-1]), int(port, 16)
    sys.exit("The agent does not listen.")


def main() -> None:
    if sys.argv[2] == "give":
        print(give(*sys.argv[3:]))
        return
    wait_for(agents, "An agent")
    start = moved()
    wait_for(lambda: moved() - start >= int(sys.argv[1]), "So many bytes")
    verbs = {"kill": kill, "cut": cut, "fill": fill, "look": look, "take": take, "intrude": intrude}
    print(json.dumps(verbs[sys.argv[2]](*sys.argv[3:])))


main()
