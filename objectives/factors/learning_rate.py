"""Learning rate at the start of the schedule."""

from __future__ import annotations

from objectives.domains import Range
from objectives.factor import Factor

FACTOR = Factor(
    name="learning_rate",
    group="hyper-parameter",
    domain=Range(0.005, 0.2, log=True),
    default=0.025,
    text=__doc__,
    verdict="strong effect",
    source="Yu et al., hyper-parameters",
)
