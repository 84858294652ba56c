"""Which channels of an operation serve a cell whose vertices are narrower; disabled: no such."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="dynamic_channels",
    group="mapping",
    domain=Categorical(("fixed", "shuffle", "interpolate", "disabled")),
    default="fixed",
    paper_best="disabled",
    text=__doc__,
    verdict="disabling it lifts s-KdT from 0.22 to 0.46; of the others interpolation is best",
    source="Yu et al., mapping; the figures are second-hand",
    spaces=("nb101",),
)
