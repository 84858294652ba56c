"""L2 penalty on the weights of the path that a step trains."""

from __future__ import annotations

from objectives.domains import Range
from objectives.factor import Factor

FACTOR = Factor(
    name="weight_decay",
    group="hyper-parameter",
    domain=Range(1e-5, 1e-2, log=True),
    default=3e-4,
    paper_best=3e-3,
    text=__doc__,
    verdict="strong effect that depends on the space",
    source="Yu et al., hyper-parameters",
)
