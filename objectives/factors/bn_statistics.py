"""Statistics that normalise during ranking."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="bn_statistics",
    group="hyper-parameter",
    domain=Categorical(("batch", "tracked", "recalibrated")),
    default="batch",
    text=__doc__,
    verdict="tracked statistics hurt badly; recalibration was not studied",
    source="Yu et al., hyper-parameters",
)
