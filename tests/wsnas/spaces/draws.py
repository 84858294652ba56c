"""Architectures of every kind, and whether draws of them are uniform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from scipy import stats

from wsnas.spaces import get_space
from wsnas.spaces.darts import NODES, OPERATIONS, DartsArchitecture, DartsCell, make_cell

if TYPE_CHECKING:
    from collections import Counter


@st.composite
def cells_of_darts(draw: st.DrawFn) -> DartsCell:
    """Cells of both kinds of output; also such whose nodes read one input twice."""
    nodes = [
        [(draw(st.integers(0, len(OPERATIONS) - 1)), draw(st.integers(0, node - 1))) for _ in range(2)]
        for node in NODES
    ]
    return make_cell(nodes, concat_all=draw(st.booleans()))


def sampled(name: str) -> st.SearchStrategy[Any]:
    return st.integers(0, 2**32 - 1).map(lambda seed: get_space(name).sample(np.random.default_rng(seed)))


ARCHITECTURES = {
    "nb101": sampled("nb101"),
    "nb201": sampled("nb201"),
    "darts": st.builds(DartsArchitecture, cells_of_darts(), cells_of_darts()),
}


def pass_for_uniform(drawn: Counter[Any], values: int) -> bool:
    """Whether a chi-square test takes the draws as uniform over so many values, counting those not drawn."""
    counts = np.zeros(values)
    counts[: len(drawn)] = list(drawn.values())
    return bool(1e-6 < stats.chisquare(counts).pvalue < 1 - 1e-6)
