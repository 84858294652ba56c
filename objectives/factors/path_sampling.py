"""How the architectures of each step are drawn."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor
from wsnas.training.strategies import SAMPLERS

FACTOR = Factor(
    name="path_sampling",
    group="sampling",
    domain=Categorical(SAMPLERS),
    default="random_nas",
    paper_best="fairnas",
    text=__doc__,
    verdict="small differences once the rest is tuned; FairNAS slightly best",
    source="Yu et al., sampling; Chu et al., FairNAS (2019)",
)
