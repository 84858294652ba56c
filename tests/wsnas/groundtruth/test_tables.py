from __future__ import annotations

import csv
import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from wsnas.errors import InputError
from wsnas.groundtruth import Table, import_table, load
from wsnas.groundtruth.npz_table import FOLDER, Embedded, read_npz
from wsnas.spaces import get_space
from wsnas.spaces.darts import Darts, DartsArchitecture
from wsnas.spaces.nb201 import NB201, NB201Architecture

REFERENCE = Path(__file__).parents[4] / "shared" / "data" / "nb201.csv.gz"


def test_embedded_table_covers_the_space_in_its_order() -> None:
    table = load("nb201")
    assert (table.name, table.space, len(table)) == ("nb201-analog", "nb201", 15_625)
    assert list(table.architectures()) == list(NB201().enumerate())
    assert table.accuracies.dtype == np.float64
    assert table.accuracies.shape == (15_625,)
    assert "analog-nasbench" in table.origin


def test_accuracies_are_fractions_with_chance_for_the_empty_cell() -> None:
    table = load(NB201())
    assert table.accuracy(NB201Architecture((0, 0, 0, 0, 0, 0))) == 0.1
    assert table.accuracies.max() == 0.940664
    assert table.accuracies.min() == 0.1


def test_lookup_agrees_with_the_aligned_array() -> None:
    table = load("nb201")
    for position in (0, 1, 7_000, 15_624):
        assert table.accuracy(table.architectures()[position]) == table.accuracies[position]


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"reference data {REFERENCE.name} is absent")
def test_embedded_table_agrees_with_the_benchmark() -> None:
    space = get_space("nb201")
    table = load(space)
    with gzip.open(REFERENCE, "rt") as file:
        rows = [(space.parse(row["arch"]), float(row["c10_test_200"])) for row in csv.DictReader(file)]
    ours = [table.accuracy(architecture) for architecture, _ in rows]
    theirs = [accuracy for _, accuracy in rows]
    assert kendalltau(ours, theirs).statistic == pytest.approx(0.926, abs=5e-4)
    assert spearmanr(ours, theirs).statistic == pytest.approx(0.991, abs=5e-4)


def _chains() -> list[list[DartsArchitecture]]:
    """Return some architectures of DARTS, each in all the ways to write it; the canonical one first."""
    space, rng = Darts(), np.random.default_rng(0)
    drawn = (space.sample(rng) for _ in range(200))
    classes = (list(space.encodings(architecture)) for architecture in drawn)
    return [ways for ways in classes if len(ways) > 3][:6]


def _table(kind: str, folder: Path, space: str, texts: list[str]) -> Table[Any]:
    """Make a table of a kind; the accuracies of its rows are 0.10, 0.11, .."""
    lines = [f"{text},{0.1 + row / 100:.2f},{row}" for row, text in enumerate(texts)]
    content = "\n".join(["architecture,accuracy,depth", *lines, ""])
    (folder / "table.csv").write_text(content)
    if kind == "measured":
        described = {"name": "mine", "space": space, "origin": "", "seed": 0, "protocol": {}, "ceiling": None}
        described["sha256"] = hashlib.sha256(content.encode()).hexdigest()
        (folder / "table.json").write_text(json.dumps(described))
        return load(space, folder)
    if kind == "imported":
        return import_table(space, folder / "table.csv")
    return load(space, f"{folder / 'table.csv'}{kind}")


EVERY_KIND = pytest.mark.parametrize("kind", ["", "[depth=0..99]", "imported", "measured"])


@EVERY_KIND
def test_a_darts_architecture_is_found_however_it_is_written(kind: str, tmp_path: Path) -> None:
    space, classes = Darts(), _chains()
    # Not the canonical one, since files have any.
    table = _table(kind, tmp_path, "darts", [space.format(ways[len(ways) // 2]) for ways in classes])
    for row, ways in enumerate(classes):
        assert {table.find(way) for way in ways} == {table.find(ways[len(ways) // 2])}
        assert table.accuracy(ways[0]) == pytest.approx(0.1 + row / 100)
    other = space.parse(space.format(classes[0][0]).replace("s3", "s5").replace("mp", "ap"))
    assert table.find(other) is None


@EVERY_KIND
def test_of_two_encodings_in_a_table_each_is_itself_and_others_are_the_first(
    kind: str, tmp_path: Path
) -> None:
    space, (ways, *_) = Darts(), _chains()
    texts = sorted(map(space.format, ways))[1:3]
    table = _table(kind, tmp_path, "darts", texts)
    found = {space.format(way): table.accuracy(way) for way in ways}
    assert [found.pop(text) for text in texts] == pytest.approx([0.1, 0.11])
    assert len(found) > 1
    assert list(found.values()) == pytest.approx([0.1] * len(found))


def test_the_part_of_a_table_has_the_encoding_that_is_in_the_part(tmp_path: Path) -> None:
    space, (ways, *_) = Darts(), _chains()
    _table("", tmp_path, "darts", [space.format(way) for way in ways[:2]])
    part = load("darts", f"{tmp_path / 'table.csv'}[depth=1]")
    assert {part.find(way) for way in ways[1:]} == {0}
    assert part.find(ways[0]) == 0


@EVERY_KIND
def test_any_labelling_of_a_nas_bench_101_cell_is_found(kind: str, tmp_path: Path) -> None:
    space = get_space("nb101")
    drawn = [path for seed in range(20) for path in space.fair_paths(np.random.default_rng(seed))]
    paths = {space.format(path): path for path in drawn if space.parse(space.format(path)) != path}
    assert paths
    table = _table(kind, tmp_path, "nb101", sorted(paths))
    for row, text in enumerate(sorted(paths)):
        assert table.accuracy(paths[text]) == pytest.approx(0.1 + row / 100)


def test_accuracies_cannot_be_changed_by_a_user_of_the_table() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load("nb201").accuracies[0] = 1


def test_table_can_be_given_by_name() -> None:
    assert load("nb201", "nb201-analog").sha256 == load("nb201").sha256


@pytest.mark.parametrize("table", ["nb202", "absent/table.csv", Path("absent.csv"), "nothing[depth=5]"])
def test_unknown_table_lists_the_choices(table) -> None:
    with pytest.raises(
        InputError, match=r"unknown table .* nb201-analog, nb201-mini, the path of a CSV file"
    ):
        load("nb201", table)


def test_unknown_space_is_refused() -> None:
    with pytest.raises(InputError, match="unknown space 'nb999'"):
        load("nb999")


def test_damaged_or_missing_embedded_file_is_named(tmp_path) -> None:
    content = bytearray((FOLDER / "nb201-analog.npz").read_bytes())
    embedded = Embedded(space="nb201", sha256=load("nb201").sha256)
    with pytest.raises(InputError, match=r"nb201-analog\.npz: No such file"):
        read_npz("nb201-analog", embedded, NB201(), folder=tmp_path)
    content[1000] ^= 1
    (tmp_path / "nb201-analog.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"nb201-analog\.npz: damaged"):
        read_npz("nb201-analog", embedded, NB201(), folder=tmp_path)


def test_import_is_light() -> None:
    code = "import sys, wsnas.groundtruth; sys.exit(bool({'torch', 'optuna'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
