from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.wsnas.groundtruth.refusing import refusal
from wsnas.errors import InputError
from wsnas.groundtruth import import_table, load
from wsnas.spaces import get_space
from wsnas.spaces.nb201 import NB201Architecture

DATA = Path(__file__).parents[4] / "shared" / "data"
FIRST = NB201Architecture((3, 1, 2, 0, 4, 1))
SECOND = NB201Architecture((0, 1, 2, 3, 4, 0))
TEXT = f"depth,arch,note,c10,empty,hash\n8,{FIRST},x,93.5,,1e5\n12.5,{SECOND},y,80,,ab\n"
NAMED = {"architecture_column": "arch", "accuracy_column": "c10", "percent": True}


@pytest.fixture
def write(save):
    return lambda text, name="mine.csv", encode=str.encode: save(encode(text), name)


def compress(text):
    return gzip.compress(text.encode())


EACH_FORM = pytest.mark.parametrize(("name", "encode"), [("mine.csv", str.encode), ("mine.csv.gz", compress)])


@EACH_FORM
def test_named_columns_and_percentages_are_read(write, name, encode) -> None:
    table = import_table("nb201", write(TEXT, name, encode), **NAMED)
    assert (table.name, len(table)) == ("mine", 2)
    assert (table.accuracy(FIRST), table.accuracy(SECOND)) == (0.935, 0.8)
    assert table.origin == f"{name}, column c10"


def test_further_columns_of_numbers_are_kept(write) -> None:
    table = import_table("nb201", write(TEXT), **NAMED)
    assert list(table.columns) == ["depth"]
    assert table.columns["depth"][table.position(SECOND)] == 12.5
    assert table.meanings == {"depth": "column depth of mine.csv"}


def test_empty_fields_of_a_column_are_nan(write) -> None:
    text = f"architecture,accuracy,seconds\n{FIRST},0.5,\n{SECOND},0.25,7\n"
    columns = load("nb201", write(text)).columns
    assert np.isnan(columns["seconds"][0])
    assert columns["seconds"][1] == 7


@EACH_FORM
def test_table_can_be_used_without_import(write, name, encode) -> None:
    text = f"architecture,accuracy,depth\n{FIRST},0.5,8\n{SECOND},0.25,12\n"
    path = write(text, name, encode)
    assert load("nb201", path).accuracies.tolist() == [0.5, 0.25]
    assert load("nb201", f"{path}[depth=12]").accuracies.tolist() == [0.25]


def test_path_with_brackets_is_a_path_first(write) -> None:
    path = write(f"architecture,accuracy\n{FIRST},0.5\n", "mine[depth=8]")
    assert len(load("nb201", path)) == 1


def test_missing_columns_are_named_with_the_way_out(write) -> None:
    message = refusal("nb201", write(TEXT))
    assert "must include architecture and accuracy; others are named with --architecture-column" in message
    assert "must include arch and c100" in refusal(
        "nb201", write(TEXT), **NAMED | {"accuracy_column": "c100"}
    )


def test_accuracy_that_is_no_percentage_is_refused(write) -> None:
    message = refusal("nb201", write(TEXT), **NAMED | {"accuracy_column": "note"})
    assert "line 2: accuracy 'x' must be a percentage from 0 to 100" in message


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
@EACH_FORM
def test_file_cut_short_is_refused(write, name, encode, share) -> None:
    path = write(TEXT + "".join(f"9,{FIRST},z,1,,3\n" for _ in range(50)), name, encode)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    message = refusal("nb201", path, **NAMED)
    assert any(reason in message for reason in ("cut short", "a second time", "of no known format"))


def test_cells_of_nb101_as_graphs_are_read_as_the_mean_of_their_trainings(write) -> None:
    space = get_space("nb101")
    cell = space.parse("110101-mp-mp")
    text = (
        "hash,adj_upper,ops,params,test108_r1,test108_r2,test108\n"
        f"{space.identity(cell)},110101,mp-mp,1756298,0.88,0.86,0.5\n"
        f"{space.identity(space.parse('1'))},1,,100,0.5,0.5,0.5\n"
    )
    table = import_table("nb101", write(text))
    assert table.accuracy(cell) == pytest.approx(0.87)
    assert table.columns["params"][table.position(cell)] == 1_756_298
    third = import_table("nb101", write(text), accuracy_column="test108", replace=True)
    assert third.accuracy(cell) == 0.5
    wrong = text.replace(space.identity(cell), "00" * 16)
    with pytest.raises(InputError, match=r"line 2: the hash '000.* is not that of its cell 110101-mp-mp"):
        import_table("nb101", write(wrong))


@pytest.mark.skipif(not DATA.is_dir(), reason="reference data are absent")
def test_reference_table_of_nb201_is_imported() -> None:
    path = DATA / "nb201.csv.gz"
    table = import_table(
        "nb201", path, architecture_column="arch", accuracy_column="c10_test_200", percent=True
    )
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    assert len(table) == len(rows) == 15_625
    space = get_space("nb201")
    for row in rows[::1000]:
        cell = space.parse(row["arch"])
        assert table.accuracy(cell) == pytest.approx(float(row["c10_test_200"]) / 100)
        assert table.columns["c100_test_200"][table.position(cell)] == float(row["c100_test_200"])
    assert table.accuracies.max() == pytest.approx(0.94373, abs=1e-4)


@pytest.mark.skipif(not DATA.is_dir(), reason="reference data are absent")
def test_reference_table_of_nb101_is_imported_as_it_is() -> None:
    path = DATA / "nb101_sub5v_retrain.csv.gz"
    table = import_table("nb101", path)
    with gzip.open(path, "rt") as file:
        rows = {row["hash"]: row for row in csv.DictReader(file)}
    space = get_space("nb101")
    assert len(table) == len(rows) == 772
    for position, cell in enumerate(table.architectures()):
        row = rows[space.identity(cell)]
        assert table.accuracies[position] == pytest.approx(float(row["test108"]), abs=2e-6)
        assert table.columns["params"][position] == float(row["params"])
