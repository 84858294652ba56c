from __future__ import annotations

import csv
import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from wsnas.errors import InputError
from wsnas.groundtruth import load
from wsnas.groundtruth.npz_table import FOLDER, Embedded, read_npz
from wsnas.spaces import get_space
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
