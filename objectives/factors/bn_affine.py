"""Batch norms of searched operations learn a scale and a shift."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="bn_affine",
    group="hyper-parameter",
    domain=Categorical((False, True)),
    default=True,
    text=__doc__,
    verdict="affine is best on the NAS-Bench spaces, not on DARTS",
    source="Yu et al., hyper-parameters; scripts of the official code",
)
