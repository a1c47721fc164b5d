# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Xid errors of NVIDIA's driver: what each means, whose fault it mostly is, and what is to be done.

Facts of NVIDIA's documentation in our own words. Those of one number may differ between generations of GPUs; where the
driver says itself what it needs (the recovery action), that counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from .problem import ERROR, NOTE, WARNING

CATALOG = "https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html"
DEBUGGING = "https://docs.nvidia.com/deploy/gpu-debug-guidelines/index.html"
MEMORY = "https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html"

APPLICATION, HARDWARE, DRIVER = "the application", "the hardware", "the driver"
EITHER = f"{APPLICATION} or {HARDWARE}"

AGAIN = (
    "Nothing to do where a program of yours failed then; if it comes back with another program, have the GPU tested."
)
RESET = "Reset the GPU (nvidia-smi --gpu-reset with nothing on it), or restart the host; if it comes back, replace it."
RESTART = "Restart the host; if it comes back, have the GPU's seat, power and temperature checked, or replace it."
LINKS = "Reset all GPUs of the host at once, or restart it; if it comes back, have their bridges or switches checked."
SOFTWARE = "Reset the GPU or restart the host; if it comes back, take another version of the driver."
WATCH = "Nothing to do now; if it comes often, have the GPU tested."
LATER = "Jobs may be started; reset the GPU when nothing uses it, which replaces the memory."


# An error of memory that one process alone has met, which ends it.
CONTAINED = 94
OFF_THE_BUS = 79


@dataclass(frozen=True)
class Xid:
    """``needs_recovery`` is whether the GPU cannot be used again before it was reset or its host restarted."""

    number: int
    name: str
    severity: str
    fault: str
    remedy: str
    source: str = CATALOG

    @property
    def needs_recovery(self) -> bool:
        return self.severity == ERROR

    @property
    def ends_processes(self) -> bool:
        """Whether a process that uses the GPU cannot go on: it needs a recovery, or what it lost was the process's."""
        return self.needs_recovery or self.number == CONTAINED


XIDS: dict[int, Xid] = {
    one.number: one
    for one in (
        Xid(8, "a channel of the GPU stopped", NOTE, EITHER, AGAIN),
        Xid(11, "a broken stream of commands", NOTE, EITHER, AGAIN),
        Xid(13, "a program's exception on the GPU, such as an address out of range", NOTE, EITHER, AGAIN, DEBUGGING),
        Xid(31, "a program's access to memory that it does not have", NOTE, APPLICATION, AGAIN, DEBUGGING),
        Xid(32, "a broken stream of commands, or errors on PCIe", WARNING, EITHER, WATCH),
        Xid(38, "a failure of the driver's firmware", WARNING, DRIVER, SOFTWARE),
        Xid(43, "a program's fault, after which its channel was reset", NOTE, APPLICATION, AGAIN),
        Xid(44, "a fault while the GPU changed from one program to another", WARNING, EITHER, WATCH),
        Xid(45, "a program was removed from the GPU, mostly after another error or a kill", NOTE, EITHER, AGAIN),
        Xid(46, "the GPU stopped working", ERROR, HARDWARE, RESET),
        Xid(48, "an error in the GPU's memory that ECC could not correct", ERROR, HARDWARE, RESET, MEMORY),
        Xid(
            54,
            "extra power is not connected, and the clocks are lowered",
            ERROR,
            HARDWARE,
            "Have its power cables checked.",
        ),
        Xid(61, "a breakpoint in the firmware of the power management", WARNING, DRIVER, SOFTWARE),
        Xid(62, "the firmware of the power management stopped", ERROR, HARDWARE, RESET),
        Xid(63, "a bad row of memory was recorded, and is replaced at the next reset", NOTE, HARDWARE, LATER, MEMORY),
        Xid(64, "a bad row of memory could not be recorded", ERROR, HARDWARE, RESET, MEMORY),
        Xid(66, "an illegal access to a register by a program", NOTE, APPLICATION, AGAIN),
        Xid(68, "an exception of the video decoder", NOTE, EITHER, AGAIN),
        Xid(69, "an exception of the graphics engine's class", NOTE, EITHER, AGAIN),
        Xid(74, "an error of an NVLink", ERROR, HARDWARE, LINKS, DEBUGGING),
        Xid(78, "a virtual GPU did not start", WARNING, DRIVER, SOFTWARE),
        Xid(79, "the GPU has fallen off the PCI bus", ERROR, HARDWARE, RESTART, DEBUGGING),
        Xid(80, "a corrupt stream of commands", WARNING, EITHER, WATCH),
        Xid(92, "more corrected memory errors than usual", WARNING, HARDWARE, WATCH, MEMORY),
        Xid(93, "the GPU's own records were written too often", WARNING, HARDWARE, WATCH),
        Xid(94, "an uncorrectable memory error that one program alone met", WARNING, HARDWARE, LATER, MEMORY),
        Xid(95, "an uncorrectable memory error that every program may have met", ERROR, HARDWARE, RESET, MEMORY),
        Xid(109, "the GPU did not change from one program to another in time", ERROR, EITHER, RESET),
        Xid(110, "a security fault", ERROR, HARDWARE, RESET),
        Xid(119, "the GPU's own processor (GSP) did not answer in time", ERROR, DRIVER, SOFTWARE),
        Xid(120, "the GPU's own processor (GSP) failed", ERROR, DRIVER, SOFTWARE),
        Xid(121, "an error of the link between the GPU and its CPU", WARNING, HARDWARE, WATCH),
        Xid(136, "an NVLink was not trained", ERROR, HARDWARE, LINKS),
        Xid(137, "an access by NVLink that is not allowed", WARNING, EITHER, WATCH),
        Xid(140, "an error of ECC that was not recovered", ERROR, HARDWARE, RESET, MEMORY),
        Xid(143, "the GPU was not initialized", ERROR, HARDWARE, RESET),
        Xid(144, "an error of an NVLink (its part SAW)", ERROR, HARDWARE, LINKS),
        Xid(145, "an error of an NVLink (its part RLW)", ERROR, HARDWARE, LINKS),
        Xid(146, "an error of an NVLink (its part TLW)", ERROR, HARDWARE, LINKS),
        Xid(147, "an error of an NVLink (its part TREX) that needs nothing", WARNING, HARDWARE, WATCH),
        Xid(148, "an error of an NVLink (its part NVLPW) that needs nothing", WARNING, HARDWARE, WATCH),
        Xid(149, "an NVLink is down or has too many errors (its part NETIR)", ERROR, HARDWARE, LINKS),
        Xid(150, "an error of an NVLink (its part MSE)", ERROR, HARDWARE, LINKS),
        Xid(151, "the keys of confidential computing were not renewed", ERROR, DRIVER, RESTART),
        Xid(155, "an error of an NVLink that software has defined", ERROR, HARDWARE, LINKS),
        Xid(156, "a part of the GPU is to be taken out of use at the next reset", ERROR, HARDWARE, RESET),
        Xid(157, "a part of the GPU could not be taken out of use", WARNING, HARDWARE, WATCH),
        Xid(158, "the GPU did not answer in time", ERROR, HARDWARE, RESET),
    )
}
# It repeats what the recovery action says.
REPEATED = frozenset({154})
