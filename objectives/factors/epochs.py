"""Passes over the training images."""

from __future__ import annotations

from objectives.domains import Range
from objectives.factor import Factor

FACTOR = Factor(
    name="epochs",
    group="hyper-parameter",
    domain=Range(100, 1000, "integer", log=True),
    default=400,
    text=__doc__,
    verdict="longer is better, with saturation",
    source="Yu et al., hyper-parameters",
)
