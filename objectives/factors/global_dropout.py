"""Pooled features are dropped before the classifier."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="global_dropout",
    group="mapping",
    domain=Categorical((0.0, 0.2, 0.5)),
    default=0.0,
    text=__doc__,
    verdict="harmful on the NAS-Bench spaces",
    source="Yu et al., mapping",
)
