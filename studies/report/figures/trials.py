"""How the trials went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.report.figures.picks import ACCURACY as MEAN
from studies.report.figures.picks import number
from studies.report.figures.picture import (
    GREEN,
    INK,
    PHASES,
    QUIET,
    RED,
    Picture,
    dots,
    label,
    last_value,
    legend,
    new_figure,
    room,
    usable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from studies.report.answer import Answer, TrialRecord


def _by_phase(
    axes: Axes, trials: list[TrialRecord], x: Callable[[TrialRecord], float], *, size: float = 5.5
) -> None:
    for phase, (colour, marker) in PHASES.items():
        chosen = [trial for trial in trials if trial.phase == phase]
        if chosen:
            values = [trial.value if trial.value is not None else np.nan for trial in chosen]
            dots(axes, [x(t) for t in chosen], values, colour=colour, marker=marker, name=phase, size=size)


def _history(answer: Answer) -> Figure:
    figure, (axes,) = new_figure(3.3)
    trials = usable(answer)
    pruned = [trial for trial in answer.trials if trial.value is None and trial.curve]
    diverged = [trial for trial in answer.trials if trial.diverged]
    _by_phase(axes, trials, lambda trial: trial.number)
    if pruned:
        last = [value for trial in pruned for value in (last_value(trial),) if value is not None]
        dots(axes, [t.number for t in pruned], last, colour=RED, marker="x", name="stopped early")
    if trials:
        best = np.maximum.accumulate([trial.value for trial in trials if trial.value is not None])
        numbers = [trial.number for trial in trials]
        axes.step(numbers, best, where="post", color=INK, linewidth=1.4, label="best so far")
    shown = [last_value(trial) for trial in (*trials, *pruned)]
    room(axes, [value for value in shown if value is not None])
    if diverged:
        # At their value of -1 they would press all others together.
        floor = axes.get_ylim()[0]
        floor -= 0.04 * (axes.get_ylim()[1] - floor)
        heights = [floor] * len(diverged)
        dots(axes, [t.number for t in diverged], heights, colour=RED, marker="v", name="diverged")
        axes.set_ylim(bottom=floor - 0.04 * (axes.get_ylim()[1] - floor))
    _whole_numbers(axes)
    label(axes, "trial", "s-KdT")
    legend(figure, axes, columns=3)
    return figure


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _curves(answer: Answer) -> Figure:
    figure, (axes,) = new_figure(3.3)
    trials = [trial for trial in answer.trials if trial.curve and not trial.diverged]
    best = max(usable(answer), key=lambda trial: trial.value or 0.0, default=None)
    faint = max(0.15, min(0.8, 15 / max(len(trials), 1)))
    named: set[bool] = set()
    ends: list[float] = []
    for trial in trials:
        points = sorted(trial.curve.items())
        if trial.value is not None:
            points.append((100, trial.value))
        x, y = zip(*points, strict=True)
        pruned = trial.value is None
        name = None if pruned in named else "stopped early" if pruned else "complete"
        named.add(pruned)
        ends += y
        axes.plot(
            x, y, color=RED if pruned else QUIET, alpha=faint, linewidth=0.9, label=None if pruned else name
        )
        if pruned:
            dots(axes, x[-1:], y[-1:], colour=RED, marker="x", size=4.5, name=name)
    if best is not None and best.curve:
        x, y = zip(*sorted([*best.curve.items(), (100, best.value or 0.0)]), strict=True)
        colour = PHASES["tune"][0]
        axes.plot(
            x, y, color=colour, linewidth=2, marker="o", markersize=4, label=f"best: trial {best.number}"
        )
    room(axes, ends)
    axes.set_xlim(right=102)
    label(axes, "share of a trial's own schedule (%)", "s-KdT")
    legend(figure, axes, columns=3)
    return figure


def _accuracy(answer: Answer) -> Figure:
    figure, (axes,) = new_figure(3.3)
    trials = [trial for trial in usable(answer) if number(trial, MEAN) is not None]
    _by_phase(axes, trials, lambda trial: 100 * (number(trial, MEAN) or 0.0))
    room(axes, [trial.value for trial in trials if trial.value is not None])
    label(axes, "mean accuracy of the super-net over the ranked architectures (%)", "s-KdT")
    legend(figure, axes, columns=3)
    return figure


def _cost(answer: Answer) -> Figure:
    figure, (axes,) = new_figure(3.3)
    trials = _timed(answer)
    front: list[TrialRecord] = []
    for trial in sorted(trials, key=lambda trial: (trial.seconds, -(trial.value or 0.0))):
        if not front or (trial.value or 0.0) > (front[-1].value or 0.0):
            front.append(trial)
    _by_phase(axes, trials, lambda trial: trial.seconds)
    axes.step(
        [trial.seconds for trial in front],
        [trial.value if trial.value is not None else np.nan for trial in front],
        where="post",
        color=GREEN,
        linewidth=1.6,
        label="best for the time",
    )
    room(axes, [trial.value for trial in trials if trial.value is not None])
    seconds = [trial.seconds for trial in trials]
    if max(seconds) > 8 * min(seconds):
        from matplotlib.ticker import LogLocator, NullFormatter

        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
    label(axes, "seconds for training and ranking", "s-KdT")
    legend(figure, axes, columns=3)
    return figure


def _timed(answer: Answer) -> list[TrialRecord]:
    return [trial for trial in usable(answer) if trial.seconds > 0]


HISTORY = Picture(
    name="history",
    title="History of the study",
    caption="Each mark is a trial with one seed; the line is the best value so far. Trials that were stopped "
    "early stand at their last value. The line rises by luck as well as by learning, so the best trial is "
    "run again with fresh seeds before it is believed.",
    table="trials",
    ready=lambda answer: any(last_value(trial) is not None for trial in answer.trials),
    draw=_history,
)
CURVES = Picture(
    name="curves",
    title="Learning curves",
    caption="How the agreement with the truth develops while a super-net trains. A line that ends in a cross "
    "was stopped early. Values before 100 % may come from fewer architectures and are noisier.",
    table="curves",
    ready=lambda answer: any(trial.curve and not trial.diverged for trial in answer.trials),
    draw=_curves,
)
ACCURACY = Picture(
    name="accuracy",
    title="Is an accurate super-net a good ranker?",
    caption="Each mark is a trial. Were the super-net's own accuracy a good guide to its ranking, the marks "
    "would climb from the lower left to the upper right.",
    table="trials",
    ready=lambda answer: any(number(trial, MEAN) is not None for trial in usable(answer)),
    draw=_accuracy,
)
COST = Picture(
    name="cost",
    title="What the ranking costs",
    caption="Each mark is a trial with one seed. The green line joins the trials that no other trial beats "
    "in less time; its steps are optimistic, as each is the best of several.",
    table="trials",
    ready=lambda answer: bool(_timed(answer)),
    draw=_cost,
)
