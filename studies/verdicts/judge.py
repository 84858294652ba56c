"""From differences to verdicts. All intervals of a space hold together, and verdicts are read off them.

Simultaneous intervals rather than Holm's step-down test: a claim may be confirmed by a difference, or by
the absence of one, or refuted by either, and each of these follows from where the interval lies. If all
intervals cover their truths, which happens in at least 95 % of studies, then no verdict of the study is
false, whatever the claims and however levels are combined. Bonferroni's bound holds for any dependence;
differences share the reference. An interval within the margins is an equivalence test (two one-sided tests,
TOST) at that level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from studies.analysis.screen import MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studies.verdicts.claims import Kind

Verdict = Literal["confirmed", "refuted", "undecided"]


def judge(kind: Kind, intervals: Sequence[tuple[float, float]], *, margin: float = MARGIN) -> Verdict:
    """Return what the differences of a claim's levels say of it.

    Args:
        kind: What the claim says.
        intervals: Ends for each comparison, of the s-KdT with what the claim is about minus that without;
            infinite where nothing is known. For ``predicts less`` of the one correlation minus the other.
        margin: What counts as little.

    A claim of harm (help) is confirmed where at some level the interval lies below (above) 0 and at none
    on the other side, and refuted where every level's interval leaves out a harm (help) as large as the
    margin. One of no help is its mirror: refuted where some level's interval lies above 0, confirmed where
    every one leaves out a help as large as the margin. One of little effect is confirmed where every
    interval lies within the margins, and refuted where some lies wholly beyond. One that a factor matters
    is confirmed where some interval leaves out 0, and refuted where every one lies within the margins.
    Everything else is undecided.
    """
    if not intervals:
        return "undecided"
    lows, highs = zip(*intervals, strict=True)
    within = all(-margin < low and high < margin for low, high in intervals)
    beyond = any(low > margin or high < -margin for low, high in intervals)
    worse, better = any(high < 0 for high in highs), any(low > 0 for low in lows)
    harmless, useless = min(lows) > -margin, max(highs) < margin
    confirmed, refuted = {
        "hurts": (worse and not better, harmless and not worse),
        "helps": (better and not worse, useless and not better),
        "no help": (useless and not better, better),
        "little": (within, beyond),
        "matters": (worse or better, within and not (worse or better)),
        "predicts less": (better, worse),
    }[kind]
    return "confirmed" if confirmed else "refuted" if refuted else "undecided"
