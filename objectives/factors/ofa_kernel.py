"""Small kernels are the transformed centre of large ones."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="ofa_kernel",
    group="mapping",
    domain=Categorical((False, True)),
    default=False,
    text=__doc__,
    verdict="no gain, or harmful, on the NAS-Bench spaces",
    source="Yu et al., mapping; Cai et al., Once-for-All (2020)",
    spaces=("nb101", "nb201", "darts"),
)
