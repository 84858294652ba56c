"""An operation's output is dropped for a sample, more often in deeper cells."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="path_dropout",
    group="mapping",
    domain=Categorical((0.0, 0.1, 0.3)),
    default=0.0,
    text=__doc__,
    verdict="clearly harmful",
    source="Yu et al., mapping; the rate is a true drop probability here",
)
