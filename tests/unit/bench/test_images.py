# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pure parts of the bench of images: what counts, what the rows say, and what the plot shows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from ansible_collections.distrain.cluster.tests.unit.support.paths import ROOT

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench.images import ours, plot, report, ways
from tests.bench.images.bench import Bench
from tests.bench.images.images import Image
from tests.bench.images.measure import Measure, resent
from tests.bench.images.options import PARTS, RIVALS, SHAPES, Options
from tests.bench.images.rows import Row, rows
from tests.bench.images.samples import Sample, by_round, ratio, select
from tests.bench.images.watch import busy_share, cpu_times, disk_bytes, received_bytes, wire_seconds

OPTIONS = Options()
ONLY = Options(only="cut")
FIGURES = {"wire": 9.0, "bytes": 64e6, "rate": 8e6, "temporary": 1.05, "slowest": 10.0}


def sample(what: str, seconds: float, number: int = 1, shape: str = "layers", hosts: int = 8, **more: object) -> Sample:
    figures = more.pop("figures", FIGURES if what == "ours" else {})
    return Sample(what, shape, hosts, number, seconds, 0.5, figures=figures, **more)  # type: ignore[arg-type]


def row(samples: list[Sample], words: str) -> Row:
    (found,) = [one for one in rows(samples, OPTIONS) if words in one.row]
    return found


@pytest.mark.parametrize(("receivers", "counts"), [(2, (1, 2)), (3, (1, 2, 3)), (8, (1, 2, 4, 8))])
def test_counts_of_hosts_for_the_plot(receivers: int, counts: tuple[int, ...]) -> None:
    assert Options(receivers=receivers).counts == counts


def test_small_files_come_slower() -> None:
    assert [OPTIONS.rate_of(shape) for shape in SHAPES] == [64, 32, 64]
    samples = [sample("ours", 10, shape=shape) for shape in SHAPES if shape != "files"]
    samples.append(sample("ours", 10, shape="files", figures={**FIGURES, "rate": 4e6}))
    assert row(samples, "wire time").value == pytest.approx(9 / 8), "9 of 16 seconds would be the best of the shapes"


def test_a_part_alone_has_files_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PATH", tmp_path / "bench.json")
    monkeypatch.setattr(report, "PLOT", tmp_path / "bench.svg")
    for options, names in ((OPTIONS, ("bench.json", "bench.svg")), (ONLY, ("bench-part.json", "bench-part.svg"))):
        assert tuple(path.name for path in report.paths(options)) == names
        report.write([], [], [], options, {})
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize(("only", "parts"), [("", PARTS), ("cut", ("cut",)), ("ours,rivals", ("ours", "rivals"))])
def test_what_is_measured(only: str, parts: tuple[str, ...]) -> None:
    assert Options(only=only).parts == parts


@pytest.mark.parametrize(("only", "names"), [("cut", ["cut, layers", "cut, many"]), ("killed", ["one killed"])])
def test_a_part_is_measured_alone(only: str, names: list[str]) -> None:
    lab = SimpleNamespace(receivers=("gpu-02", "gpu-03"))
    bench = Bench(lab, None, Options(only=only), print)  # type: ignore[arg-type]
    assert [name for name, _measure in bench._capped(1)] == names
    assert list(bench._uncapped(1)) == []


def test_each_part_is_measured_somewhere() -> None:
    lab = SimpleNamespace(receivers=("gpu-02", "gpu-03", "gpu-04"))
    for part in PARTS:
        bench = Bench(lab, None, Options(receivers=3, only=part), print)  # type: ignore[arg-type]
        assert [*bench._capped(1), *bench._uncapped(1)], part


def test_busy_is_neither_idle_nor_waiting_for_a_disk() -> None:
    before = cpu_times("cpu  10 0 10 100 20 0 0 0 0 0\ncpu0 1 2 3\n")
    after = cpu_times("cpu  30 0 20 150 40 0 0 0 0 0\n")
    assert busy_share(before, after) == 30 / 100


def test_bytes_of_a_interface() -> None:
    text = "Inter-|   Receive\n face |bytes packets\n    lo: 5 0\n  eth0: 1234 9 0 0 0 0 0 0 77 0\n"
    assert received_bytes(text) == 1234
    with pytest.raises(ValueError, match="no interface"):
        received_bytes("    lo: 5 0\n")


def test_wire_time_is_from_the_first_busy_interface_to_the_last() -> None:
    # The agents' start (5 in a second) is no delivery; host b gets its part a second after host a, and c is dead.
    moments = [
        (0.0, {"a": 0, "b": 0, "c": 0}),
        (1.0, {"a": 5, "b": 5, "c": 0}),
        (2.0, {"a": 105, "b": 5}),
        (3.0, {"a": 205, "b": 105}),
        (4.0, {"a": 205, "b": 205}),
        (5.0, {"a": 206, "b": 206}),
    ]
    assert wire_seconds(moments, bytes_per_second=100) == 3.0
    assert wire_seconds(moments[:2], bytes_per_second=100) == 0.0


def test_bytes_on_a_disk(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "layer.tar").write_bytes(b"x" * 8192)
    assert disk_bytes(tmp_path) == (tmp_path / "sub" / "layer.tar").stat().st_blocks * 512
    assert disk_bytes(tmp_path / "none") == 0


def test_a_round_counts_only_where_both_of_its_measurements_do() -> None:
    over = {1: sample("recipe", 40), 2: sample("recipe", 99, 2, is_void=True), 3: sample("recipe", 60, 3)}
    under = {1: sample("ours", 10), 2: sample("ours", 10, 2), 3: sample("ours", 10, 3), 4: sample("ours", 1, 4)}
    found = by_round(ratio, over, under)
    assert found.values == (4.0, 6.0)
    assert found.void_rounds == 1
    assert found.median == 5.0
    assert by_round(ratio, {}, under).median is None


def test_select_distinguishes_samples() -> None:
    samples = [sample("ours", 1), sample("ours", 2, hosts=1), sample("ours", 3, shape="huge"), sample("zstd", 4)]
    assert [one.seconds for one in select(samples, "ours", "layers", 8).values()] == [1]


def test_without_samples_every_row_is_there_and_none_holds() -> None:
    table = rows([], OPTIONS)
    assert len(table) == 11
    assert [one.value for one in table] == [None] * 11
    assert not any(one.holds for one in table)


def test_spread_is_that_of_the_worst_shape() -> None:
    samples = [sample("ours", 10, shape=shape, hosts=1) for shape in SHAPES]
    samples += [sample("ours", seconds, shape=shape) for shape, seconds in zip(SHAPES, (11, 13, 12), strict=True)]
    found = row(samples, "hosts / time for 1")
    assert (found.value, found.holds, found.rounds) == (1.3, False, 1)
    assert row(samples[:-1], "hosts / time for 1").value is None


def test_wire_time_is_compared_with_the_rate() -> None:
    samples = [sample("ours", 10, shape=shape) for shape in SHAPES]
    assert row(samples, "wire time").value == pytest.approx(9 / 8)
    assert row(samples, "wire time").holds
    assert row(samples, "temporary disk").value == 1.05


@pytest.mark.parametrize(
    ("way", "words", "goal"), [("recipe", "recipe", 4), ("zstd", "zstd", 3), ("registry", "push", 2)]
)
def test_a_rival_must_be_slower(way: str, words: str, goal: float) -> None:
    for factor, holds in ((goal, True), (goal - 0.1, False)):
        samples = [sample("ours", 10, number) for number in (1, 2)]
        samples += [sample(way, 10 * factor, number) for number in (1, 2)]
        assert row(samples, words).value == pytest.approx(factor)
        assert row(samples, words).holds is holds


def test_without_a_cap_the_best_rival_counts() -> None:
    samples = [sample("ours, no cap", 5, shape="large", hosts=1)]
    samples += [
        sample(f"{way}, no cap", seconds, shape="large", hosts=1)
        for way, seconds in zip(RIVALS, (9, 6, 20), strict=True)
    ]
    assert row(samples, "no cap").value == 1.2
    assert row(samples[:-1], "no cap").value is None


def test_of_a_changed_layer_the_worst_round_counts() -> None:
    samples = [
        sample("changed", 1, number, figures={"sent": sent, "interfaces": 1.1}) for number, sent in enumerate((1, 1.03))
    ]
    assert (row(samples, "changed top layer").value, row(samples, "changed top layer").holds) == (1.03, False)


@pytest.mark.parametrize(
    ("few", "many", "share", "holds"), [(0.4, 0.9, 0.015, True), (1.1, 0.9, 0.015, False), (0.4, 0.9, 0.03, False)]
)
def test_a_cut_may_cost_one_layer_and_little_where_layers_are_many(
    few: float, many: float, share: float, holds: bool
) -> None:
    samples = [
        sample("cut", 1, hosts=1, figures={"layers": few, "share": 0.2}),
        sample("cut", 1, shape="many", hosts=1, figures={"layers": many, "share": share}),
    ]
    found = row(samples, "after a cut")
    assert (found.value, found.holds) == (max(few, many), holds)


def test_what_a_cut_costs_from_the_counters_of_a_interface() -> None:
    # 1000 of layers and 50 besides; 500 came, 100 of them again.
    assert resent(first=550, second=650, full=1050, around=50) == pytest.approx(0.1)


def test_encrypted_against_plain_and_killed_against_undisturbed() -> None:
    samples = [
        sample("encrypted", 1.04, shape="stream", hosts=1),
        sample("plain", 1, shape="stream", hosts=1),
        sample("ours", 12),
        sample("killed", 30, figures={"slowest": 14.0}),
    ]
    assert (row(samples, "encrypted").value, row(samples, "encrypted").holds) == (1.04, True)
    assert (row(samples, "killed").value, row(samples, "killed").holds) == (1.4, False)
    assert row(samples, "killed").more == {"whole task, killed / undisturbed": [2.5]}


def test_the_table_says_what_holds() -> None:
    table = report.table(
        [
            Row("fast enough", 1.2, 1.25, False, "", 3),
            Row("slow", 1.2, 4, True, "", 2, 1),
            Row("none", None, 1, True, ""),
        ],
        OPTIONS,
    )
    assert [line.split()[0] for line in table.splitlines()[1:4]] == ["yes", "NO", "NO"]
    assert "1 of 3 hold" in table


def test_a_row_as_json_has_what_the_reader_asks_for() -> None:
    shown = Row("fast enough", 1.2, 1.25, False, "how", 3).as_json()
    assert {name: shown[name] for name in ("row", "value", "goal", "holds")} == {
        "row": "fast enough",
        "value": 1.2,
        "goal": 1.25,
        "holds": True,
    }


def test_points_are_medians_and_void_ones_are_none() -> None:
    samples = [sample("ours", seconds, number) for number, seconds in enumerate((10, 30, 20))]
    samples += [sample("zstd", 9, is_void=True), sample("recipe", 80), sample("recipe", 15, hosts=1)]
    points = plot.points(samples, OPTIONS)
    assert points == {"ours": {8: 20}, "recipe": {1: 15, 8: 80}, "zstd": {}, "registry": {}}


@pytest.mark.parametrize(("highest", "size"), [(0.5, 1), (6, 1), (7, 2), (29, 5), (61, 20), (130, 50)])
def test_the_grid_has_few_lines(highest: float, size: float) -> None:
    assert plot.step(highest) == size


def test_the_plot_is_a_drawing_with_a_line_for_each_way() -> None:
    lines = {"ours": {1: 9.0, 8: 11.0}, "recipe": {1: 10.0, 8: 80.0}, "zstd": {}, "registry": {}}
    drawing = ElementTree.fromstring(plot.draw(lines, "save | load & more"))
    kinds = [element.tag.rpartition("}")[2] for element in drawing.iter()]
    assert kinds.count("polyline") == 2
    assert kinds.count("circle") == 4


def test_the_time_of_the_task_comes_from_the_report_of_ansible() -> None:
    task = {
        "task": {"duration": {"start": "2026-01-01T00:00:00.000000Z", "end": "2026-01-01T00:00:12.500000Z"}},
        "hosts": {"gpu-02": {"seconds": 11.0}, "gpu-03": {"failed": True, "msg": "no"}},
    }
    delivered = ours.read("gpu-02: 3 of 4 layers\n" + json.dumps({"plays": [{"tasks": [task]}], "stats": {}}))
    assert delivered.seconds == 12.5
    assert delivered.failures() == {"gpu-03": "no"}
    assert ours.read("interrupted {").results == {}


class FakeLab:
    """Notes what the interfaces carry."""

    source, receivers = "gpu-01", ("gpu-02", "gpu-03")

    def __init__(self, is_capped: bool) -> None:
        self.is_capped = is_capped
        self.rates: list[float] = []

    def cap(self, rate: float) -> None:
        self.rates.append(rate)


@pytest.mark.parametrize(("is_capped", "rates"), [(True, [64, 32, 64, 64]), (False, [])])
def test_the_interfaces_carry_what_is_meant_for_the_shape(
    is_capped: bool, rates: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, emptied = FakeLab(is_capped), []
    monkeypatch.setattr(ways, "empty", lambda lab, hosts, image: emptied.append(image))
    images = {shape: Image(shape, (1,)) for shape in SHAPES}
    measure = Measure(lab, images, OPTIONS)  # type: ignore[arg-type]
    assert [measure._ready(shape, lab.receivers) for shape in SHAPES] == list(images.values()) == emptied
    measure._cap("stream")
    assert lab.rates == rates
