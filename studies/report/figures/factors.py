"""Which factors matter, and what the screen's trials say of their values."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from objectives.domains import Categorical, Range
from studies.report.figures.picture import (
    BLUE,
    INK,
    QUIET,
    RED,
    WIDE,
    Picture,
    dots,
    label,
    legend,
    new_figure,
    room,
    screen_values,
    spread,
    usable,
)
from studies.report.words.recommend import is_held

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from objectives.factors import Factor
    from studies.report.answer import Answer

_COLUMNS = 3
_BINS = 4


def _importance(answer: Answer) -> Figure:
    entries = [one for one in answer.importance if one.note is None][::-1]
    figure, (axes,) = new_figure(0.9 + 0.27 * len(entries))
    for significant, colour, name in ((True, BLUE, "significant"), (False, QUIET, "not significant")):
        rows = [row for row, one in enumerate(entries) if one.significant is significant]
        if not rows:
            continue
        shares = np.array([100 * entries[row].share for row in rows])
        axes.barh(rows, shares, color=colour, height=0.62, label=name)
        lows = [100 * entries[row].low for row in rows]
        axes.hlines(rows, lows, [100 * entries[row].high for row in rows], color=INK, linewidth=1.1)
    references = sorted({round(100 * one.reference, 6) for one in entries})
    for position, reference in enumerate(references):
        axes.axvline(
            reference,
            color=RED,
            linestyle="--",
            linewidth=1.2,
            label="by chance in 1 of 20 studies" if position == 0 else None,
        )
    axes.set_yticks(range(len(entries)), [one.name for one in entries])
    axes.set_ylim(-0.7, len(entries) - 0.3)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")
    label(axes, "share of the variance of all main effects (%)")
    legend(figure, axes, columns=3)
    return figure


def _varied(answer: Answer) -> list[Factor]:
    """Return the factors that varied, the most important first."""
    order = [one.name for one in answer.importance]
    factors = [factor for factor in answer.settings.factors if not is_held(factor)]
    return sorted(factors, key=lambda f: order.index(f.name) if f.name in order else len(order))


def _effects(answer: Answer) -> Figure:
    factors = _varied(answer)
    rows = -(-len(factors) // _COLUMNS)
    figure, axes = new_figure(1.7 * rows + 0.3, rows=rows, columns=_COLUMNS, share_y=True, width=WIDE)
    significant = {one.name for one in answer.importance if one.significant}
    drawn: list[float] = []
    for index, (one, factor) in enumerate(zip(axes, factors, strict=False)):
        drawn += _effect(one, answer, factor, BLUE if factor.name in significant else QUIET)
        label(one, y="s-KdT" if index % _COLUMNS == 0 else "", title=factor.name)
        one.tick_params(labelsize=8)
    room(axes[0], drawn)
    for one in axes[len(factors) :]:
        one.set_axis_off()
    return figure


def _effect(axes: Axes, answer: Answer, factor: Factor, colour: str) -> list[float]:
    """Draw the screen's values by the factor's value, where it counts, and the means."""
    pairs = [
        (trial.recipe[factor.name], trial.value)
        for trial in usable(answer)
        if trial.phase == "screen" and trial.value is not None and factor.applies(trial.recipe)
    ]
    domain = factor.domain
    axes.grid(visible=False, axis="x")
    if isinstance(domain, Categorical):
        from studies.report.words.wording import show_value

        for position, level in enumerate(domain.choices):
            values = [value for chosen, value in pairs if chosen == level]
            dots(axes, position + spread(len(values), seed=position), values, colour=colour, size=3.5)
            if values:
                _mean(axes, position - 0.34, position + 0.34, values)
        # Long names of levels stand in each other's way when side by side.
        names = [show_value(level) for level in domain.choices]
        if sum(map(len, names)) > 16:
            names = ["\n" * (index % 2) + name for index, name in enumerate(names)]
        axes.set_xticks(range(len(names)), names)
        axes.set_xlim(-0.6, len(names) - 0.4)
    else:
        _curve(axes, domain, [(float(chosen), value) for chosen, value in pairs], colour)
    return [value for _, value in pairs]


def _curve(axes: Axes, domain: Range, pairs: list[tuple[float, float]], colour: str) -> None:
    dots(axes, [chosen for chosen, _ in pairs], [value for _, value in pairs], colour=colour, size=3.5)
    edges = (
        np.geomspace(domain.low, domain.high, _BINS + 1)
        if domain.log
        else np.linspace(domain.low, domain.high, _BINS + 1)
    )
    for step, (left, right) in enumerate(pairwise(edges.tolist())):
        last = step == _BINS - 1
        values = [value for chosen, value in pairs if left <= chosen < right or (last and chosen >= right)]
        if values:
            _mean(axes, left, right, values)
    if domain.log:
        from matplotlib.ticker import NullFormatter, NullLocator

        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        ticks = [domain.low, (domain.low * domain.high) ** 0.5, domain.high]
    else:
        ticks = [domain.low, (domain.low + domain.high) / 2, domain.high]
    axes.set_xticks(ticks, [f"{tick:.2g}" if tick < 100 else f"{tick:.0f}" for tick in ticks])


def _mean(axes: Axes, left: float, right: float, values: list[float]) -> None:
    mean = float(np.mean(values))
    axes.plot([left, right], [mean, mean], color=INK, linewidth=1.8, solid_capstyle="butt")


IMPORTANCE = Picture(
    name="importance",
    title="Which factors matter",
    caption="Long bars matter most. A blue bar is significant; a grey one is "
    "not, which does not show that it does nothing. Thin lines are 95 % intervals; the dashed line says how "
    "far chance alone carries the largest of the inert factors in one study of twenty.",
    table="importance",
    ready=lambda answer: any(one.note is None for one in answer.importance),
    draw=_importance,
)
EFFECTS = Picture(
    name="effects",
    title="What each factor does",
    caption="Each dot is a trial of the screen, at the factor's value, where the factor changes anything. "
    "Lines are means of a level, or of a quarter of a range. All other factors vary at the same time, so "
    "single dots scatter: look at the lines. Grey panels are not significant.",
    table="trials",
    ready=lambda answer: bool(_varied(answer)) and len(screen_values(answer)) > 1,
    draw=_effects,
    wide=True,
)
