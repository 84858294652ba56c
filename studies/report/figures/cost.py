"""What a ranking costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.pictures.curves import SKDT
from studies.pictures.style import GREEN, label, legend, new_figure, room
from studies.report.figures.picture import Picture
from studies.report.trials import final, phase_dots, usable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer, TrialRecord


def _timed(answer: Answer) -> list[TrialRecord]:
    return [trial for trial in usable(answer) if trial.seconds > 0]


def _front(trials: list[TrialRecord]) -> list[TrialRecord]:
    """Return the trials that no other beats in less time, the quickest first."""
    front: list[TrialRecord] = []
    for trial in sorted(trials, key=lambda trial: (trial.seconds, -final(trial))):
        if not front or final(trial) > final(front[-1]):
            front.append(trial)
    return front


def _draw(answer: Answer) -> Figure:
    figure, (axes,) = new_figure(3.3)
    trials = _timed(answer)
    front = _front(trials)
    phase_dots(axes, trials, lambda trial: trial.seconds)
    axes.step(
        [trial.seconds for trial in front],
        [final(trial) for trial in front],
        where="post",
        color=GREEN,
        linewidth=1.6,
        label="best for the time",
    )
    room(axes, [final(trial) for trial in trials])
    seconds = [trial.seconds for trial in trials]
    if max(seconds) > 8 * min(seconds):
        from matplotlib.ticker import LogLocator, NullFormatter

        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
    label(axes, "seconds for training and ranking", SKDT)
    legend(figure, axes, columns=3)
    return figure


COST = Picture(
    name="cost",
    title="What the ranking costs",
    caption="Each mark is a trial with one seed. The green line joins the trials that no other trial beats "
    "in less time; its steps are optimistic, as each is the best of several.",
    table="trials",
    ready=lambda answer: bool(_timed(answer)),
    draw=_draw,
    minor=True,
)
