"""Whether s-KdT, or the super-net's own accuracy, tells how good its picks are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.report.figures.picture import (
    GREEN,
    INK,
    PHASES,
    Picture,
    dots,
    label,
    legend,
    new_figure,
    usable,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer, TrialRecord

ACCURACY, PICKED = "supernet_accuracy_mean", "top_10_truth"
"""User attributes of a trial: the super-net's mean accuracy, and the mean truth of its ten favourites."""
_PICKS = 10


def number(trial: TrialRecord, attribute: str) -> float | None:
    """Return a user attribute of a trial; None where it is no number."""
    value = trial.attributes.get(attribute)
    return float(value) if isinstance(value, (int, float)) else None


def _picked(answer: Answer) -> list[TrialRecord]:
    return [
        trial
        for trial in usable(answer)
        if number(trial, ACCURACY) is not None and number(trial, PICKED) is not None
    ]


def _picks(answer: Answer) -> Figure:
    trials = _picked(answer)
    figure, axes = new_figure(3.2, columns=2, share_y=True)
    best = 100 * float(np.sort(answer.trials_truth)[-_PICKS:].mean())
    blind = 100 * float(answer.trials_truth.mean())
    for one in axes:
        for phase, (colour, marker) in PHASES.items():
            chosen = [trial for trial in trials if trial.phase == phase]
            across = [
                (trial.value or 0.0) if one is axes[0] else 100 * (number(trial, ACCURACY) or 0.0)
                for trial in chosen
            ]
            up = [100 * (number(trial, PICKED) or 0.0) for trial in chosen]
            if chosen:
                dots(one, across, up, colour=colour, marker=marker, name=phase)
        one.axhline(best, color=GREEN, linewidth=1.2, linestyle="--", label="the ten best")
        one.axhline(blind, color=INK, linewidth=0.8, linestyle=":", label="picked blindly")
    label(axes[0], "s-KdT", "true accuracy of the ten picks (%)")
    label(axes[1], "super-net's mean accuracy (%)")
    legend(figure, axes[0], columns=3)
    return figure


PICKS = Picture(
    name="picks",
    title="How good are the architectures that a super-net picks?",
    caption="Each mark is a trial; its height is the mean true accuracy of the ten architectures that its "
    "super-net likes best among those that trials are scored on. What predicts good picks climbs to the "
    "right: compare s-KdT with the super-net's own accuracy. s-KdT comes from the same architectures and the "
    "same truth as the picks, so some agreement is built in.",
    table="trials",
    ready=lambda answer: bool(_picked(answer)),
    draw=_picks,
)
