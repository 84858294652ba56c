"""One batch norm for each source of a shared operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.domains import Categorical
from objectives.factors._factor import Factor

if TYPE_CHECKING:
    from objectives.recipe import Recipe


def _applies(recipe: Recipe) -> bool:
    """Operations must have several sources, and their batch norms something to keep apart."""
    shared = recipe.get("op_placement", "node") == "node"
    return shared and (bool(recipe["bn_affine"]) or recipe["bn_statistics"] == "tracked")


FACTOR = Factor(
    name="wsbn",
    group="mapping",
    domain=Categorical((False, True)),
    default=False,
    summary="One batch norm for each source of a shared operation.",
    verdict="hurts",
    source="Yu et al., mapping; Luo et al. (2020)",
    spaces=("nb101", "nb201", "darts"),
    applies=_applies,
)
