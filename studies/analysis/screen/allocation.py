"""Which runs come next: seeds go where they are likely to decide a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.intervals import LEAST_SEEDS, half_widths, total_variance
from studies.analysis.screen.effects import MARGIN, change_effects, enough, moments
from studies.analysis.screen.looks import look, seeds_at, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from studies.analysis.screen.effects import ChangeEffect, Moments, SeedRuns

FIRST_REFERENCE = 8
"""Runs of the reference recipe before seeds are given by what they decide."""
FIRST_SEEDS = LEAST_SEEDS
"""The same of each change."""
_EFFECTS = 0.15
"""Standard deviation of effects that is expected before anything is measured."""
_HOPELESS = 0.01
"""A change whose chance of a call is smaller, whatever it may still get, gets nothing."""
_PATIENCE = 2
"""A recipe with too few whole seeds is tried again until so many more of its runs diverged than did not."""
_CALLED_ALREADY = 0.5
"""What a call is worth whose factor has one by another level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """How many runs to add in the next round."""

    reference: int
    """Of the reference recipe."""
    changes: tuple[int, ...]
    """Of each change."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.reference + sum(self.changes)


def next_runs(
    reference: SeedRuns,
    changes: Sequence[SeedRuns],
    *,
    left: int,
    factors: Sequence[str] | None = None,
    comparisons: int | None = None,
) -> Allocation:
    """Return how many more runs the reference and each change get in the next round.

    Call it when the runs of the round before have ended, until nothing is left. The first round gives the
    reference 8 runs and each change 2. Each later one takes the changes that most likely come to a call for
    their runs to the next look, and the reference with them. The budget is always spent: what no call
    can be expected of goes to the undecided evenly, or to the reference where all are called.

    Args:
        reference: Its runs so far.
        changes: Theirs.
        left: How many runs there may be yet.
        factors: Which factor each change belongs to; each its own where None.
        comparisons: As in `change_effects`.
    """
    if left <= 0:
        return Allocation(reference=0, changes=(0,) * len(changes))
    first = _first(reference, changes, left)
    if first.total:
        return first
    if not enough(reference):
        # It does not end well, and nothing can be called; what the changes reach can still be seen.
        return Allocation(reference=0, changes=_evenly(list(range(len(changes))), len(changes), left))
    family = comparisons or len(changes)
    effects = change_effects(reference, changes, comparisons=family)
    undecided = [i for i, one in enumerate(effects) if one.call == "undecided" and enough(changes[i])]
    if not undecided:
        return Allocation(reference=left, changes=(0,) * len(changes))
    worth = _worth(changes, effects, factors or [str(i) for i in range(len(changes))])
    usable = [i for i, one in enumerate(changes) if enough(one)]
    found = moments(reference, [changes[i] for i in usable])
    rows = np.searchsorted(usable, undecided)
    chosen, targets = _worthwhile(found, rows, worth[undecided], left, family)
    if not len(chosen):
        # All differences lean on the reference: it gets its share.
        extra = round(left / (1 + len(undecided) ** 0.5))
        return Allocation(reference=extra, changes=_evenly(undecided, len(changes), left - extra))
    added = np.zeros(len(changes), dtype=np.int64)
    added[np.array(usable)[chosen]] = targets - found.seeds[chosen]
    extra = reference_lacks(found.reference_seeds, targets)
    return Allocation(reference=min(extra, left - int(added.sum())), changes=tuple(added.tolist()))


def _worth(
    changes: Sequence[SeedRuns], effects: Sequence[ChangeEffect], factors: Sequence[str]
) -> NDArray[np.float64]:
    """Return what a run of each change is worth beside others with the same chance of a call."""
    called = {name for name, one in zip(factors, effects, strict=True) if one.call != "undecided"}
    whole = [len(one.taus) / max(1, len(one.taus) + one.diverged) for one in changes]
    return np.array([_CALLED_ALREADY if name in called else 1.0 for name in factors]) * whole


def _first(reference: SeedRuns, changes: Sequence[SeedRuns], left: int) -> Allocation:
    """Return what is missing from the first round; a recipe that mostly diverges gets no more."""
    wanted = max(0, FIRST_REFERENCE - len(reference.taus) - reference.diverged)
    if not enough(reference) and reference.diverged <= len(reference.taus) + _PATIENCE:
        wanted = max(wanted, LEAST_SEEDS - len(reference.taus))
    given = min(wanted, left)
    left -= given
    added = []
    for change in changes:
        lacks = max(0, FIRST_SEEDS - len(change.taus))
        more = min(lacks, left) if change.diverged <= len(change.taus) + _PATIENCE else 0
        added.append(more)
        left -= more
    return Allocation(reference=given, changes=tuple(added))


def reference_lacks(seeds: int, targets: NDArray[np.int64]) -> int:
    """Return how many runs the reference lacks beside changes with so many seeds.

    All differences lean on it: for the same runs they are surest where it has sqrt(changes) times as many.
    """
    wanted: int = round(float(targets.mean()) * len(targets) ** 0.5)
    return max(0, wanted - seeds)


def _worthwhile(
    found: Moments, rows: NDArray[np.int64], worth: NDArray[np.float64], left: int, comparisons: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the changes that get runs, best first, and how many seeds they are to have then."""
    seeds = found.seeds[rows]
    options = [np.zeros(len(rows))]
    for steps in range(1, 8):
        target = seeds_at(look(seeds) + steps)
        chance = _chances(found, target, comparisons, rows)
        cost = target - seeds
        if cost.min() > left:
            break
        options.append(np.where((cost <= left) & (chance >= _HOPELESS), worth * chance / cost, 0.0))
    value = np.stack(options)
    best = value.max(axis=0)
    plans: NDArray[np.int64] = seeds_at(look(seeds) + value.argmax(axis=0))
    order = [i for i in np.argsort(-best, kind="stable") if best[i] > 0.0]
    taken = 0
    for count in range(1, len(order) + 1):
        plan = plans[order[:count]]
        needed = int((plan - seeds[order[:count]]).sum()) + reference_lacks(found.reference_seeds, plan)
        if needed > left and count > 1:
            break
        taken = count
    kept = np.array(order[:taken], dtype=np.int64)
    return rows[kept], seeds_at(look(seeds[kept]) + 1)


def _chances(
    found: Moments, target: NDArray[np.int64], comparisons: int, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how likely the changes in `rows` come to a call with so many seeds.

    The prior is that effects scatter normally around 0; what was measured updates it, and the estimate with
    more seeds is drawn from that.
    """
    from scipy.special import ndtr

    seeds = found.seeds.copy()
    now = total_variance(found.parts(seeds, found.reference_seeds))[rows]
    seeds[rows] = target
    parts = found.parts(seeds, found.reference_seeds)
    then = total_variance(parts)[rows]
    margins = half_widths(parts, comparisons=comparisons / share(seeds))[rows]
    prior = _EFFECTS**2
    scale = (prior + then) / prior
    middle = found.mean[rows] * prior / (prior + now) * scale
    spread = np.sqrt(np.maximum(prior * now / (prior + now) - prior * then / (prior + then), 1e-12)) * scale
    signs = ndtr((middle - margins) / spread) + ndtr((-middle - margins) / spread)
    room = np.maximum(MARGIN - margins, 0.0)
    return np.asarray(signs + ndtr((room - middle) / spread) - ndtr((-room - middle) / spread))


def _evenly(chosen: list[int], changes: int, runs: int) -> tuple[int, ...]:
    """Return the runs of each change where some of them share so many."""
    added = np.zeros(changes, dtype=np.int64)
    each, rest = divmod(runs, len(chosen))
    added[chosen] = each
    added[chosen[:rest]] += 1
    return tuple(added.tolist())
