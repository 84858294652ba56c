"""The learning rate falls along a cosine to 0.001, or stays."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="learning_rate_schedule",
    group="hyper-parameter",
    domain=Categorical(("cosine", "constant")),
    default="cosine",
    text=__doc__,
    verdict="not studied: the paper uses the cosine throughout",
    source="not in the paper; short trainings rank better at a high learning rate (docs/signal.md)",
)
