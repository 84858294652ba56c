"""What the screen's trials say of each factor's values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.domains import Categorical, Range
from studies.analysis.wide.contrasts import show
from studies.pictures.plots import line_style, plot_dots
from studies.pictures.style import BLUE, INK, QUIET, WIDE, dots, label, new_figure, room, spread
from studies.report.figures.picture import Picture
from studies.report.trials import final, screen_trials
from studies.report.words.mattering import is_wide

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from objectives.factors import Factor
    from studies.report.answer import Answer

_COLUMNS = 3
_BINS = 4
_MOST = 6
"""How many factors a dashboard's card has room for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Panel:
    """One factor: the screen's s-KdT by its value, where it changes anything."""

    name: str
    """The factor's name."""
    colour: str
    """Of its dots."""
    x: list[float]
    """The trials' places: values of a range, or numbers of levels with small shifts sideways."""
    y: list[float]
    """The trials' s-KdT."""
    means: list[tuple[float, float, float]]
    """From where to where, and how high, a mean is: that of a level, or of a quarter of a range."""
    ticks: dict[float, str]
    """What stands at the axis."""
    levels: bool
    """Whether its values are levels and no range."""
    log: bool
    """Whether the axis is logarithmic."""


def _varied(answer: Answer) -> list[Factor]:
    """Return the factors that varied, the most important first."""
    order = [one.name for one in answer.importance]
    factors = [factor for factor in answer.settings.factors if not factor.held]
    return sorted(factors, key=lambda f: order.index(f.name) if f.name in order else len(order))


def _panels(answer: Answer) -> list[_Panel]:
    significant = {one.name for one in answer.importance if one.significant}
    panels = []
    for factor in _varied(answer):
        trials = [trial for trial in screen_trials(answer) if factor.applies(trial.recipe)]
        pairs = [(trial.recipe[factor.name], final(trial)) for trial in trials]
        colour = BLUE if factor.name in significant else QUIET
        if isinstance(factor.domain, Categorical):
            panels.append(_of_levels(factor.name, factor.domain, pairs, colour))
        else:
            values = [(float(chosen), value) for chosen, value in pairs]
            panels.append(_of_range(factor.name, factor.domain, values, colour))
    return panels


def _of_levels(name: str, domain: Categorical, pairs: list[tuple[Any, float]], colour: str) -> _Panel:
    x: list[float] = []
    y: list[float] = []
    means = []
    for position, level in enumerate(domain.choices):
        values = [value for chosen, value in pairs if chosen == level]
        x += (position + spread(len(values), seed=position)).tolist()
        y += values
        if values:
            means.append((position - 0.34, position + 0.34, float(np.mean(values))))
    ticks = {float(position): show(level) for position, level in enumerate(domain.choices)}
    return _Panel(name=name, colour=colour, x=x, y=y, means=means, ticks=ticks, levels=True, log=False)


def _of_range(name: str, domain: Range, pairs: list[tuple[float, float]], colour: str) -> _Panel:
    edges = (np.geomspace if domain.log else np.linspace)(domain.low, domain.high, _BINS + 1).tolist()
    means = []
    for step, (left, right) in enumerate(pairwise(edges)):
        last = step == _BINS - 1
        values = [value for chosen, value in pairs if left <= chosen < right or (last and chosen >= right)]
        if values:
            means.append((left, right, float(np.mean(values))))
    places = (float(domain.low), edges[_BINS // 2], float(domain.high))
    ticks = {place: f"{place:.2g}" if place < 100 else f"{place:.0f}" for place in places}
    x, y = [chosen for chosen, _ in pairs], [value for _, value in pairs]
    return _Panel(name=name, colour=colour, x=x, y=y, means=means, ticks=ticks, levels=False, log=domain.log)


def _draw(answer: Answer) -> Figure:
    panels = _panels(answer)
    rows = -(-len(panels) // _COLUMNS)
    figure, axes = new_figure(1.7 * rows + 0.3, rows=rows, columns=_COLUMNS, share_y=True, width=WIDE)
    for index, (one, panel) in enumerate(zip(axes, panels, strict=False)):
        _draw_panel(one, panel)
        label(one, y="s-KdT" if index % _COLUMNS == 0 else "", title=panel.name)
    room(axes[0], [value for panel in panels for value in panel.y])
    for one in axes[len(panels) :]:
        one.set_axis_off()
    return figure


def _draw_panel(axes: Axes, panel: _Panel) -> None:
    axes.grid(visible=False, axis="x")
    dots(axes, panel.x, panel.y, colour=panel.colour, size=3.5)
    for left, right, mean in panel.means:
        axes.plot([left, right], [mean, mean], color=INK, linewidth=1.8, solid_capstyle="butt")
    names = list(panel.ticks.values())
    if panel.log:
        from matplotlib.ticker import NullFormatter, NullLocator

        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
    if panel.levels:
        axes.set_xlim(-0.6, len(names) - 0.4)
        # Long names of levels stand in each other's way when side by side.
        if sum(map(len, names)) > 16:
            names = ["\n" * (index % 2) + name for index, name in enumerate(names)]
    axes.set_xticks(list(panel.ticks), names)
    axes.tick_params(labelsize=8)


def _plot(answer: Answer) -> Any:
    from plotly.subplots import make_subplots

    panels = _panels(answer)[:_MOST]
    figure = make_subplots(
        rows=-(-len(panels) // _COLUMNS),
        cols=_COLUMNS,
        shared_yaxes=True,
        subplot_titles=[panel.name for panel in panels],
        vertical_spacing=0.25,
    )
    for index, panel in enumerate(panels):
        row, column = divmod(index, _COLUMNS)
        place = {"row": row + 1, "col": column + 1}
        plot_dots(figure, panel.x, panel.y, colour=panel.colour, size=5, place=place)
        figure.add_scatter(
            # A gap parts one mean's line from the next.
            x=[place for left, right, _ in panel.means for place in (left, right, None)],
            y=[height for _, _, mean in panel.means for height in (mean, mean, None)],
            mode="lines",
            line=line_style(width=3),
            showlegend=False,
            **place,
        )
        figure.update_xaxes(
            type="log" if panel.log else "linear",
            tickvals=list(panel.ticks),
            ticktext=list(panel.ticks.values()),
            showgrid=False,
            zeroline=False,
            **place,
        )
    figure.update_yaxes(title="s-KdT", col=1)
    figure.update_layout(margin={"t": 90, "b": 40})
    return figure


EFFECTS = Picture(
    name="effects",
    title="What each factor does over the whole space",
    caption="Each dot is a trial of the screen, at the factor's value, where the factor changes anything. "
    "Lines are means of a level, or of a quarter of a range. All other factors vary at the same time, so "
    "single dots scatter: look at the lines. Grey panels are not significant.",
    table="trials",
    ready=lambda answer: is_wide(answer) and bool(_varied(answer)) and len(screen_trials(answer)) > 1,
    draw=_draw,
    wide=True,
    plot=_plot,
    hint="dots: trials of the screen; lines: means; grey: not significant",
)
