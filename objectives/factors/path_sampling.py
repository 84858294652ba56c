"""How the architectures of each step are drawn."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factors._factor import Factor

FACTOR = Factor(
    name="path_sampling",
    group="sampling",
    domain=Categorical(("random_a", "random_nas", "fairnas")),
    default="random_nas",
    paper_best="fairnas",
    summary="How the architectures of each step are drawn.",
    verdict="small differences once the rest is tuned; FairNAS slightly best",
    source="Yu et al., sampling; Chu et al., FairNAS (2019)",
)
