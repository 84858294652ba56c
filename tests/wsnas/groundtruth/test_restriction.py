from __future__ import annotations

import numpy as np
import pytest

from wsnas.errors import InputError
from wsnas.groundtruth import import_table, load, restrict, strata
from wsnas.groundtruth.restriction import Condition, parse_conditions, split_restriction
from wsnas.ranking.pools import draw_pools
from wsnas.spaces.nb201 import NB201

CELLS = [cell for cell, _ in zip(NB201().enumerate(), range(40), strict=False)]
DEPTHS = [float(4 + row % 5) for row in range(40)]
WIDTHS = [16 + 0.5 * row for row in range(40)]


@pytest.fixture(params=["imported", "file"])
def name(request, tmp_path):
    path = tmp_path / "mine.csv"
    lines = [
        f"{cell},{row / 100},{DEPTHS[row]:g},{WIDTHS[row] if row else ''}" for row, cell in enumerate(CELLS)
    ]
    path.write_text("architecture,accuracy,depth,width\n" + "\n".join(lines) + "\n")
    if request.param == "file":
        return str(path)
    return import_table("nb201", path).name


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("depth=5", lambda depth, width: depth == 5),
        ("depth=5..7", lambda depth, width: 5 <= depth <= 7),
        ("depth=..5", lambda depth, width: depth <= 5),
        ("width=30..", lambda depth, width: width >= 30),
        ("width=16.5..20,depth=4..5", lambda depth, width: 16.5 <= width <= 20 and depth <= 5),
        (" depth = 5 , width=1e1..1e2 ", lambda depth, width: depth == 5),
    ],
)
def test_rows_that_meet_all_conditions_are_kept(name, text, kept) -> None:
    table = load("nb201", f"{name}[{text}]")
    wanted = {
        cell for row, cell in enumerate(CELLS) if kept(DEPTHS[row], WIDTHS[row] if row else float("nan"))
    }
    assert set(table.architectures()) == wanted
    assert len(table) == len(wanted)
    whole = load("nb201", name)
    for position, cell in enumerate(table.architectures()):
        assert table.position(cell) == position
        assert table.accuracy(cell) == table.accuracies[position] == whole.accuracy(cell)
        assert table.columns["depth"][position] == whole.columns["depth"][whole.position(cell)]


def test_rows_outside_are_not_found(name) -> None:
    table = load("nb201", f"{name}[depth=5]")
    with pytest.raises(InputError, match=r"not among the 8 of table '.*\[depth=5\]'"):
        table.accuracy(CELLS[0])
    with pytest.raises(InputError, match="not among the 8"):
        table.accuracy(list(NB201().enumerate())[-1])


def test_name_origin_and_hash_tell_of_the_conditions(name) -> None:
    whole = load("nb201", name)
    first = load("nb201", f"{name}[width=20..,depth=5..7]")
    again = load("nb201", f"{name}[depth=5.0..7, width=20..]")
    other = load("nb201", f"{name}[depth=5..8,width=20..]")
    assert first.name == f"{whole.name}[depth=5..7,width=20..]"
    assert first.origin == f"{whole.origin}; only those with depth=5..7,width=20.."
    assert (first.name, first.sha256) == (again.name, again.sha256)
    assert len({whole.sha256, first.sha256, other.sha256}) == 3
    assert first.ceiling is None


def test_pools_are_drawn_from_the_part(name) -> None:
    table = load("nb201", f"{name}[depth=4..6]")
    pool, _ = draw_pools(table, seed=0, size=10)
    assert set(strata(table, "depth", pool.architectures)) <= {4.0, 5.0, 6.0}
    assert [table.accuracy(cell) for cell in pool.architectures] == pool.truth.tolist()


def test_slices_of_the_part_are_sequences(name) -> None:
    architectures = load("nb201", f"{name}[depth=5]").architectures()
    assert list(architectures[2:6:2]) == list(architectures)[2:6:2]


def test_strata_are_a_columns_values(name) -> None:
    table = load("nb201", name)
    assert strata(table, "depth", CELLS[3:6]).tolist() == DEPTHS[3:6]
    with pytest.raises(InputError, match="has no column 'colour', choose one of: depth, width"):
        strata(table, "colour", CELLS)


def test_parts_can_be_restricted_again(name) -> None:
    table = restrict(load("nb201", f"{name}[depth=5..7]"), parse_conditions("width=20..24"))
    assert all(5 <= depth <= 7 for depth in table.columns["depth"])
    assert all(20 <= width <= 24 for width in table.columns["width"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("depth", "condition 'depth' in [depth]: must be COLUMN=VALUE or COLUMN=LOW..HIGH"),
        ("depth=", "must be COLUMN=VALUE"),
        ("=5", "must be COLUMN=VALUE"),
        ("depth=..", "must be COLUMN=VALUE"),
        ("depth=deep", "must be COLUMN=VALUE"),
        ("depth=nan", "must be COLUMN=VALUE"),
        ("depth=7..5", "must be COLUMN=VALUE"),
        ("depth=5,,width=3", "condition '' in [depth=5,,width=3]"),
        ("", "condition '' in []"),
        ("colour=5", "has no column 'colour', choose one of: depth, width"),
        ("depth=99", "none of its 40 architectures has depth=99"),
    ],
)
def test_bad_conditions_are_refused(name, text, message) -> None:
    with pytest.raises(InputError) as caught:
        load("nb201", f"{name}[{text}]")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_table_without_columns_says_so() -> None:
    with pytest.raises(InputError, match=r"table 'nb201-analog': has no column 'depth', .* it has none"):
        load("nb201", "nb201-analog[depth=5]")


def test_split_and_conditions_are_read_as_they_are_shown() -> None:
    text = "depth=5,depth=6..,flops=-1.5..1e+20,width=..3"
    name, conditions = split_restriction(f"a[b].csv[{text}]")
    assert name == "a[b].csv"
    assert ",".join(map(str, conditions)) == text
    assert split_restriction("plain") == ("plain", [])
    assert Condition("depth", 5, 5) == parse_conditions("depth=5")[0]
    assert np.isinf(parse_conditions("depth=5..")[0].high)
