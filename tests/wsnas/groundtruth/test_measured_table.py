from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wsnas.errors import InputError
from wsnas.groundtruth import Ceiling, load, table_names
from wsnas.groundtruth.measured_table import embedded_tables, is_measured, read_description, read_measured
from wsnas.spaces import get_space, space_names

FIRST = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
SECOND = "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"
HEADER = "architecture,seed,accuracy,seconds\n"
ROWS = f"{HEADER}{FIRST},1,0.100000,1.00\n{SECOND},2,0.400000,1.00\n{SECOND},3,0.500000,1.00\n"
EMBEDDED = [(space, name) for space in space_names() for name in embedded_tables(space)]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a measured table; keywords change its description."""

    def make(rows: str = ROWS, **changes: Any) -> Path:
        folder = tmp_path / "table"
        folder.mkdir(exist_ok=True)
        (folder / "table.csv").write_text(rows)
        description = {
            "name": "mine",
            "space": "nb201",
            "origin": "3 trainings",
            "sha256": hashlib.sha256(rows.encode()).hexdigest(),
            "seed": 0,
            "protocol": {},
            "ceiling": None,
        }
        (folder / "table.json").write_text(json.dumps({**description, **changes}))
        return folder

    return make


def test_architectures_with_the_same_accuracies_tie_in_whatever_order_they_were_trained(write: Write) -> None:
    trainings = {FIRST: (0.1, 0.2, 0.3), SECOND: (0.3, 0.2, 0.1)}
    assert len({float(np.mean(values)) for values in trainings.values()}) == 2
    lines = [f"{cell},{seed},{values[seed]},1" for cell, values in trainings.items() for seed in range(3)]
    table = load("nb201", write(HEADER + "\n".join([*lines, ""])))
    assert table.accuracies[0] == table.accuracies[1]


def test_a_folder_is_a_table_with_mean_deviation_and_number_of_trainings(write: Write) -> None:
    folder = write()
    assert is_measured(folder)
    table = load("nb201", folder)
    space = get_space("nb201")
    assert [space.format(each) for each in table.architectures()] == [FIRST, SECOND]
    assert table.accuracies.tolist() == pytest.approx([0.1, 0.45])
    assert table.columns["trainings"].tolist() == [1, 2]
    assert table.columns["deviation"][1] == pytest.approx(np.std([0.4, 0.5], ddof=1))
    assert np.isnan(table.columns["deviation"][0])
    assert (table.name, table.origin, table.ceiling) == ("mine", "3 trainings", None)
    assert table.sha256 == hashlib.sha256(ROWS.encode()).hexdigest()


def test_its_columns_restrict_it_like_any_other(write: Write) -> None:
    assert len(load("nb201", f"{write()}[trainings=2]")) == 1


def test_a_table_of_another_space_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match="is of space nb201, not of nb101"):
        load("nb101", write())


def test_a_changed_table_is_refused(write: Write) -> None:
    folder = write()
    (folder / "table.csv").write_text(ROWS.replace("0.4", "0.9"))
    with pytest.raises(InputError, match=r"table\.csv.*damaged"):
        load("nb201", folder)


def test_a_table_without_its_rows_is_refused(write: Write) -> None:
    folder = write()
    (folder / "table.csv").unlink()
    with pytest.raises(InputError, match=r"table\.csv.*No such file"):
        load("nb201", folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"ceiling": 1}', '{"ceiling": null, "x": 1}', "[" * 3000]
)
def test_a_description_that_is_none_is_refused(write: Write, text: str) -> None:
    folder = write()
    (folder / "table.json").write_text(text)
    with pytest.raises(InputError, match="no description of a measured table"):
        load("nb201", folder)


CEILING = {"mean": 0.9, "low": 0.8, "high": 1, "source": "pools", "split_half": [0.7, 0.6, 0.8]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": 3}, "its name is no text"),
        ({"origin": None}, "its origin is no text"),
        ({"space": ["nb201"]}, "its space is no text"),
        ({"ceiling": {**CEILING, "mean": "0.9"}}, "its ceiling is not numbers from -1 to 1 and a source"),
        ({"ceiling": {**CEILING, "mean": 10**400}}, "its ceiling is not numbers from -1 to 1 and a source"),
        (
            {"ceiling": {**CEILING, "high": np.nan}},
            "its ceiling is not numbers from -1 to 1 and a source",
        ),
        ({"ceiling": {**CEILING, "low": True}}, "its ceiling is not numbers from -1 to 1 and a source"),
        ({"ceiling": {**CEILING, "source": None}}, "its ceiling is not numbers from -1 to 1 and a source"),
        ({"ceiling": {**CEILING, "split_half": [0.7, 0.6]}}, "split_half is not three numbers"),
        ({"ceiling": {**CEILING, "split_half": 0.7}}, "not iterable"),
        ({"ceiling": {**CEILING, "colour\n": 1}}, "colour"),
        ({"sha256": "1\r\n"}, r"must be '1\\r\\n'"),
    ],
)
def test_a_description_with_values_of_the_wrong_kind_is_refused_in_one_line(
    write: Write, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        load("nb201", write(**changes))
    assert len(str(caught.value).splitlines()) == 1


def test_a_ceiling_is_read_with_and_without_split_half(write: Write) -> None:
    ceiling = load("nb201", write(ceiling=CEILING)).ceiling
    assert ceiling == Ceiling(mean=0.9, low=0.8, high=1, source="pools", split_half=(0.7, 0.6, 0.8))
    assert load("nb201", write(ceiling={**CEILING, "split_half": None})).ceiling is not None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "has no rows"),
        (HEADER, "has no rows"),
        ("architecture,seed\nx,1\n", "has no column 'accuracy'"),
        (f"{HEADER}cell-of-another-space,1,0.5,1\n", "line 2: .*cell-of-another-space"),
        (f"{HEADER}{FIRST},1,much,1\n", "line 2: .*much"),
        (f"{HEADER}{FIRST},1\n", "line 2: must have as many fields as the first line"),
        ("accuracy,architecture\n0.5\n", "line 2: must have as many fields as the first line"),
        (f"{HEADER}{FIRST},1,93.5,1\n", "line 2: accuracy 93.5 is no fraction"),
        (f"{ROWS}{FIRST},1,nan,1\n", "line 5: accuracy nan is no fraction"),
    ],
)
def test_rows_that_are_none_are_refused_with_their_line(write: Write, rows: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_measured(write(rows), get_space("nb201"))


@pytest.mark.parametrize(("space", "name"), EMBEDDED)
def test_an_embedded_table_is_whole_and_has_a_ceiling_above_its_split_half(space: str, name: str) -> None:
    assert name in table_names(space)
    table = load(space, name)
    assert table.name == name
    assert table.ceiling is not None
    assert table.ceiling.split_half is not None
    assert table.ceiling.split_half[0] < table.ceiling.mean < 1
    architectures = table.architectures()
    assert 2 * sum(map(get_space(space).comparable, architectures)) >= len(table)


@pytest.mark.parametrize(("space", "name"), EMBEDDED)
def test_an_embedded_table_is_of_the_spaces_protocol_and_draw(space: str, name: str) -> None:
    from wsnas.standalone.job import Job, Unit
    from wsnas.standalone.protocol import StandaloneProtocol, space_protocol

    folder = embedded_tables(space)[name]
    description = read_description(folder)
    assert StandaloneProtocol(**description.protocol) == space_protocol(space)
    table = load(space, name)
    job = Job(
        space=space,
        seed=description.seed,
        size=len(table),
        seeds=1,
        repeated=0,
        protocol=space_protocol(space),
    )
    assert list(table.architectures()) == job.architectures()
    with (folder / "table.csv").open() as file:
        seeds = [int(row["seed"]) for row in csv.DictReader(file)]
    assert seeds[: len(table)] == [job.training_seed(Unit(index=i, repeat=0)) for i in range(len(table))]
