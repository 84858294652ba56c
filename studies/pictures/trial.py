"""Pictures of one trial as small SVG files: how it ranks, and how it came there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from objectives.objective import END
from studies.pictures.curves import STOPPED, curve_points, draw_curve, label_curves
from studies.pictures.ranks import BY_SUPERNET, BY_TRUTH, draw_ranks
from studies.pictures.style import BLUE, RED, label, new_figure
from studies.pictures.svg import svg_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

_WIDTH, _HEIGHT = 3.75, 3.2
"""In inches: a card of optuna-dashboard shows the whole of it."""
_STEP = 0.25
"""Between two numbers at the axis of s-KdT."""


def trial_title(number: int, phase: str, value: float | None) -> str:
    """Return a trial's number, phase and outcome."""
    return f"trial {number} ({phase}): {STOPPED if value is None else f's-KdT {value:.2f}'}"


def ranking_svg(predicted: ArrayLike, truth: ArrayLike, *, title: str) -> str:
    """Return a scatter of ranks by the super-net against ranks by the truth.

    Args:
        predicted: What the super-net makes of the architectures, shape (n,), n at least 1.
        truth: Their true accuracies in [0, 1], shape (n,); those that s-KdT takes for equal share a rank.
        title: What stands above.
    """
    figure, (axes,) = new_figure(_HEIGHT, width=_WIDTH)
    draw_ranks(axes, truth, predicted, colour=BLUE)
    count = len(np.asarray(truth))
    ticks = sorted({1, -(-count // 2), count})
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    label(axes, BY_TRUTH, BY_SUPERNET, title)
    return svg_file(figure)


def curve_svg(rungs: Mapping[int, float], value: float | None, *, title: str) -> str:
    """Return the s-KdT along a trial's schedule.

    Args:
        rungs: s-KdT in [-1, 1] by per cent of the schedule; may be empty.
        value: s-KdT at the end; None where the trial was stopped early; one of the two there must be.
        title: What stands above.
    """
    points = curve_points(rungs, value)
    figure, (axes,) = new_figure(_HEIGHT, width=_WIDTH)
    colour = RED if value is None else BLUE
    draw_curve(axes, points, colour=colour)
    for x, y in points:
        # Left of its point a number is clear of a line that rises to it and on.
        side, shift = ("right", -4) if x > 0.2 * END else ("left", 4)
        axes.annotate(
            f"{y:.2f}", (x, y), (shift, 6), textcoords="offset points", ha=side, color=colour, fontsize=9
        )
    heights = [y for _, y in points]
    low = np.floor(min([0.0, *heights]) / _STEP) * _STEP
    high = np.ceil(max([0.5, *heights]) / _STEP) * _STEP
    axes.set_yticks(np.arange(low, high + _STEP / 2, _STEP))
    axes.set_ylim(low - 0.04, high + 0.04)
    axes.set_xticks(range(0, END + 1, 25))
    axes.set_xlim(left=-2)
    label_curves(axes, title=title)
    return svg_file(figure)
