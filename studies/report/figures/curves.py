"""How trials' rankings develop along their schedules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studies.pictures.curves import SCHEDULE, SKDT, STOPPED, curve_points, draw_curve, label_curves
from studies.pictures.style import BLUE, QUIET, RED, dots, legend, new_figure, room
from studies.report.figures.picture import Interactive, Picture
from studies.report.figures.plots import line_style
from studies.report.figures.trials import final, usable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer, TrialRecord

_MOST = 300
"""How many curves a dashboard's plot holds, the latest trials'."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """A trial's curve."""

    trial: str
    """The trial's number and phase."""
    x: list[float]
    """Per cent of its schedule."""
    y: list[float]
    """s-KdT there."""
    stopped: bool
    """Whether it was stopped early."""

    @property
    def name(self) -> str:
        """What a legend calls its like."""
        return STOPPED if self.stopped else "complete"

    @property
    def colour(self) -> str:
        """Its colour."""
        return RED if self.stopped else QUIET


def _lines(answer: Answer, most: int | None = None) -> list[_Line]:
    """Return the curves of the latest trials; those that were stopped come last and so above the others."""
    trials = [trial for trial in answer.trials if trial.curve and not trial.diverged]
    trials = trials if most is None else trials[-most:]
    return sorted(map(_line, trials), key=lambda line: line.stopped)


def _line(trial: TrialRecord) -> _Line:
    points = curve_points(trial.curve, trial.value)
    return _Line(
        trial=f"trial {trial.number} ({trial.phase})",
        x=[step for step, _ in points],
        y=[value for _, value in points],
        stopped=trial.value is None,
    )


def _draw(answer: Answer) -> Figure:
    figure, (axes,) = new_figure(3.3)
    lines = _lines(answer)
    faint = max(0.15, min(0.8, 15 / len(lines)))
    named: set[str] = set()
    for line in lines:
        name = None if line.name in named else line.name
        named.add(line.name)
        axes.plot(
            line.x,
            line.y,
            color=line.colour,
            alpha=faint,
            linewidth=0.9,
            label=None if line.stopped else name,
        )
        if line.stopped:
            dots(axes, line.x[-1:], line.y[-1:], colour=line.colour, marker="x", size=4.5, name=name)
    best = max(usable(answer), key=final, default=None)
    if best is not None and best.curve:
        draw_curve(axes, curve_points(best.curve, best.value), colour=BLUE, name=f"best: trial {best.number}")
    room(axes, [value for line in lines for value in line.y])
    label_curves(axes)
    legend(figure, axes, columns=3)
    return figure


def _plot(answer: Answer) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    named: set[str] = set()
    for line in _lines(answer, _MOST):
        marker = {"symbol": "x", "size": 7} if line.stopped else {"symbol": "circle", "size": 4}
        figure.add_scatter(
            x=line.x,
            y=[round(value, 4) for value in line.y],
            mode="lines+markers",
            name=line.name,
            legendgroup=line.name,
            showlegend=line.name not in named,
            opacity=1 if line.stopped else 0.6,
            line=line_style(line.colour, width=1),
            marker={"color": line.colour, **marker},
            hovertext=line.trial,
        )
        named.add(line.name)
    figure.update_layout(xaxis={"title": SCHEDULE}, yaxis={"title": SKDT}, margin={"t": 60, "b": 50})
    return figure


CURVES = Picture(
    name="curves",
    title="Learning curves",
    caption="How the agreement with the truth develops while a super-net trains. A line that ends in a cross "
    "was stopped early. Values before 100 % may come from fewer architectures and are noisier.",
    table="curves",
    ready=lambda answer: bool(_lines(answer)),
    draw=_draw,
    interactive=Interactive(hint="s-KdT while a super-net trains; cross: stopped early", draw=_plot),
)
