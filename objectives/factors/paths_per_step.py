"""How often each step samples paths, whose mean gradient it follows.

All of them see the step's images. Where passes count towards `epochs`, as at the mini scale, a run has fewer
steps by as much.
"""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="paths_per_step",
    group="sampling",
    domain=Categorical((1, 2, 4)),
    default=1,
    text=__doc__,
    verdict="not studied by itself; its source trains several sampled networks in every step",
    source="Yu and Huang, Universally Slimmable Networks (2019)",
    on_request=True,
)
