"""Differences between values of one factor, and the sentence that tells them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from objectives.domains import Categorical, Range, Value

if TYPE_CHECKING:
    from studies.analysis.wide.encoding import Coding

NOT_SIGNIFICANT = "not significant at this budget"
_STEPS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """The value of the objective at one value of a factor minus that at another."""

    first: Value
    """One value of the factor."""
    second: Value
    """The other value."""
    difference: float
    """Estimated s-KdT at the first minus s-KdT at the second, all other factors equal."""
    low: float
    """Lower end of its 95 % interval, of this difference alone."""
    high: float
    """Upper end of its 95 % interval, of this difference alone."""
    low_among_all: float
    """Lower end of an interval that covers with 95 % all differences of all factors at once.

    It includes 0 wherever the factor is not significant, and is never narrower than the interval alone.
    """
    high_among_all: float
    """Upper end of that interval."""

    @property
    def sign(self) -> int:
        """1 or -1 where the interval leaves out 0, else 0."""
        return int(self.low > 0) - int(self.high < 0)


Compare = Callable[[Value, Value], Contrast]


def show(value: Value) -> str:
    """Return a value as a user writes and reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def candidates(coding: Coding) -> tuple[Value, ...]:
    """Return the values among which the best is looked for: the levels seen, or 21 points of a range."""
    domain = coding.factor.domain
    if isinstance(domain, Categorical):
        return coding.levels
    points = [value_at(domain, step / _STEPS) for step in range(_STEPS + 1)]
    return tuple(dict.fromkeys(points))


def others(coding: Coding) -> tuple[Value, ...]:
    """Return the values that the best and the default are compared with: the levels, or a range's ends."""
    domain = coding.factor.domain
    if isinstance(domain, Categorical):
        return coding.levels
    return value_at(domain, 0.0), value_at(domain, 1.0)


def sentence(coding: Coding, compare: Compare, best: Value) -> str:
    """Return which value or direction is better and by how much, for a factor that is significant."""
    if isinstance(coding.factor.domain, Categorical):
        said = _levels(coding, compare, best)
    else:
        said = _curve(coding, compare, best)
    return said or "matters, but which value is best is not significant at this budget"


def undecided(contrasts: Sequence[Contrast]) -> str:
    """Return the clearest difference that leaves out 0 alone but not among all; empty where there is none."""
    alone = [contrast for contrast in contrasts if contrast.sign]
    if not alone:
        return ""
    clearest = max(alone, key=lambda contrast: min(abs(contrast.low), abs(contrast.high)))
    sign = 1 if clearest.difference >= 0 else -1
    # Adding 0.0 makes a negative zero a plain one.
    among = sorted((sign * clearest.low_among_all + 0.0, sign * clearest.high_among_all + 0.0))
    return f"{_phrase(clearest)} taken alone, [{among[0]:.2f}, {among[1]:.2f}] among all differences"


def _levels(coding: Coding, compare: Compare, best: Value) -> str:
    default = coding.factor.default
    known = any(type(level) is type(default) and level == default for level in coding.levels)
    for centre in (default, best) if known else (best,):
        against = [compare(level, centre) for level in coding.levels if level != centre]
        parts = [_phrase(contrast) for contrast in against if contrast.sign]
        if parts:
            return "; ".join(parts)
    return ""


def _curve(coding: Coding, compare: Compare, best: Value) -> str:
    low, high = others(coding)
    rise = compare(high, low)
    above = [compare(best, end) for end in (low, high) if end != best]
    if len(above) == 2 and all(contrast.sign > 0 for contrast in above):
        return f"best near {show(best)}: " + ", ".join(f"{_signed(c)} over {show(c.second)}" for c in above)
    if rise.sign > 0:
        return f"higher is better: {_signed(rise)} from {show(low)} to {show(high)}"
    if rise.sign < 0:
        return f"lower is better: {_signed(compare(low, high))} from {show(high)} to {show(low)}"
    points = candidates(coding)
    worst = points[int(np.argmin([compare(point, low).difference for point in points]))]
    gap = compare(best, worst)
    return _phrase(gap) if gap.sign else ""


def _phrase(contrast: Contrast) -> str:
    word, sign = ("better", 1) if contrast.difference >= 0 else ("worse", -1)
    low, high = sorted((sign * contrast.low, sign * contrast.high))
    size = f"{abs(contrast.difference):.2f} [{low:.2f}, {high:.2f}]"
    return f"{show(contrast.first)} is {word} than {show(contrast.second)} by {size}"


def _signed(contrast: Contrast) -> str:
    return f"{contrast.difference:+.2f} [{contrast.low:.2f}, {contrast.high:.2f}]"


def value_at(domain: Range, unit: float) -> Value:
    """Return the value at a position in [0, 1] of a range on its own scale."""
    low, high = domain.low, domain.high
    value = low * (high / low) ** unit if domain.log else low + (high - low) * unit
    return round(value) if domain.kind == "integer" else min(max(value, low), high)


def best_of(points: Sequence[Value], compare: Compare) -> Value:
    """Return the point with the largest estimate, the first of equals."""
    return points[int(np.argmax([compare(point, points[0]).difference for point in points]))]
