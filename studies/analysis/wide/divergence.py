"""How often trials diverged, for each value of each factor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.stats import binomtest

from objectives.domains import Categorical
from studies.analysis.wide.contrasts import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from objectives.domains import Range, Value
    from objectives.factors import Factor
    from objectives.recipe import Recipe

_PARTS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class DivergenceRate:
    """How often trials diverged at one level of a factor, or in one third of a range."""

    factor: str
    """The factor."""
    level: str
    """The level, or the third of the range on its own scale, as a user reads it."""
    diverged: int
    """How many of these trials diverged."""
    trials: int
    """In how many trials the factor applied and had this value, at least 1."""
    rate: float
    """Their ratio, in [0, 1]."""
    low: float
    """Lower end of its 95 % interval (Wilson 1927)."""
    high: float
    """Upper end."""


def divergence_rates(
    factors: Sequence[Factor], recipes: Sequence[Recipe], diverged: Sequence[bool]
) -> tuple[DivergenceRate, ...]:
    """Return the rate at which trials diverged, for each level of each factor that varied.

    Intervals are of a single rate and not corrected for their number; other factors vary at the same time.

    Args:
        factors: The catalogue of the study; factors with a single value are left out of the answer.
        recipes: One for each trial that ended, diverged ones included.
        diverged: One for each trial.

    Returns:
        In the order of the catalogue and of the domains; levels without a trial are left out. Empty where
        no trial diverged.

    Raises:
        ValueError: lengths differ.

    """
    if len(recipes) != len(diverged):
        raise ValueError(f"{len(recipes)} recipes and {len(diverged)} flags: equal lengths")
    found: list[DivergenceRate] = []
    if not any(diverged):
        return ()
    for factor in factors:
        domain = factor.domain
        if factor.held:
            continue
        counts: dict[str, list[bool]] = {name: [] for name in _names(domain)}
        for recipe, flag in zip(recipes, diverged, strict=True):
            if factor.name in recipe and factor.applies(recipe) and domain.contains(recipe[factor.name]):
                counts[_name(domain, recipe[factor.name])].append(bool(flag))
        found += [_rate(factor.name, level, flags) for level, flags in counts.items() if flags]
    return tuple(found)


def _names(domain: Categorical | Range) -> tuple[str, ...]:
    if isinstance(domain, Categorical):
        return tuple(_name(domain, value) for value in domain.choices)
    return tuple(dict.fromkeys(_third(domain, part) for part in range(_PARTS)))


def _name(domain: Categorical | Range, value: Value) -> str:
    if isinstance(domain, Categorical):
        # Rounded levels may look the same; then they are written in full.
        alike = sum(show(other) == show(value) for other in domain.choices) > 1
        return str(value) if alike else show(value)
    edges = [_edge(domain, part) for part in range(1, _PARTS)]
    return _third(domain, sum(float(value) >= edge for edge in edges))


def _edge(domain: Range, part: int) -> float:
    """Return where a third begins; an integer that rounding sets a hair below belongs to it."""
    low, high, unit = domain.low, domain.high, part / _PARTS
    edge = low * (high / low) ** unit if domain.log else low + (high - low) * unit
    return float(math.ceil(edge - 1e-9)) if domain.kind == "integer" else edge


def _third(domain: Range, part: int) -> str:
    low = _edge(domain, part)
    high = _edge(domain, part + 1) if part + 1 < _PARTS else float(domain.high)
    if domain.kind != "integer":
        return f"{show(low)} to {show(high)}"
    first, last = round(low), round(high) - (part + 1 < _PARTS)
    return f"{first} to {last}" if first < last else str(first)


def _rate(factor: str, level: str, flags: Sequence[bool]) -> DivergenceRate:
    interval = binomtest(sum(flags), len(flags)).proportion_ci(0.95, method="wilson")
    return DivergenceRate(
        factor=factor,
        level=level,
        diverged=sum(flags),
        trials=len(flags),
        rate=sum(flags) / len(flags),
        low=float(interval.low),
        high=float(interval.high),
    )
