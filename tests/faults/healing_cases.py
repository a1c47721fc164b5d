# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restarts, kills and cuts, after which the cluster must be whole again without being asked."""

from __future__ import annotations

from tests.faults import lab
from tests.faults.case import Case
from tests.faults.steps import BootInRandomOrder, Cut, On, Restart

ONE, TWO, THREE = lab.HOSTS

HEALING_CASES = (
    Case("restart-worker", f"the worker {THREE} is restarted", ends="healed", prepare=[Restart((THREE,))]),
    Case("restart-manager", f"the manager {ONE} is restarted", ends="healed", prepare=[Restart((ONE,))]),
    Case("restart-all", "all hosts are restarted at once", ends="healed", prepare=[Restart(lab.HOSTS)]),
    Case(
        "kill-engine",
        f"the engine of {TWO} is killed with -9",
        ends="healed",
        prepare=[On(TWO, "pkill -KILL -x dockerd")],
    ),
    Case(
        "kill-all-engines",
        "the engines of all hosts are killed with -9 at once",
        ends="healed",
        prepare=[On("all", "pkill -KILL -x dockerd")],
    ),
    Case(
        "cut-for-two-minutes",
        f"the cable of {TWO} is pulled out for two minutes",
        ends="healed",
        prepare=[Cut(TWO, 120)],
    ),
    Case(
        "boot-in-random-order",
        "all hosts are stopped, and started in random order, up to eight seconds one after the other",
        ends="healed",
        prepare=[BootInRandomOrder(8)],
        repeats=True,
        only_when_named=True,
    ),
)
