"""Which factors matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from studies.pictures.plots import line_style, new_plot
from studies.pictures.style import BLUE, INK, QUIET, RED, label, legend, new_figure
from studies.report.figures.picture import Picture
from studies.report.words.factor_lines import factor_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.analysis.wide import FactorImportance
    from studies.report.answer import Answer

_SHARE = "share of the variance of all main effects (%)"
_COLOURS = {True: BLUE, False: QUIET}
"""By whether a factor is significant."""


def _ranked(answer: Answer) -> list[FactorImportance]:
    """Return the factors that have a share, the least important first, as bars stand from below."""
    return [one for one in answer.importance if one.note is None][::-1]


def _shares(entries: list[FactorImportance]) -> tuple[list[float], list[float], list[float]]:
    """Return share and ends of its interval in per cent."""
    parts = ((100 * one.share, 100 * one.low, 100 * one.high) for one in entries)
    shares, lows, highs = (list(column) for column in zip(*parts, strict=True))
    return shares, lows, highs


def _references(entries: list[FactorImportance]) -> list[float]:
    """Return in per cent what the largest inert factor reaches by chance."""
    return sorted({round(100 * one.reference, 6) for one in entries})


def _draw(answer: Answer) -> Figure:
    entries = _ranked(answer)
    shares, lows, highs = _shares(entries)
    figure, (axes,) = new_figure(0.9 + 0.27 * len(entries))
    for significant, name in ((True, "significant"), (False, "not significant")):
        rows = [row for row, one in enumerate(entries) if one.significant is significant]
        if rows:
            axes.barh(rows, np.array(shares)[rows], color=_COLOURS[significant], height=0.62, label=name)
    axes.hlines(range(len(entries)), lows, highs, color=INK, linewidth=1.1)
    for reference in _references(entries):
        chance = "by chance in 1 of 20 studies"
        axes.axvline(reference, color=RED, linestyle="--", linewidth=1.2, label=chance)
    axes.set_yticks(range(len(entries)), [one.name for one in entries])
    axes.set_ylim(-0.7, len(entries) - 0.3)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")
    label(axes, _SHARE)
    legend(figure, axes, columns=3)
    return figure


def _plot(answer: Answer) -> Any:
    entries = _ranked(answer)
    shares, lows, highs = _shares(entries)
    findings = {line.name: line.finding for line in factor_lines(answer)}
    figure = new_plot(_SHARE)
    figure.add_bar(
        orientation="h",
        y=[one.name for one in entries],
        x=shares,
        marker={"color": [_COLOURS[one.significant] for one in entries]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - share for share, high in zip(shares, highs, strict=True)],
            "arrayminus": [share - low for share, low in zip(shares, lows, strict=True)],
        },
        hovertext=[findings[one.name] for one in entries],
    )
    for reference in _references(entries):
        figure.add_vline(x=reference, line=line_style(RED, style="--"))
    return figure


IMPORTANCE = Picture(
    name="importance",
    title="Which factors matter",
    caption="Long bars matter most. A blue bar is significant; a grey one is "
    "not, which does not show that it does nothing. Thin lines are 95 % intervals; the dashed line says how "
    "far the largest share of inert factors gets by chance in 5 % of permutations.",
    table="importance",
    ready=lambda answer: bool(_ranked(answer)),
    draw=_draw,
    plot=_plot,
    hint="blue: significant; thin lines: 95 % intervals; dashed: by chance",
)
