"""One batch norm for each source of a shared operation.

It changes something only where operations have several sources and their batch norms something to keep
apart: an affine part of their own or tracked statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.domains import Categorical
from objectives.factor import Factor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from objectives.domains import Value


def _applies(recipe: Mapping[str, Value]) -> bool:
    shared = recipe.get("op_placement", "node") == "node"
    return shared and (bool(recipe["bn_affine"]) or recipe["bn_statistics"] == "tracked")


FACTOR = Factor(
    name="wsbn",
    group="mapping",
    domain=Categorical((False, True)),
    default=False,
    text=__doc__,
    verdict="hurts",
    source="Yu et al., mapping; Luo et al. (2020)",
    spaces=("nb101", "nb201", "darts"),
    applies=_applies,
)
