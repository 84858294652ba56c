"""One change at a time around a reference recipe: which alternatives of each factor a screen tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from objectives.domains import Categorical, Range
from objectives.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from objectives.domains import Value
    from objectives.factors import Factor

INERT = "inert"
"""What the change is called that changes nothing, where no factor is without effect at the reference."""
_STEP = 1 / 3
"""By what share of its domain a number of a range is moved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A recipe that differs from the reference in one factor."""

    factor: str
    """The factor, or `INERT`."""
    reference: Value
    """Its value at the reference."""
    alternative: Value
    """Its value here."""
    parameters: Recipe
    """The whole recipe, as a trial gets it."""
    acts: bool
    """Whether a super-net can be another one by it; one change that cannot shows what chance looks like."""

    @property
    def name(self) -> str:
        """How trials call it."""
        return f"{self.factor}={self.alternative}"


def changes_around(factors: tuple[Factor, ...], reference: Recipe) -> tuple[Change, ...]:
    """Return the changes that a screen tries: each alternative of each factor that acts, and an inert one.

    Args:
        factors: The study's dimensions; those that are held have no alternative.
        reference: A value for each of them.
    """
    everything = [
        _change(factors, reference, factor, alternative)
        for factor in factors
        for alternative in alternatives(factor, reference[factor.name])
    ]
    inert = next((change for change in everything if not change.acts), None) or Change(
        factor=INERT, reference="", alternative="", parameters=reference, acts=False
    )
    return (*(change for change in everything if change.acts), inert)


def alternatives(factor: Factor, reference: Value) -> tuple[Value, ...]:
    """Return the values that a factor is changed to.

    All others where values have no order, the least and the greatest where they are numbers, and a third of
    the domain to each side (of its logarithm where it is spread so) where they are a range.
    """
    domain = factor.domain
    if isinstance(domain, Range):
        moved = _beside(domain, cast("float", reference))
    else:
        moved = _ends(domain) if _ordered(domain) else domain.choices
    return tuple(value for value in dict.fromkeys(moved) if value != reference)


def _change(factors: tuple[Factor, ...], reference: Recipe, factor: Factor, alternative: Value) -> Change:
    parameters = Recipe({**reference, factor.name: alternative})
    return Change(
        factor=factor.name,
        reference=reference[factor.name],
        alternative=alternative,
        parameters=parameters,
        acts=parameters.effective(factors) != reference.effective(factors),
    )


def _ordered(domain: Categorical) -> bool:
    return all(type(choice) in (int, float) for choice in domain.choices)


def _ends(domain: Categorical) -> Sequence[Value]:
    numbers = cast("tuple[float, ...]", domain.choices)
    return min(numbers), max(numbers)


def _beside(domain: Range, value: float) -> Sequence[Value]:
    if domain.log:
        factor = (domain.high / domain.low) ** _STEP
        moved = (value / factor, value * factor)
    else:
        width = (domain.high - domain.low) * _STEP
        moved = (value - width, value + width)
    if domain.kind == "integer":
        # A third of a narrow domain is less than the next whole number.
        moved = (min(round(moved[0]), value - 1), max(round(moved[1]), value + 1))
        return tuple(int(min(max(one, domain.low), domain.high)) for one in moved)
    # Two figures are enough for a value that people read and write.
    return tuple(min(max(float(f"{one:.2g}"), domain.low), domain.high) for one in moved)
