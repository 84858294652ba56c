"""Operations belong to edges, or to nodes whose incoming edges share them."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="op_placement",
    group="mapping",
    domain=Categorical(("edge", "node")),
    default="edge",
    text=__doc__,
    verdict="no clear winner on NAS-Bench-201",
    source="Yu et al., mapping; the sharing rule is that of the official code",
    spaces=("nb201", "darts"),
)
