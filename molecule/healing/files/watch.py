# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait on a host until its own trainer downloads from all keepalive containers and trainers by name, twice in a row.

    watch.py HOST...

Prints when this host's engine came up and when all was well, in seconds since 1970, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

LIMIT_SECONDS = 150
ENTERED = "ActiveEnterTimestampMonotonic"


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)


def engine_at() -> float:
    shown = run("systemctl", "show", f"--property={ENTERED}", "--value", "docker.service").stdout
    return time.time() - time.monotonic() + int(shown or 0) / 1e6


def downloads(name: str) -> bool:
    url = f"http://{name}:7780/busybox"
    return run("docker", "exec", "trainer", "busybox", "wget", "-q", "-T", "3", "-O", "/dev/null", url).returncode == 0


def missing(names: list[str]) -> list[str]:
    if run("systemctl", "is-active", "docker.service").returncode != 0:
        return ["the engine"]
    if run("docker", "exec", "trainer", "true").returncode != 0:
        return ["its own trainer"]
    with ThreadPoolExecutor(len(names)) as pool:
        return [name for name, well in zip(names, pool.map(downloads, names), strict=True) if not well]


def main() -> None:
    names = [f"{kind}-{host}" for host in sys.argv[1:] for kind in ("distrain-keepalive", "trainer")]
    deadline = time.monotonic() + LIMIT_SECONDS
    well_at = 0.0
    while True:
        began = time.time()
        left = missing(names)
        if left:
            well_at = 0.0
        elif well_at:
            break
        else:
            well_at = began
        if time.monotonic() > deadline:
            sys.exit(f"After {LIMIT_SECONDS} s this host still does not reach {', '.join(left)}.")
        time.sleep(1)
    print(json.dumps({"engine_at": engine_at(), "well_at": well_at}))


if __name__ == "__main__":
    main()
