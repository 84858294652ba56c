"""What a step does with the paths that it samples.

`sampled` sums their gradients. `sandwich` trains the largest and the smallest architecture in every step,
too; in `sandwich_distilled` the largest alone learns the labels, and the others learn what it makes of the
images. `size_balanced` draws a size and trains the nearest of several samples. Strategies of other installed
packages are levels, too.
"""

from __future__ import annotations

from objectives.domains import Categorical
from objectives.factor import Factor
from wsnas.training.protocol import SAMPLED
from wsnas.training.strategies import ENTRY_POINTS, NAMES, SAMPLERS

FACTOR = Factor(
    name="strategy",
    group="sampling",
    domain=Categorical((SAMPLED, *(name for name in NAMES if name not in SAMPLERS))),
    default=SAMPLED,
    text=__doc__,
    verdict="not studied; the sources find that training both ends, distillation and sizes that are drawn"
    " first make better sub-networks",
    source="Yu and Huang, Universally Slimmable Networks (2019); Yu et al., BigNAS (2020); Wang et al.,"
    " AttentiveNAS (2021)",
    on_request=True,
    provided_levels=ENTRY_POINTS,
)
