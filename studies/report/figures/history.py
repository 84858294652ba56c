"""How the trials went, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.pictures.curves import SKDT, STOPPED
from studies.pictures.style import INK, RED, dots, label, legend, new_figure, room
from studies.report.figures.picture import Picture
from studies.report.trials import final, last_value, phase_dots, usable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer


def _draw(answer: Answer) -> Figure:
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = new_figure(3.3)
    trials = usable(answer)
    pruned = [trial for trial in answer.trials if trial.value is None and trial.curve]
    diverged = [trial for trial in answer.trials if trial.diverged]
    phase_dots(axes, trials, lambda trial: trial.number)
    if pruned:
        last = [value for trial in pruned for value in (last_value(trial),) if value is not None]
        dots(axes, [t.number for t in pruned], last, colour=RED, marker="x", name=STOPPED)
    if trials:
        best = np.maximum.accumulate([final(trial) for trial in trials])
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
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    label(axes, "trial", SKDT)
    legend(figure, axes, columns=3)
    return figure


HISTORY = Picture(
    name="history",
    title="History of the study",
    caption="Each mark is a trial with one seed; the line is the best value so far. Trials that were stopped "
    "early stand at their last value. The line rises by luck as well as by learning, so the best trial is "
    "run again with fresh seeds before it is believed.",
    table="trials",
    ready=lambda answer: any(last_value(trial) is not None for trial in answer.trials),
    draw=_draw,
    minor=True,
)
