"""Cells in each stage."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="cells",
    group="low-fidelity",
    domain=Categorical((3, 5)),
    default=5,
    text=__doc__,
    verdict="little effect",
    source="Yu et al., low-fidelity estimates",
)
