"""Share of the training images that is used."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="train_portion",
    group="low-fidelity",
    domain=Categorical((0.25, 0.5, 0.75, 0.9)),
    default=0.9,
    text=__doc__,
    verdict="little effect",
    source="Yu et al., low-fidelity estimates",
)
