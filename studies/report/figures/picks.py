"""Whether s-KdT, or the super-net's own accuracy, tells how good its picks are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from studies.pictures.curves import SKDT
from studies.pictures.plots import line_style, new_plot, plot_dots
from studies.pictures.style import GREEN, INK, label, legend, new_figure
from studies.report.figures.picture import Picture
from studies.report.trials import ACCURACY, PICKED, by_phase, final, has, per_cent, phase_dots, usable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer, TrialRecord

_PICKS = 10
_TRUTH = "true accuracy of the ten picks (%)"


def _shown(answer: Answer) -> list[TrialRecord]:
    return [trial for trial in usable(answer) if has(trial, ACCURACY, PICKED)]


def _truth_of_picks(trial: TrialRecord) -> float:
    return per_cent(trial, PICKED)


def _levels(answer: Answer) -> tuple[tuple[str, float, str, str], ...]:
    """Return the bounds of what can be picked: name, height in per cent, colour and style of line."""
    truth = 100 * np.sort(answer.trials_truth)
    return (
        ("the ten best", float(truth[-_PICKS:].mean()), GREEN, "--"),
        ("picked blindly", float(truth.mean()), INK, ":"),
    )


def _draw(answer: Answer) -> Figure:
    trials = _shown(answer)
    figure, axes = new_figure(3.2, columns=2, share_y=True)
    phase_dots(axes[0], trials, final, _truth_of_picks, size=5)
    phase_dots(axes[1], trials, lambda trial: per_cent(trial, ACCURACY), _truth_of_picks, size=5)
    for one in axes:
        for name, height, colour, style in _levels(answer):
            one.axhline(height, color=colour, linewidth=1.0, linestyle=style, label=name)
    label(axes[0], SKDT, _TRUTH)
    label(axes[1], "super-net's mean accuracy (%)")
    legend(figure, axes[0], columns=3)
    return figure


def _plot(answer: Answer) -> Any:
    """Return the left panel: the dashboard's card has room for one."""
    figure = new_plot(SKDT, _TRUTH)
    for phase, colour, marker, chosen in by_phase(_shown(answer)):
        plot_dots(
            figure,
            [final(trial) for trial in chosen],
            [round(_truth_of_picks(trial), 3) for trial in chosen],
            colour=colour,
            marker=marker,
            size=8,
            name=phase,
            hover=[f"trial {trial.number}" for trial in chosen],
        )
    for name, height, colour, style in _levels(answer):
        figure.add_hline(y=height, line=line_style(colour, style=style), annotation_text=name)
    return figure


PICKS = Picture(
    name="picks",
    title="How good are the architectures that a super-net picks?",
    caption="Each mark is a trial; its height is the mean true accuracy of the ten architectures that its "
    "super-net likes best among those that trials are scored on. What predicts good picks climbs to the "
    "right: compare s-KdT with the super-net's own accuracy. s-KdT comes from the same architectures and the "
    "same truth as the picks, so some agreement is built in.",
    table="trials",
    ready=lambda answer: bool(_shown(answer)),
    draw=_draw,
    minor=True,
    plot=_plot,
    hint="the ten favourites of each trial, by its s-KdT on the same architectures",
)
