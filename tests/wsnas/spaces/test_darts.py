from __future__ import annotations

import json
from collections import Counter
from itertools import combinations, permutations, product
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given

from tests.wsnas.spaces.draws import ARCHITECTURES, pass_for_uniform
from wsnas.errors import InputError
from wsnas.spaces import darts
from wsnas.spaces.darts import (
    INPUTS,
    NODES,
    OPERATIONS,
    SEP_CONV_3X3,
    Darts,
    DartsArchitecture,
    DartsCell,
    Genotype,
    from_genotype,
    make_cell,
    to_genotype,
)

DARTS_V2 = Genotype(
    normal=[
        ("sep_conv_3x3", 0),
        ("sep_conv_3x3", 1),
        ("sep_conv_3x3", 0),
        ("sep_conv_3x3", 1),
        ("sep_conv_3x3", 1),
        ("skip_connect", 0),
        ("skip_connect", 0),
        ("dil_conv_3x3", 2),
    ],
    normal_concat=[2, 3, 4, 5],
    reduce=[
        ("max_pool_3x3", 0),
        ("max_pool_3x3", 1),
        ("skip_connect", 2),
        ("max_pool_3x3", 1),
        ("max_pool_3x3", 0),
        ("skip_connect", 2),
        ("skip_connect", 2),
        ("max_pool_3x3", 1),
    ],
    reduce_concat=[2, 3, 4, 5],
)
DARTS_V2_TEXT = "n:s3-0.s3-1|s3-0.s3-1|sk-0.s3-1|sk-0.d3-2:all+r:mp-0.mp-1|mp-1.sk-2|mp-0.sk-2|mp-1.sk-2:all"
LOOSE_TEXT = "n:s3-0.s5-1|ap-0.d3-2|sk-1.d5-3|mp-2.sk-4+r:mp-0.mp-1|s3-0.s3-1|d3-0.d3-1|ap-0.ap-1"


def renamed(cell: DartsCell, names: tuple[int, ...]) -> DartsCell | None:
    """The cell with node i called names[i], or None where a node would come before one that it reads."""
    pairs: dict[int, list[tuple[int, int]]] = {}
    for node, read in zip(NODES, cell.nodes, strict=True):
        name = names[node - INPUTS]
        pairs[name] = [(op, source if source < INPUTS else names[source - INPUTS]) for op, source in read]
        if any(source >= name for _, source in pairs[name]):
            return None
    return make_cell([pairs[node] for node in NODES], concat_all=len(cell.concat) == len(NODES))


def renamings(cell: DartsCell) -> set[DartsCell]:
    return {other for names in permutations(NODES) if (other := renamed(cell, names)) is not None}


# Strings and genotypes


@given(ARCHITECTURES["darts"])
def test_genotype_is_read_back_as_the_same_architecture(architecture: DartsArchitecture) -> None:
    genotype = to_genotype(architecture)
    assert from_genotype(genotype) == architecture
    assert from_genotype(json.loads(json.dumps(genotype._asdict()))) == architecture
    assert Darts().parse(repr(genotype)) == architecture


def test_published_genotype_is_read_in_all_its_forms() -> None:
    class Published(NamedTuple):
        normal: Any
        normal_concat: Any
        reduce: Any
        reduce_concat: Any

    expected = Darts().parse(DARTS_V2_TEXT)
    assert str(expected) == DARTS_V2_TEXT
    assert from_genotype(DARTS_V2) == expected
    assert from_genotype(Published(*DARTS_V2[:3], range(2, 6))) == expected
    text = repr(DARTS_V2._replace(normal_concat=range(2, 6)))  # type: ignore[arg-type]
    assert "range(2, 6)" in text
    assert Darts().parse(f"  {text}\n") == expected


def test_output_of_the_loose_ends_is_told_from_that_of_all_nodes() -> None:
    space = Darts()
    loose = space.parse(LOOSE_TEXT)
    assert loose.normal.concat == (5,)
    assert loose.reduction.concat == NODES
    everything = space.parse(LOOSE_TEXT.replace("+", ":all+"))
    assert everything.normal == DartsCell(loose.normal.nodes, NODES)
    # Where both coincide there is one string.
    assert space.format(space.parse(LOOSE_TEXT + ":all")) == LOOSE_TEXT


def test_order_of_pairs_and_of_concat_does_not_matter() -> None:
    space = Darts()
    assert space.parse("n:s5-1.s3-0|d3-2.ap-0|d5-3.sk-1|sk-4.mp-2" + LOOSE_TEXT[39 + 2 :]) == space.parse(
        LOOSE_TEXT
    )
    swapped = DARTS_V2._replace(
        normal=DARTS_V2.normal[1::-1] + DARTS_V2.normal[2:], reduce_concat=[5, 3, 4, 2]
    )
    assert from_genotype(swapped) == from_genotype(DARTS_V2)


def test_two_equal_inputs_in_a_node_are_read() -> None:
    text = LOOSE_TEXT.replace("s3-0.s5-1", "s3-0.s3-0").replace("mp-2.sk-4", "sk-4.mp-4")
    architecture = Darts().parse(text)
    Darts().validate(architecture)
    assert architecture.normal.nodes[0] == ((SEP_CONV_3X3, 0), (SEP_CONV_3X3, 0))
    assert "mp-4.sk-4" in str(architecture)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"normal": [("none", 0), *DARTS_V2.normal[1:]]}, "'none' is no operation of an architecture"),
        ({"normal": [("conv_3x3", 0), *DARTS_V2.normal[1:]]}, "'conv_3x3' is none of max_pool_3x3, "),
        ({"reduce": [("skip_connect", 2), *DARTS_V2.reduce[1:]]}, "node 2 reads 2, which is none of 0 to 1"),
        ({"reduce": [("skip_connect", True), *DARTS_V2.reduce[1:]]}, "node 2 reads True"),
        ({"normal": DARTS_V2.normal[:6]}, "a cell has 8 pairs, two for each node"),
        ({"normal": "sep_conv_3x3"}, r"it is not a list of \(operation, input\)"),
        ({"normal": None}, r"it is not a list of \(operation, input\)"),
        ({"normal_concat": [2, 3]}, r"normal_concat=\[2, 3\] is neither all nodes, \[2, 3, 4, 5\], nor"),
        ({"reduce_concat": [3, 4, 5, 5]}, r"nor those that no other node reads, \[3, 4, 5\]"),
        ({"reduce_concat": range(10**30)}, "is neither all nodes"),
        ({"normal": 1 << 20_000}, "normal=a value of type int that is too large to show: it is not a list"),
        (
            {"reduce": [("skip_connect", 1 << 20_000)] * 8},
            "reduce=a value .* node 2 reads a value of type int",
        ),
        ({"reduce_concat": 1 << 20_000}, "concat=a value of type int that is too large to show is neither"),
        ({"reduce_concat": None}, "reduce_concat=None is neither all nodes"),
        ({"reduce_concat": [[2], 3]}, "is neither all nodes"),
    ],
    ids=range(15),
)
def test_genotype_outside_the_space_is_refused_with_the_reason(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        from_genotype(DARTS_V2._asdict() | change)
    assert len(str(caught.value).splitlines()) == 1


def test_genotype_that_lacks_a_field_is_refused() -> None:
    fields = DARTS_V2._asdict()
    del fields["reduce"]
    with pytest.raises(InputError, match=r"has no reduce$"):
        from_genotype(fields)
    with pytest.raises(InputError, match=r"has no normal, normal_concat, reduce, reduce_concat$"):
        from_genotype(None)
    with pytest.raises(InputError, match=r"has no reduce_concat$"):
        Darts().parse("Genotype(normal=[], normal_concat=[], reduce=[])")


# Sizes and identity


def topologies() -> list[tuple[tuple[int, int], ...]]:
    return list(product(*[list(combinations(range(node), 2)) for node in NODES]))


def test_size_counts_distinct_inputs_and_all_operations_for_both_cells() -> None:
    assert len(topologies()) == 180
    assert Darts.size == (len(topologies()) * 7**8) ** 2 == 1_076_746_950_455_072_400


def test_enumeration_is_refused_with_the_size() -> None:
    with pytest.raises(InputError, match="too large to enumerate: it has 1076746950455072400 architectures"):
        Darts().enumerate()


def test_identity_is_equal_for_renamed_nodes_in_either_cell_and_for_nothing_else() -> None:
    space = Darts()
    rng = np.random.default_rng(0)
    for _ in range(30):
        architecture = space.sample(rng)
        classes = [renamings(architecture.normal), renamings(architecture.reduction)]
        alike = {DartsArchitecture(*cells) for cells in product(*classes)}
        assert len({space.identity(each) for each in alike}) == 1
        assert sorted(map(str, space.encodings(architecture))) == sorted(map(str, alike))
        assert space.identity(architecture) != space.identity(space.sample(rng))
    chain = space.parse(LOOSE_TEXT)
    assert len(renamings(chain.normal)) == 1
    assert len(renamings(chain.reduction)) == 24


def test_identity_tells_outputs_operations_and_the_kinds_of_cells_apart() -> None:
    space = Darts()
    base = space.parse(LOOSE_TEXT)
    others = [
        space.parse(LOOSE_TEXT.replace("+", ":all+")),
        space.parse(LOOSE_TEXT.replace("d3-2", "d5-2")),
        DartsArchitecture(base.reduction, base.normal),
    ]
    assert len({space.identity(architecture) for architecture in (base, *others)}) == 4
    for architecture in others:
        space.validate(architecture)
        assert all(
            space.identity(each) == space.identity(architecture) for each in space.encodings(architecture)
        )


# Draws


def test_samples_are_valid_and_have_distinct_inputs_and_loose_ends() -> None:
    space = Darts()
    rng = np.random.default_rng(0)
    for _ in range(200):
        architecture = space.sample(rng)
        space.validate(architecture)
        for cell in (architecture.normal, architecture.reduction):
            assert all(first[1] < second[1] for first, second in cell.nodes)
            read = {source for node in cell.nodes for _, source in node}
            assert cell.concat == tuple(node for node in NODES if node not in read)


def test_sampling_is_uniform_over_topologies_and_operations() -> None:
    rng = np.random.default_rng(0)
    draws = [Darts().sample(rng) for _ in range(6_000)]
    for kind in ("normal", "reduction"):
        nodes = [getattr(draw, kind).nodes for draw in draws]
        found = Counter(tuple(tuple(source for _, source in node) for node in cell) for cell in nodes)
        assert pass_for_uniform(found, 180)
        for node, position in product(range(4), range(2)):
            operations = Counter(cell[node][position][0] for cell in nodes)
            assert pass_for_uniform(operations, 7)


def test_unique_sampling_is_uniform_over_classes_and_gives_one_member_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # With a single operation there are as many cells as topologies, so that all classes can be counted.
    monkeypatch.setattr(darts, "OPERATIONS", OPERATIONS[:1])
    everything = [make_cell([[(0, first), (0, second)] for first, second in one]) for one in topologies()]
    classes = {frozenset(renamings(cell)) for cell in everything}
    assert sum(len(members) for members in classes) == 180
    rng = np.random.default_rng(0)
    counts = Counter(Darts().sample_unique(rng).normal for _ in range(4_000))
    assert all(len(members & set(counts)) == 1 for members in classes)
    assert pass_for_uniform(counts, len(classes))


def test_unique_sampling_draws_symmetric_cells_as_often_as_others() -> None:
    rng = np.random.default_rng(0)
    sizes = Counter(len(renamings(Darts().sample(rng).reduction)) for _ in range(2_000))
    classes = {size: count / size for size, count in sizes.items() if count > 100}
    drawn = [Darts().sample_unique(rng) for _ in range(1_000)]
    found = Counter(len(renamings(draw.reduction)) for draw in drawn)
    total = sum(count / size for size, count in sizes.items())
    for size, count in classes.items():
        expected = count / total
        # Both sides are estimates.
        spread = (expected * (1 - expected) / 1_000 + expected**2 / sizes[size]) ** 0.5
        assert abs(found[size] / 1_000 - expected) < 4 * spread
    assert all(Darts().identity(draw) == draw for draw in drawn[:50])


def test_fair_paths_draw_the_topology_uniformly() -> None:
    rng = np.random.default_rng(0)
    paths = [Darts().fair_paths(rng)[0] for _ in range(3_000)]
    last = Counter(tuple(source for _, source in path.reduction.nodes[3]) for path in paths)
    assert pass_for_uniform(last, 10)
