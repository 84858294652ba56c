"""Share of the training after which the curriculum has reached the largest architectures.

A number that the strategy reads: `protocol.get` hands it over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.domains import Categorical
from objectives.factors import Factor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from objectives.domains import Value


def _applies(recipe: Mapping[str, Value]) -> bool:
    return recipe.get("strategy") == "curriculum"


FACTOR = Factor(
    name="curriculum_share",
    group="sampling",
    domain=Categorical((0.25, 0.5)),
    default=0.5,
    text=__doc__,
    verdict="not studied there",
    source="this example",
    applies=_applies,
    on_request=True,
)
