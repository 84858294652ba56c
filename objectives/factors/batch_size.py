"""Images in each optimiser step."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="batch_size",
    group="low-fidelity",
    domain=Categorical((64, 128, 256)),
    default=128,
    text=__doc__,
    verdict="little effect",
    source="Yu et al., low-fidelity estimates",
)
