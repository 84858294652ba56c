"""Share of each label's weight that is spread over all classes."""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor

FACTOR = Factor(
    name="label_smoothing",
    group="hyper-parameter",
    domain=Categorical((0.0, 0.1, 0.2)),
    default=0.0,
    text=__doc__,
    verdict="not studied; its source finds better accuracies of single networks with 0.1",
    source="Szegedy et al., Rethinking the Inception Architecture (2016)",
    on_request=True,
)
