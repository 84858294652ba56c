"""Two sides timed in turn within one run, so that a machine whose speed drifts slows both alike."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Times of two sides and their ratio, repeat by repeat."""

    ours: float
    """Median seconds of the one side."""
    other: float
    """Median seconds of the other."""
    ratio: float
    """Median over repeats of other / ours."""
    low: float
    """Least ratio of a repeat. With n repeats, least and greatest enclose the median ratio with a
    probability of 1 - 2 ** (1 - n): 94 % for 5, 98 % for 7."""
    high: float
    """Greatest ratio of a repeat."""
    repeats: int
    """How many repeats there were."""


def compare(
    ours: Callable[[], object],
    other: Callable[[], object],
    *,
    repeats: int,
    synchronise: Callable[[], object] = lambda: None,
    warm_up: bool = True,
) -> Comparison:
    """Run both sides `repeats` times in turn, changing who goes first.

    Args:
        ours: One side.
        other: The side that it is compared with.
        repeats: How often each is timed.
        synchronise: Waits until a device has done what was asked of it.
        warm_up: Whether each side runs once before it is timed; not wanted where a run takes minutes.
    """
    sides = (ours, other)
    for side in sides if warm_up else ():
        side()
    times: list[list[float]] = [[], []]
    for repeat in range(repeats):
        for index in (0, 1) if repeat % 2 == 0 else (1, 0):
            synchronise()
            began = time.perf_counter()
            sides[index]()
            synchronise()
            times[index].append(time.perf_counter() - began)
    ratios = [second / first for first, second in zip(*times, strict=True)]
    return Comparison(
        ours=statistics.median(times[0]),
        other=statistics.median(times[1]),
        ratio=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
        repeats=repeats,
    )
