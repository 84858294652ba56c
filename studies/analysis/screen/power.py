"""How often a screen calls a change of some size, by its runs: from the simulation of whole studies."""

from __future__ import annotations

from dataclasses import dataclass

EFFECTS = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Sizes of effects, in s-KdT."""
_CALLED = {
    55: (0.007, 0.071, 0.242, 0.429, 0.666),
    80: (0.022, 0.188, 0.518, 0.740, 0.875),
    120: (0.040, 0.344, 0.738, 0.876, 0.927),
    240: (0.073, 0.551, 0.871, 0.926, 0.932),
}
"""Shares called with their sign by runs, `EFFECTS` in their order: docs/screen.md, over 16, 22 and 26 changes
(`python -m benchmarks.screen_validity --repeats 400 --seed 8`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Power:
    """What so many runs call."""

    runs: int
    """Runs that were simulated."""
    called: tuple[float, ...]
    """Share of changes called with their sign, by `EFFECTS`."""


def power_of(runs: int) -> Power | None:
    """Return what the largest simulated number of runs that is not above `runs` calls; None below all."""
    known = [simulated for simulated in _CALLED if simulated <= runs]
    return Power(runs=max(known), called=_CALLED[max(known)]) if known else None
