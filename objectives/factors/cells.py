"""Cells in each stage."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factors._factor import Factor

FACTOR = Factor(
    name="cells",
    group="low-fidelity",
    domain=Categorical((3, 5)),
    default=5,
    summary="Cells in each stage.",
    verdict="little effect",
    source="Yu et al., low-fidelity estimates",
)
