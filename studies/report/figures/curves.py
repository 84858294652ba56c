"""How trials' rankings develop along their schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studies.pictures.curves import SCHEDULE, SKDT, STOPPED, curve_points, draw_curve, label_curves
from studies.pictures.plots import line_style, new_plot
from studies.pictures.style import BLUE, QUIET, RED, dots, legend, new_figure, room
from studies.report.figures.picture import Picture
from studies.report.trials import final, usable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer, TrialRecord

_MOST = 300
"""How many curves a dashboard's plot holds, the latest trials'."""


def _trials(answer: Answer, latest: int = 0) -> list[TrialRecord]:
    """Return the latest trials with a curve, 0 for all; those that were stopped come last and so on top."""
    trials = [trial for trial in answer.trials if trial.curve and not trial.diverged]
    return sorted(trials[-latest:], key=lambda trial: trial.value is None)


def _style(trial: TrialRecord) -> tuple[str, str]:
    """Return what a legend calls trials of its kind, and their colour."""
    return (STOPPED, RED) if trial.value is None else ("complete", QUIET)


def _draw(answer: Answer) -> Figure:
    figure, (axes,) = new_figure(3.3)
    trials = _trials(answer)
    faint = max(0.15, min(0.8, 15 / len(trials)))
    heights: list[float] = []
    for trial in trials:
        x, y = zip(*curve_points(trial.curve, trial.value), strict=True)
        heights += y
        name, colour = _style(trial)
        stopped = trial.value is None
        axes.plot(x, y, color=colour, alpha=faint, linewidth=0.9, label=None if stopped else name)
        if stopped:
            dots(axes, x[-1:], y[-1:], colour=colour, marker="x", size=4.5, name=name)
    best = max(usable(answer), key=final, default=None)
    if best is not None and best.curve:
        draw_curve(axes, curve_points(best.curve, best.value), colour=BLUE, name=f"best: trial {best.number}")
    room(axes, heights)
    label_curves(axes)
    legend(figure, axes, columns=3)
    return figure


def _plot(answer: Answer) -> Any:
    figure = new_plot(SCHEDULE, SKDT)
    names: set[str] = set()
    for trial in _trials(answer, _MOST):
        x, y = zip(*curve_points(trial.curve, trial.value), strict=True)
        name, colour = _style(trial)
        stopped = trial.value is None
        figure.add_scatter(
            x=x,
            y=[round(value, 4) for value in y],
            mode="lines+markers",
            name=name,
            legendgroup=name,
            showlegend=name not in names,
            opacity=1 if stopped else 0.6,
            line=line_style(colour, width=1),
            marker={"color": colour, "size": 7 if stopped else 4, "symbol": "x" if stopped else "circle"},
            hovertext=f"trial {trial.number} ({trial.phase})",
        )
        names.add(name)
    return figure


CURVES = Picture(
    name="curves",
    title="Learning curves",
    caption="How the agreement with the truth develops while a super-net trains. A line that ends in a cross "
    "was stopped early. Values before 100 % may come from fewer architectures and are noisier.",
    table="curves",
    ready=lambda answer: bool(_trials(answer)),
    draw=_draw,
    minor=True,
    plot=_plot,
    hint="s-KdT while a super-net trains; cross: stopped early",
)
