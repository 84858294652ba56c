"""What a factor is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from objectives.domains import Domain, Value
    from objectives.recipe import Recipe

Group = Literal["mapping", "low-fidelity", "hyper-parameter", "sampling"]


def _always(_recipe: Recipe) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """One training heuristic or hyper-parameter: a dimension of a study."""

    name: str
    """The name of the study's parameter, and of the field that it sets; one that sets none, as another
    package's own, reaches the super-net by `SharingMapping.extra`."""
    group: Group
    """The group in the paper's taxonomy."""
    domain: Domain
    """The values to try at the paper's scale."""
    default: Value
    """The value in the baseline recipe."""
    summary: str
    """What the factor is, in one line."""
    verdict: str
    """What the paper found, as far as is known."""
    source: str
    """Where the rule and the values come from."""
    paper_best: Value | None = None
    """The value in the paper's best recipe, where it differs from the default and does not hang on scale."""
    spaces: tuple[str, ...] | None = None
    """Names of the spaces that have the factor; all where None."""
    applies: Callable[[Recipe], bool] = _always
    """Whether the factor changes anything in a recipe."""

    def with_domain(self, domain: Domain, default: Value) -> Factor:
        """Return the factor with other values."""
        return replace(self, domain=domain, default=default)
