"""How much a factor matters at the reference recipe: the largest of its changes' effects, in size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studies.analysis.screen.effects import ChangeEffect


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorSize:
    """The largest size of a factor's effects."""

    mean: float
    """Its estimate; the largest of several noisy sizes, so rather too large."""
    low: float
    """Lower end of its interval; 0 where no change of the factor has a sign."""
    high: float
    """Upper end."""


def factor_sizes(factors: Sequence[str], effects: Sequence[ChangeEffect]) -> dict[str, FactorSize]:
    """Return the size of each factor, in the order of their first changes.

    The intervals follow from those of the effects and hold together whenever these do. They are of the
    changes that have enough seeds; a factor without any is left out.

    Args:
        factors: Which factor each change belongs to.
        effects: As `change_effects` gives them.
    """
    found: dict[str, FactorSize] = {}
    for factor, effect in zip(factors, effects, strict=True):
        if effect.mean is None or effect.low is None or effect.high is None:
            continue
        mean = abs(effect.mean)
        low, high = max(0.0, effect.low, -effect.high), max(abs(effect.low), abs(effect.high))
        if factor in found:
            before = found[factor]
            mean, low, high = max(mean, before.mean), max(low, before.low), max(high, before.high)
        found[factor] = FactorSize(mean=mean, low=low, high=high)
    return found
