"""What else is known of the factors, in words: which act together, and where trials diverged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.analysis.wide.contrasts import show
from studies.schedule.screen.measured import SCREEN

if TYPE_CHECKING:
    from studies.analysis.wide import DivergenceRate, Interaction
    from studies.report.answer import Answer

INTERVALS = (
    "Intervals of differences are 95 % for each difference alone: of twenty differences that are nothing, "
    "about one leaves out 0 by chance. Whether a factor is significant is tested for all factors at once; "
    "where the two seem to disagree, the interval among all differences stands beside the other. Where "
    "factors act together strongly, false calls come more often than in 5 % of studies."
)


def interactions_summary(answer: Answer) -> str:
    """Return which pairs of factors act together, as far as this study can tell."""
    if sum(one.trials > 0 for one in answer.importance) < 2:
        return ""
    if not answer.interactions:
        return "Whether factors act together is not known: the screen has too few trials to look at pairs."
    sure = [one for one in answer.interactions if one.significant]
    if not sure:
        first = answer.interactions[0]
        return (
            "No pair of factors is significant as acting together at this budget; the clearest, "
            f"{first.first} with {first.second}, has p = {first.p_value:.2f} among all pairs."
        )
    return f"Factors that act together: {'; '.join(map(_pair, sure))}."


def _pair(one: Interaction) -> str:
    best = f"{one.first} {show(one.best[0])} with {one.second} {show(one.best[1])}"
    return (
        f"{one.first} with {one.second}, a standard deviation of {one.spread:.3f} [{one.low:.3f}, "
        f"{one.high:.3f}] in s-KdT (p = {one.p_value:.3f} among all pairs), most at {best}: "
        f"{one.excess:+.2f} beyond the sum of both"
    )


def divergence_summary(answer: Answer) -> str:
    """Return how many trials diverged and where they did most often; one short sentence where none did."""
    if not answer.trials:
        return ""
    screened = [trial for trial in answer.trials if trial.phase == SCREEN]
    lost = sum(trial.diverged for trial in screened)
    elsewhere = sum(trial.diverged for trial in answer.trials) - lost
    if not lost + elsewhere:
        return "No trial diverged."
    rest = f"{elsewhere} outside the screen" if elsewhere else ""
    if not lost:
        return f"No trial of the screen diverged, {rest} did."
    text = (
        f"{lost} of the screen's {len(screened)} trials diverged and are left out of shares and differences"
    )
    text += f" ({rest} did too)" if rest else ""
    if not answer.divergence:
        return f"{text}."
    worst = max(answer.divergence, key=lambda one: (one.low, one.rate))
    return (
        f"{text}; most often with {worst.factor} {worst.level}: {rate(worst)}, the highest of "
        f"{len(answer.divergence)} rates, with an interval of its own."
    )


def rate(one: DivergenceRate) -> str:
    """Return a rate with its interval."""
    return f"{one.diverged} of {one.trials}, {one.rate:.0%} [{one.low:.0%}, {one.high:.0%}]"
