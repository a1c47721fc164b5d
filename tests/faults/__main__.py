# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring up the lab, run the cases in order, write artifacts/faults.json; exit 1 where one does not hold."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from tests.faults import lab, report, trainer, whole
from tests.faults.case import Case, Entry
from tests.faults.cases import CASES
from tests.faults.job_case import JobCase
from tests.faults.judge import judge
from tests.faults.play import Play, ansible

LAB_VARIABLES = (
    f"lab_name={lab.NAME} lab_number={lab.NUMBER} lab_hosts={len(lab.HOSTS)} lab_warm=true lab_trainer=false "
    f"lab_purge=false lab_inventory_directory={lab.INVENTORY} "
    f"lab_group_vars_directory={lab.ROOT / 'inventories' / 'lab' / 'group_vars'}"
)


def main() -> int:
    arguments = parse()
    if arguments.lab_number not in (None, lab.NUMBER):
        again_with_lab(arguments.lab_number)
    cases = of_shard(chosen(arguments.cases), *arguments.shard)
    entries: list[Entry] = []
    try:
        bring_up()
        if any(isinstance(case, JobCase) for case in cases):
            trainer.bring_up()
        for case in cases:
            entries.append(judge(case, arguments.times))
            report.write(entries)
            print(report.line(entries[-1]), flush=True)
        still_whole = prove_the_end()
    finally:
        if not arguments.keep:
            make_lab("absent")
    print(f"\n{report.table(entries)}")
    return 0 if still_whole and all(entry.holds for entry in entries) else 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--cases", default="", help="names of cases, separated by commas; all but the long by default")
    parser.add_argument("--times", type=int, default=20, help="how often the long cases boot the hosts")
    parser.add_argument("--keep", action="store_true", help="keep the lab for a look, and for the next run")
    parser.add_argument("--shard", type=shard, default=(1, 1), metavar="I/N", help="only the Ith of N equal shares")
    parser.add_argument("--lab-number", type=int, help="on a lab of this number, 0 to 99, called faults-NUMBER")
    parser.add_argument("--list", action="store_true", help="only list the cases")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(f"{case.name:34}  {case.what}" for case in CASES))
        parser.exit()
    return arguments


def shard(text: str) -> tuple[int, int]:
    """Read C(2/5) as the second of five; argparse reports what is none."""
    number, _slash, count = text.partition("/")
    if not 1 <= int(number) <= int(count):
        raise ValueError(text)
    return int(number), int(count)


def of_shard(cases: Sequence[Case], number: int, count: int) -> Sequence[Case]:
    """Every C(count)th case, so that kinds of cases which take long are spread over all shards."""
    return cases[number - 1 :: count]


def again_with_lab(number: int) -> None:
    """Start over, since the cases themselves have the addresses of the lab in them."""
    os.environ.update(FAULTS_LAB=f"faults-{number}", FAULTS_NUMBER=str(number))
    os.execv(sys.executable, [sys.executable, "-m", "tests.faults", *sys.argv[1:]])


def chosen(names: str) -> Sequence[Case]:
    if not names:
        return [case for case in CASES if not case.only_when_named]
    by_name = {case.name: case for case in CASES}
    unknown = [name for name in names.split(",") if name not in by_name]
    if unknown:
        sys.exit(f"No case is called {', '.join(unknown)}. There are: {', '.join(by_name)}.")
    return [by_name[name] for name in names.split(",")]


def make_lab(state: str) -> None:
    command = [*ansible("lab"), f"--extra-vars={LAB_VARIABLES} lab_state={state}"]
    done = subprocess.run(command, cwd=lab.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise lab.LabError(done.stdout + done.stderr)


def bring_up() -> None:
    print("Bringing up the lab, and the cluster on it", flush=True)
    make_lab("present")
    if whole.problems():
        Play("hosts").do()
        Play("swarm", {"swarm_leave_foreign": True}).do()
    left = whole.wait_until_whole(60)
    if left:
        raise lab.LabError(f"The cluster is not whole: {'; '.join(left)}")


def prove_the_end() -> bool:
    """After all cases the lab is as at the beginning: preflight finds no error, and the swarm needs no change."""
    preflight, swarm = Play("preflight").run(), Play("swarm").run()
    print(f"At the end preflight says: {preflight.said or 'no error'}")
    print(f"and swarm.yml: {swarm.said or f'changed={swarm.changed}'} {'; '.join(swarm.changes)}".rstrip())
    return not preflight.failed and not swarm.failed and swarm.changed == 0


if __name__ == "__main__":
    sys.exit(main())
