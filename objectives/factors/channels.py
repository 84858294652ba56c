"""Channels of the stem."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="channels",
    group="low-fidelity",
    domain=Categorical((8, 16, 32)),
    default=16,
    text=__doc__,
    verdict="little effect",
    source="Yu et al., low-fidelity estimates",
)
