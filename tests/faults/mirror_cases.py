# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mirrors that do not answer, or with something else than what is wanted; one of the hosts plays them."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.play import Play
from tests.faults.steps import Leave, On, Wait

ONE = lab.HOSTS[0]
PORT = 8099
MIRROR = f"http://{lab.address(ONE)}:{PORT}"
PROGRAM = "/root/mirror.py"
# A key that nobody has signed anything with.
KEY = """\
-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawSwPRYJKwYBBAHaRw8BAQdASdJO8yXDbVE/P1kAUBOdqsZk04rWf+qeZGRh
T5x5DyO0FmRpc3RyYWluIHVuaXQgdGVzdCBrZXmIkAQTFggAOBYhBGkfnLCGWveS
5p37y/N5vFK+6298BQJrBLA9AhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJ
EPN5vFK+6298LzEA/icEsYnHCc/Gnk7Rt0eCRGTBk91MhF6FzeJ2kjT+jOONAP9A
ooH1PjGDnQ954Gumu5Exiz9FYpWM9/Qrql7nt0+8BQ==
=pzf2
-----END PGP PUBLIC KEY BLOCK-----
"""
# By the first word of the path: the connection stays open, a page of somebody, an index of last year, a key, nothing.
SERVER = """
import http.server, time
INDEX = "Origin: Docker\\nSuite: trixie\\nDate: Mon, 01 Dec 2025 10:00:00 UTC\\n"
EXPIRED = INDEX + "Valid-Until: Mon, 08 Dec 2025 10:00:00 UTC\\n"
PACKAGES = "Package: docker-ce\\nVersion: 5:27.1.0-1\\n"
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind = self.path.split("/")[1]
        if kind == "hang":
            time.sleep(60)
        page = {"page": "<html>Log in</html>", "older": INDEX, "expired": EXPIRED, "key": KEY}.get(kind)
        page = PACKAGES if kind == "older" and self.path.endswith("/Packages") else page
        is_there = page is not None and not self.path.endswith((".gz", ".xz"))
        self.send_response(200 if is_there else 404)
        self.end_headers()
        self.wfile.write(page.encode() if is_there else b"")
http.server.ThreadingHTTPServer(("0.0.0.0", PORT), Handler).serve_forever()
""".replace("PORT", str(PORT)).replace("KEY}", f"{KEY!r}}}")
UP = (
    On(ONE, f"cat >{PROGRAM} <<'END'\n{SERVER}\nEND"),
    Leave(ONE, f"exec python3 {PROGRAM}"),
    Wait(ONE, f"ss -Hltn sport = :{PORT} | grep -q ."),
)
DOWN = (On(ONE, f"pkill -f {PROGRAM[:-1]}[y]; rm {PROGRAM}"),)


def docker(kind: str, **more: object) -> Play:
    """The engine is there, so that what its mirror lacks is a warning."""
    return Play("preflight", {"docker_source": "docker", "mirrors": {"docker": f"{MIRROR}/{kind}"}, **more})


MIRROR_CASES = (
    Case(
        "mirror-hangs",
        "the mirror of Hugging Face takes the connection, and says nothing",
        prepare=UP,
        run=Play("preflight", {"mirrors": {"huggingface": f"{MIRROR}/hang"}, "preflight_mirror_timeout": 5}),
        says=[rf"{ONE}: the mirror huggingface at {MIRROR}/hang/ does not answer: nothing came, after 5 s"],
        restore=DOWN,
    ),
    Case(
        "mirror-is-not-there",
        "the mirror of pip has no such directory",
        prepare=UP,
        run=Play("preflight", {"mirrors": {"pip": f"{MIRROR}/gone"}}),
        says=[rf"{ONE}: the mirror pip at {MIRROR}/gone/pip/ answers 404 Not Found, after", r"mirrors\.pip"],
        restore=DOWN,
    ),
    Case(
        "mirror-asks-to-log-in",
        "a page of the network stands for the mirror of Docker",
        ends="warned",
        prepare=UP,
        run=docker("page"),
        says=[r"the mirror docker at .*what is no index of apt; it begins: <html>Log in"],
        restore=DOWN,
    ),
    Case(
        "mirror-is-older",
        "the mirror of Docker does not have the version that is pinned",
        ends="warned",
        prepare=UP,
        run=docker("older", docker_package_versions={"docker-ce": "5:28.*"}),
        says=[r"an index of Mon, 01 Dec 2025 .*does not have docker-ce 5:28\.\* \(its newest is 5:27\.1\.0-1\)"],
        restore=DOWN,
    ),
    Case(
        "mirror-is-not-refreshed",
        "the mirror of Docker has an index that is valid no longer",
        ends="warned",
        prepare=UP,
        run=docker("expired"),
        says=[r"an index of Mon, 01 Dec 2025 .* that was valid until Mon, 08 Dec 2025"],
        restore=DOWN,
    ),
    Case(
        "mirror-has-another-key",
        "the mirror of Docker serves another signing key",
        ends="warned",
        prepare=UP,
        run=docker("key"),
        says=[
            r"controller +docker_repository_key +the mirror docker key at .*serves, after .* the key 691F9CB0865AF792"
        ],
        restore=DOWN,
    ),
    Case(
        "mirror-of-nobody",
        "mirrors names a preset that there is not",
        run=Play("preflight", {"mirrors": "nobody"}),
        says=[r"names the preset 'nobody', and there are none, aliyun, tuna"],
    ),
)
