from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wsnas.errors import InputError, RunError
from wsnas.groundtruth import Ceiling
from wsnas.groundtruth.mapped_table import DESCRIPTION, ROWS, Source, open_table, write_table
from wsnas.groundtruth.rows import Column, Rows
from wsnas.ranking.pools import draw_pools
from wsnas.spaces import get_space
from wsnas.spaces.nb201 import NB201, NB201Architecture

SPACE = NB201()
CELLS = [SPACE.sample(np.random.default_rng(seed)) for seed in range(50)]
ACCURACIES = np.linspace(0.1, 0.9, len(CELLS))
SOURCE = Source(name="file.csv", sha256="ab" * 32)


def rows(cells=CELLS, accuracies=ACCURACIES, **columns) -> Rows:
    return Rows(
        architectures=[SPACE.format(cell) for cell in cells],
        accuracies=np.asarray(accuracies),
        origin="the test",
        columns={name: Column(values=values, meaning=f"the {name}") for name, values in columns.items()},
    )


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "tables" / "nb201" / "mine"


@pytest.fixture
def written(folder):
    write_table(rows(depth=np.arange(50.0)), folder, space="nb201", source=SOURCE)
    return folder


def refusal(folder, space=SPACE) -> str:
    with pytest.raises(InputError) as caught:
        open_table(folder, space)
    assert "\n" not in str(caught.value)
    assert "'mine'" in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_read(written) -> None:
    table = open_table(written, SPACE)
    assert (table.name, table.space, table.origin, len(table)) == ("mine", "nb201", "the test", 50)
    for row, cell in enumerate(CELLS):
        position = table.position(cell)
        assert table.architectures()[position] == cell
        assert table.accuracy(cell) == table.accuracies[position] == ACCURACIES[row]
        assert table.columns["depth"][position] == row
    assert table.meanings == {"depth": "the depth"}
    assert table.source == SOURCE
    assert table.ceiling is None
    assert table.sha256 == hashlib.sha256((written / ROWS).read_bytes()).hexdigest()


def test_rows_are_sorted_whatever_the_order_of_the_file(written, folder) -> None:
    table = open_table(written, SPACE)
    texts = [SPACE.format(cell) for cell in table.architectures()]
    assert texts == sorted(texts)
    shuffled = np.random.default_rng(0).permutation(50)
    again = folder.with_name("again")
    write_table(
        rows([CELLS[row] for row in shuffled], ACCURACIES[shuffled], depth=np.arange(50.0)[shuffled]),
        again,
        space="nb201",
        source=SOURCE,
    )
    assert open_table(again, SPACE).sha256 == table.sha256


def test_architectures_behave_as_a_sequence(written) -> None:
    architectures = open_table(written, SPACE).architectures()
    everything = list(architectures)
    assert len(architectures) == len(everything) == 50
    assert architectures[-1] == everything[-1]
    assert architectures[np.int64(3)] == everything[3]
    assert list(architectures[5:20:4]) == everything[5:20:4]
    assert everything[7] in architectures
    with pytest.raises(IndexError):
        architectures[50]


def test_absent_architecture_is_refused(written) -> None:
    table = open_table(written, SPACE)
    absent = next(cell for cell in SPACE.enumerate() if cell not in CELLS)
    assert table.find(absent) is None
    for first_or_last in (NB201Architecture((4,) * 6), NB201Architecture((1,) * 6)):
        assert (table.find(first_or_last) is None) == (first_or_last not in CELLS)
    with pytest.raises(InputError, match="not among the 50 of table 'mine'"):
        table.accuracy(absent)


def test_any_labelling_of_a_cell_is_found(folder) -> None:
    space = get_space("nb101")
    paths = space.fair_paths(np.random.default_rng(3))
    texts = sorted({space.format(path) for path in paths})
    write_table(
        Rows(architectures=texts, accuracies=np.full(len(texts), 0.5), origin="the test"),
        folder,
        space="nb101",
        source=SOURCE,
    )
    table = open_table(folder, space)
    assert [table.accuracy(path) for path in paths] == [0.5] * len(paths)


def test_pools_are_drawn_from_it(written) -> None:
    table = open_table(written, SPACE)
    first, second = draw_pools(table, seed=3, size=20)
    assert [table.accuracy(cell) for cell in first.architectures] == first.truth.tolist()
    assert not set(first.architectures) & set(second.architectures)


def test_values_cannot_be_changed(written) -> None:
    table = open_table(written, SPACE)
    for values in (table.accuracies, table.columns["depth"]):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1


def test_numbers_are_aligned_and_every_bit_is_kept(folder) -> None:
    values = np.array([0.1, 1 / 3, np.nextafter(1, 0)])
    write_table(rows(CELLS[:3], values), folder, space="nb201", source=SOURCE)
    table = open_table(folder, SPACE)
    assert table.accuracies.flags.aligned
    assert [table.accuracy(cell) for cell in CELLS[:3]] == values.tolist()


def test_a_table_is_replaced_once_the_new_one_is_whole(written) -> None:
    old = open_table(written, SPACE)
    write_table(rows(CELLS[:3], ACCURACIES[:3]), written, space="nb201", source=SOURCE, replace=True)
    assert len(open_table(written, SPACE)) == 3
    assert old.accuracy(CELLS[4]) == ACCURACIES[4]
    assert [path.name for path in written.parent.iterdir()] == ["mine"]


@pytest.mark.parametrize("step", ["numpy.save", "pathlib.Path.write_text", "hashlib.file_digest"])
def test_failure_leaves_nothing_or_the_old_table(folder, monkeypatch, step) -> None:
    def fail(*arguments, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, fail)
    with pytest.raises(RunError, match=r"cannot be written \(No space left on device\)"):
        write_table(rows(), folder, space="nb201", source=SOURCE)
    assert list(folder.parent.iterdir()) == []
    monkeypatch.undo()
    write_table(rows(), folder, space="nb201", source=SOURCE)
    before = (folder / ROWS).read_bytes()
    monkeypatch.setattr(step, fail)
    with pytest.raises(RunError):
        write_table(rows(CELLS[:2], [0, 1]), folder, space="nb201", source=SOURCE, replace=True)
    assert (folder / ROWS).read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]


def test_failed_move_brings_the_old_table_back(written, monkeypatch) -> None:
    rename = Path.rename

    def fail_once(path, target):
        if path.name == "fresh":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(RunError, match="Input/output error"):
        write_table(rows(CELLS[:2], [0, 1]), written, space="nb201", source=SOURCE, replace=True)
    assert len(open_table(written, SPACE)) == 50
    assert [path.name for path in written.parent.iterdir()] == ["mine"]


def test_killed_import_leaves_nothing_that_passes_for_a_table(folder) -> None:
    code = (
        "import os, numpy, hashlib\n"
        "from pathlib import Path\n"
        "from wsnas.groundtruth.mapped_table import Source, write_table\n"
        "from wsnas.groundtruth.rows import Rows\n"
        "hashlib.file_digest = lambda *a: os._exit(9)\n"
        "rows = Rows(architectures=['a'], accuracies=numpy.array([0.5]), origin='x')\n"
        f"write_table(rows, Path({str(folder)!r}), space='nb201', source=Source(name='', sha256=''))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, env=os.environ).returncode == 9
    assert not folder.exists()
    assert all(path.name.startswith(".") for path in folder.parent.iterdir())


@pytest.mark.parametrize("position", [0, 90, 200, -1])
def test_damaged_rows_are_found(written, position) -> None:
    content = bytearray((written / ROWS).read_bytes())
    content[position] ^= 1
    (written / ROWS).write_bytes(content)
    assert "damaged, its rows are not those that were written: import it again" in refusal(written)


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
@pytest.mark.parametrize("name", [ROWS, DESCRIPTION])
def test_files_cut_short_are_found(written, name, share) -> None:
    content = (written / name).read_bytes()
    (written / name).write_bytes(content[: int(len(content) * share)])
    assert "import it again" in refusal(written)


@pytest.mark.parametrize("name", [ROWS, DESCRIPTION])
def test_missing_files_are_named(written, name) -> None:
    (written / name).unlink()
    assert "No such file or directory: import it again" in refusal(written)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "written by another version of wsnas: import it again"),
        ({"space": "darts"}, "is of space 'darts', not 'nb201'"),
        ({"columns": {"width": ""}}, "damaged"),
        ({"source": {}}, "damaged"),
        ({"columns": []}, "damaged (its origin or its columns are missing)"),
        ({"origin": 3}, "damaged (its origin or its columns are missing)"),
        (
            {"ceiling": {"mean": "x", "low": 0, "high": 1, "source": ""}},
            "damaged (its ceiling is not numbers",
        ),
        ({"ceiling": 1}, "damaged"),
        ({"space": "a\nb"}, r"is of space 'a\nb', not 'nb201'"),
    ],
)
def test_description_that_does_not_fit_is_refused(written, changes, message) -> None:
    path = written / DESCRIPTION
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    assert message in refusal(written)


def test_description_that_is_nested_too_deeply_is_refused(written) -> None:
    (written / DESCRIPTION).write_text("[" * 3000)
    assert "import it again" in refusal(written)


def test_ceiling_is_read_where_there_is_one(written) -> None:
    path = written / DESCRIPTION
    ceiling = {"mean": 0.9, "low": 0.88, "high": 0.92, "source": "three trainings"}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"ceiling": ceiling}))
    assert open_table(written, SPACE).ceiling == Ceiling(**ceiling)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory is read from /proc")
def test_opening_423_624_rows_takes_little_memory(tmp_path) -> None:
    folder = tmp_path / "big"
    count = 423_624
    texts = [f"{number:021b}-c3-c3-mp-c1-mp" for number in range(count)]
    columns = {name: Column(values=np.zeros(count), meaning="") for name in ("a", "b", "c", "d")}
    big = Rows(architectures=texts, accuracies=np.linspace(0.1, 0.9, count), origin="", columns=columns)
    write_table(big, folder, space="nb101", source=SOURCE)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from wsnas.groundtruth.lazy import find_sorted\n"
        "from wsnas.groundtruth.mapped_table import open_table\n"
        "from wsnas.spaces import get_space\n"
        "def used():\n"
        "    status = Path('/proc/self/status').read_text().split()\n"
        "    return int(status[status.index('VmRSS:') + 1]) / 1024\n"
        "space, before = get_space('nb101'), used()\n"
        f"table = open_table(Path({str(folder)!r}), space)\n"
        "assert len(table) == 423_624\n"
        "find_sorted(table.texts, b'0' * 21 + b'-c3-c3-mp-c1-mp')\n"
        "sys.stdout.write(str(used() - before))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert float(run.stdout) < 50
