"""Share of the training over which the learning rate falls linearly to a tenth, at its end.

It falls from what `learning_rate_schedule` says: with `constant`, the rate stays and then falls.
"""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="learning_rate_cooldown",
    group="hyper-parameter",
    domain=Categorical((0.0, 0.2, 0.5)),
    default=0.0,
    text=__doc__,
    verdict="not studied; its source finds that a constant rate with a cooldown matches a cosine",
    source="Hägele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations (2024)",
    on_request=True,
)
