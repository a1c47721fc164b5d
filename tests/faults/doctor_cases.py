# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the doctor says of a cluster that is well, of one with many faults at once, and of one that is half broken."""

from __future__ import annotations

import json

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.play import Inventory, Play
from tests.faults.steps import On, Rejoin

ONE, TWO = lab.HOSTS[:2]
# A host of the inventory that nobody has.
GONE = "gpu-99"
PROBE = "distrain/probe:1"
IMAGE = "doctor/image:1"
TRAINER = "doctor"
CONTROL = f"/var/lib/distrain/trainers/{TRAINER}/control/old"
RECORD = json.dumps({"name": "old", "attempt": "1", "started": 1.0, "rank": 1, "world_size": 2})
# The clock of a lab host is that of the machine: the Pythons of this one see it ahead.
CLOCK = "/usr/lib/python3/dist-packages/doctor_clock.pth"
AHEAD = "import time; time.time = lambda t=time.time: t() + 400"
DAEMON = "/etc/docker/daemon.json"
KEEP = On(TWO, f"if [ -e {DAEMON} ]; then cp {DAEMON} /root/daemon.json; else echo '{{}}' >/root/daemon.json; fi")
# The same image on every host that makes it, as a role would have brought it; of another file, another one.
PACK = "tar --create --mtime=@0 --owner=0 --group=0 --directory=/etc"
MADE = f"{PACK} debian_version | docker import - {IMAGE}"
OTHER = f"{PACK} hostname | docker import - {IMAGE}"
GONE_AGAIN = On("all", f"docker rmi {IMAGE} || true")
RUN = "docker run --detach --label io.distrain.trainer"
VENV = "/opt/distrain/venv"

WANTED = {"trainer_launch_image": IMAGE, "trainer_launch_name": TRAINER}


def of_lab(**of_one: object) -> Inventory:
    gone = {"ansible_host": "127.0.0.1", "ansible_port": 9}
    return Inventory(workers=(*lab.HOSTS[1:], GONE), variables={GONE: gone, ONE: of_one})


DOCTOR_CASES = (
    Case(
        "doctor-healthy",
        "nothing is wrong, and the doctor is to fail at a warning",
        ends="done",
        prepare=[On("all", MADE)],
        run=Play("doctor", {**WANTED, "doctor_fail_on": "warning"}),
        restore=[GONE_AGAIN],
    ),
    Case(
        "doctor-many-faults",
        "fifteen faults at once, on all hosts",
        ends="warned",
        prepare=[
            Rejoin(TWO, ONE),
            On(ONE, f"docker node update --availability drain {ONE}"),
            On("all", MADE),
            On(TWO, OTHER),
            On(ONE, f"{RUN}={TRAINER} --name {TRAINER}-{ONE} {PROBE} /bin/false; sleep 1"),
            On(ONE, f"{RUN}=former --name former-{ONE} {PROBE}"),
            On(TWO, f"mkdir -p {CONTROL} && echo '{RECORD}' >{CONTROL}/job.json"),
            On(ONE, "systemctl stop distrain-heal.service"),
            On(ONE, "ip link set eth0 mtu 1300"),
            On(TWO, "mount -t tmpfs -o size=64m none /srv && head -c 62M /dev/zero >/srv/full"),
            On(TWO, f"echo '203.0.113.9 {ONE}' >>/etc/hosts"),
            On(TWO, f"echo '{AHEAD}' >{CLOCK}"),
            On(
                TWO,
                "cp /var/lib/dpkg/status /root/status; "
                r"sed -i '/^Package: containerd$/,/^$/s/^Version: .*/Version: 9.9/' /var/lib/dpkg/status",
            ),
        ],
        run=Play("doctor", {**WANTED, "doctor_fail_on": "never"}, of_lab(nvidia_toolkit_gpu_present="present")),
        says=[
            rf"error +{GONE} .*not reached at 127.0.0.1",
            rf"error +{ONE} .*its node is set to drain",
            rf"warning +{ONE} +stale node .*of {TWO}, which is down",
            rf"error +{TWO} +keepalive .*is not there",
            rf"error +{TWO} +image .*is another one than that of {ONE}",
            rf"error +{ONE} +trainer .*its trainer {TRAINER}-{ONE} is exited",
            rf"warning +{ONE} +leftover .*former-{ONE} of the trainer former still runs",
            rf"error +{TWO} +job .*rank 1 of the job old is lost",
            rf"warning +{ONE} +swarm_heal .*is not running",
            rf"error +{ONE} +MTU .*eth0, which carries it, has 1300",
            rf"warning +{TWO} +disk +/srv has 3.1 % free",
            rf"warning +{TWO} +/etc/hosts +its /etc/hosts says 203.0.113.9 for {ONE}",
            rf"error +{TWO} +clock +its clock is \d+.\d s ahead",
            rf"warning +differs +package containerd .*9.9 on {TWO}",
            rf"error +{ONE} +nvidia_toolkit_gpu_present +should have a GPU, and has none",
        ],
        restore=[
            On(ONE, "ip link set eth0 mtu 1500"),
            On(TWO, f"rm {CLOCK}; mv /root/status /var/lib/dpkg/status"),
            On(TWO, "umount /srv; grep -v 203.0.113.9 /etc/hosts >/root/hosts; cat /root/hosts >/etc/hosts"),
            On(TWO, f"rm -r /var/lib/distrain/trainers/{TRAINER}"),
            On(ONE, f"docker rm --force {TRAINER}-{ONE} former-{ONE}"),
            GONE_AGAIN,
            On(ONE, "systemctl start distrain-heal.service"),
            Play("swarm"),
        ],
    ),
    Case(
        "doctor-half-broken",
        f"{ONE} has left its swarm and has no Python of the modules, {TWO} has a broken daemon.json and no engine",
        ends="warned",
        prepare=[
            On(ONE, "docker rm --force distrain-keepalive; docker swarm leave --force"),
            On(ONE, f"mv {VENV} {VENV}.away"),
            KEEP,
            On(TWO, f"echo '{{,}}' >{DAEMON}; systemctl stop docker.service docker.socket"),
        ],
        run=Play("doctor", {**WANTED, "doctor_fail_on": "never"}, of_lab()),
        says=[
            rf"error +{GONE} .*not reached at 127.0.0.1",
            rf"error +{TWO} +{DAEMON} .*it is not JSON: .*line 1, column 2",
            rf"error +{TWO} +docker.service .*installed and does not answer",
            rf"error +{ONE} +docker_python ",
            r"error .* swarm ",
        ],
        restore=[
            On(ONE, f"mv {VENV}.away {VENV}"),
            On(TWO, f"cp /root/daemon.json {DAEMON}; systemctl start docker.socket docker.service"),
            Play("swarm", {"swarm_leave_foreign": True}),
        ],
    ),
    Case(
        "doctor-fails-at-a-warning",
        f"distrain-heal.service of {ONE} is stopped, and the doctor is to fail at a warning",
        prepare=[On("all", MADE), On(ONE, "systemctl stop distrain-heal.service")],
        run=Play("doctor", {**WANTED, "doctor_fail_on": "warning"}),
        says=[r"The doctor found 1 warning", f"{ONE}: distrain-heal.service, which .* is not running"],
        restore=[On(ONE, "systemctl start distrain-heal.service"), GONE_AGAIN],
    ),
)
