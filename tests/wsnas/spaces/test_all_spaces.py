"""What all spaces have in common; what one alone has is tested in a file of its own."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wsnas.spaces.draws import ARCHITECTURES, pass_for_uniform
from wsnas.errors import InputError, show
from wsnas.spaces import BUILT_IN, get_space, space_names
from wsnas.spaces.darts import NODES, SKIP, Darts, DartsArchitecture, DartsCell, make_cell, to_genotype
from wsnas.spaces.nb101 import CONV_3X3, MAX_POOL, NB101Architecture
from wsnas.spaces.nb201 import NB201Architecture

NB101_TEXT = "100110100001001010101-c3-mp-c3-c3-c1"
NB201_TEXT = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
DARTS_TEXT = "n:s3-0.s5-1|ap-0.d3-2|sk-1.d5-3|mp-2.sk-4+r:mp-0.mp-1|s3-0.s3-1|d3-0.d3-1|ap-0.ap-1"
TEXTS = {"nb101": NB101_TEXT, "nb201": NB201_TEXT, "darts": DARTS_TEXT}
GOOD = make_cell([[(SKIP, 0), (SKIP, 1)]] * 4)

NO_ARCHITECTURES = {
    "nb101": [
        "0",
        NB101_TEXT[:-1],
        NB101_TEXT[1:],
        NB101_TEXT + "-c3",
        NB101_TEXT.replace("mp", "mq"),
        NB101_TEXT.replace("mp", "c5"),
        NB101_TEXT.replace("-mp", ""),
        NB101_TEXT.replace("1-", "2-"),
        NB101_TEXT.replace("-", " "),
        NB101_TEXT.replace("-", "\n"),
        NB101_TEXT.replace("c3", "C3"),
        "100-c3",
        "1111111111-c3-c3-c3",
    ],
    "nb201": [
        NB201_TEXT[:-1],
        NB201_TEXT.replace("avg_pool_3x3", "max_pool_3x3"),
        NB201_TEXT.replace("avg_pool_3x3~1", "avg_pool_3x3~2"),
        NB201_TEXT.replace("avg_pool_3x3~1", "avg_pool_3x3"),
        NB201_TEXT.replace("|avg_pool_3x3~1", ""),
        NB201_TEXT.rpartition("+")[0],
        NB201_TEXT + "+|none~0|none~1|none~2|none~3|",
        NB201_TEXT.replace("+", "\n"),
        "|nor_conv_3x3~0|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    ],
    "darts": [
        DARTS_TEXT[:-1],
        DARTS_TEXT[2:],
        DARTS_TEXT.partition("+")[0],
        DARTS_TEXT + "+" + DARTS_TEXT,
        DARTS_TEXT.replace("|", "\n"),
        DARTS_TEXT.replace("d3-2", "d3-5"),
        DARTS_TEXT.replace("d3-2", "d3-3"),
        DARTS_TEXT.replace("d3-2", "d4-2"),
        DARTS_TEXT.replace("ap-0.d3-2", "ap-0.d3-2.d3-2"),
        DARTS_TEXT.replace("|ap-0.d3-2", ""),
        DARTS_TEXT + "|ap-0.ap-1",
        DARTS_TEXT + ":most",
        "Genotype",
        "Genotype(",
        "Genotype()" * 2,
        "Genotype(normal=open('x'), normal_concat=[], reduce=[], reduce_concat=[])",
        "Genotype(" * 5000,
        "Genotype(normal=" + "(" * 5000,
        repr(to_genotype(Darts().parse(DARTS_TEXT))).replace("Genotype", "Genotypes"),
    ],
}
NO_CELLS_OF_DARTS = [
    None,
    DartsCell(GOOD.nodes[:3], NODES),
    DartsCell(list(GOOD.nodes), NODES),
    DartsCell(GOOD.nodes, (2, 3)),
    DartsCell(GOOD.nodes, [2, 3, 4, 5]),
    DartsCell((*GOOD.nodes[:3], ((SKIP, 0),)), NODES),
    DartsCell((*GOOD.nodes[:3], ((SKIP, 1), (SKIP, 0))), NODES),
    DartsCell((*GOOD.nodes[:3], ((SKIP, 0), (SKIP, 5))), NODES),
    DartsCell((*GOOD.nodes[:3], ((SKIP, 0), (7, 1))), NODES),
    DartsCell((*GOOD.nodes[:3], ((SKIP, 0), (SKIP, 1.0))), NODES),
]
INVALID = {
    "nb101": [
        NB101Architecture(0, ()),
        NB101Architecture(-1, ()),
        NB101Architecture(1, (CONV_3X3,)),
        NB101Architecture(0b101, ()),
        NB101Architecture(0b101, (3,)),
        NB101Architecture(0b101, (1.0,)),
        NB101Architecture(0b101, [CONV_3X3]),
        NB101Architecture(5.0, (CONV_3X3,)),
        # A vertex that nobody reads, one that reads nobody, and too many edges.
        NB101Architecture(0b10_01_1, (CONV_3X3, MAX_POOL)),
        NB101Architecture(0b110_00_1, (CONV_3X3, MAX_POOL)),
        NB101Architecture((1 << 10) - 1, (CONV_3X3,) * 3),
        NB101Architecture(1 << 100, (CONV_3X3,) * 13),
    ],
    "nb201": [
        NB201Architecture((0, 0, 0, 0, 0)),
        NB201Architecture((0, 0, 0, 0, 0, 0, 0)),
        NB201Architecture((0, 0, 0, 0, 0, 5)),
        NB201Architecture((-1, 0, 0, 0, 0, 0)),
        NB201Architecture((0, 0, 0, 0, 0, 1.0)),
        NB201Architecture([0, 0, 0, 0, 0, 0]),
    ],
    "darts": [
        *NO_CELLS_OF_DARTS,
        *(DartsArchitecture(cell, GOOD) for cell in NO_CELLS_OF_DARTS),
        *(DartsArchitecture(GOOD, cell) for cell in NO_CELLS_OF_DARTS),
    ],
}
each_space = pytest.mark.parametrize("name", BUILT_IN)


def of_all(table: dict[str, list[Any]], common: list[Any]) -> pytest.MarkDecorator:
    cases = [(name, one) for name in BUILT_IN for one in [*common, *table[name]]]
    ids = [f"{name}-{index}" for index, (name, _) in enumerate(cases)]  # some values are too long for a name
    return pytest.mark.parametrize(("name", "value"), cases, ids=ids)


@each_space
def test_space_is_found_by_name(name: str) -> None:
    assert get_space(name).name == name
    assert name in space_names()


def test_unknown_space_lists_the_choices() -> None:
    with pytest.raises(InputError, match=r"unknown space 'nb2O1': choose one of .*nb201"):
        get_space("nb2O1")


@each_space
@given(data=st.data())
def test_string_is_read_back_as_the_same_architecture(name: str, data: st.DataObject) -> None:
    space, architecture = get_space(name), data.draw(ARCHITECTURES[name])
    text = space.format(architecture)
    space.validate(architecture)
    assert space.parse(text) == space.parse(f"  {text}\n") == architecture
    assert str(architecture) == text
    assert text.isascii()
    assert len(text) < 120
    assert not set(text) & set(" ,\"'")


@of_all(NO_ARCHITECTURES, ["", "nonsense"])
def test_string_that_is_no_architecture_is_refused_in_one_line_that_shows_it(name: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        get_space(name).parse(value)
    assert show(value) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@of_all(INVALID, [*TEXTS.values(), None])
def test_value_that_is_no_architecture_is_refused_with_the_value_shown(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"is no {name} architecture") as caught:
        get_space(name).validate(value)
    assert repr(value) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# Draws


@each_space
@pytest.mark.parametrize("kind", ["sample", "sample_unique", "sample_apart", "fair_paths", "mutate"])
def test_draws_follow_the_generator(name: str, kind: str) -> None:
    space = get_space(name)
    draw = getattr(space, kind)
    if kind == "mutate":
        draw = partial(draw, space.parse(TEXTS[name]))
    first, same, other = ([draw(rng) for _ in range(2)] for rng in map(np.random.default_rng, (3, 3, 4)))
    assert first == same
    assert first != other


def choices(architecture: Any) -> tuple[Any, list[int]]:
    """The topology of an architecture and the operation of each choice that it leaves."""
    if isinstance(architecture, NB201Architecture):
        return None, list(architecture.operations)
    if isinstance(architecture, NB101Architecture):
        return architecture.graph, list(architecture.operations)
    pairs = [p for cell in (architecture.normal, architecture.reduction) for node in cell.nodes for p in node]
    return [source for _, source in pairs], [operation for operation, _ in pairs]


@pytest.mark.parametrize(("name", "operations"), [("nb101", 3), ("nb201", 5), ("darts", 7)])
def test_fair_paths_use_every_operation_of_every_choice_once(name: str, operations: int) -> None:
    space, rng = get_space(name), np.random.default_rng(0)
    for _ in range(60):
        paths = space.fair_paths(rng)
        topologies, chosen = zip(*map(choices, paths), strict=True)
        assert all(topology == topologies[0] for topology in topologies)
        for of_one_choice in zip(*chosen, strict=True):
            assert sorted(of_one_choice) == list(range(operations))
        for path in paths:
            space.validate(path)


@pytest.mark.parametrize(("name", "operations"), [("nb101", 3), ("nb201", 5), ("darts", 7)])
def test_fair_paths_combine_the_choices_independently(name: str, operations: int) -> None:
    space, rng = get_space(name), np.random.default_rng(0)
    chosen = [choices(space.fair_paths(rng)[0])[1] for _ in range(3_000)]
    longest = max(map(len, chosen))
    pairs = Counter((one[0], one[longest // 2]) for one in chosen if len(one) == longest)
    assert pass_for_uniform(pairs, operations**2)


@each_space
def test_import_needs_neither_torch_nor_optuna(name: str) -> None:
    code = f"import sys, wsnas.spaces.{name}; sys.exit(bool({{'torch', 'optuna'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
