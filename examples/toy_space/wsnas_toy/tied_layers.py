"""All layers share one set of weights for each operation.

The toy's own factor: `mapping.get` hands its value to the super-net.
"""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factors import Factor

FACTOR = Factor(
    name="tied_layers",
    group="mapping",
    domain=Categorical((False, True)),
    default=False,
    text=__doc__,
    verdict="not studied there",
    source="this example",
    spaces=("toy",),
)
