"""Rules that say to which levels a factor is moved, given its domain and where the reference stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from objectives.domains import Categorical, Range, Value

if TYPE_CHECKING:
    from objectives.factors import Factor


@dataclass(frozen=True, slots=True)
class Exactly:
    """These levels."""

    values: tuple[Value, ...]
    """The levels."""

    def of(self, factor: Factor, reference: Value) -> tuple[Value, ...]:
        """Return the levels, as far as the factor offers them."""
        return tuple(value for value in self.values if factor.domain.contains(value))


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest level: where a harm is largest if there is any."""

    def of(self, factor: Factor, reference: Value) -> tuple[Value, ...]:
        """Return the level."""
        return (_ends(factor)[1],)


@dataclass(frozen=True, slots=True)
class Ends:
    """The smallest and the largest level: if these change little, those between do."""

    def of(self, factor: Factor, reference: Value) -> tuple[Value, ...]:
        """Return the ends but the reference recipe."""
        return tuple(value for value in dict.fromkeys(_ends(factor)) if value != reference)


@dataclass(frozen=True, slots=True)
class Others:
    """All other levels."""

    def of(self, factor: Factor, reference: Value) -> tuple[Value, ...]:
        """Return the levels but the reference recipe."""
        levels = factor.domain.choices if isinstance(factor.domain, Categorical) else _ends(factor)
        return tuple(value for value in levels if value != reference)


@dataclass(frozen=True, slots=True)
class Times:
    """Multiples of the reference recipe's value, where the domain allows them; its ends where it does not."""

    ratios: tuple[float, ...]
    """The multiples."""

    def of(self, factor: Factor, reference: Value) -> tuple[Value, ...]:
        """Return the levels but the reference recipe."""
        low, high = (cast("float", end) for end in _ends(factor))
        moved = [min(max(cast("float", reference) * ratio, low), high) for ratio in self.ratios]
        if isinstance(factor.domain, Range) and factor.domain.kind == "integer":
            moved = [round(value) for value in moved]
        return tuple(value for value in dict.fromkeys(moved) if value != reference)


Levels = Exactly | Largest | Ends | Others | Times


def _ends(factor: Factor) -> tuple[Value, Value]:
    domain = factor.domain
    if isinstance(domain, Categorical):
        numbers = cast("tuple[float, ...]", domain.choices)
        return min(numbers), max(numbers)
    if domain.kind == "integer":
        return int(domain.low), int(domain.high)
    return domain.low, domain.high
