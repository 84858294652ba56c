"""The style that all pictures share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

INK, QUIET, GRID, PAPER = "#1d1d23", "#8a8a94", "#e3e3e8", "#fefefe"
BLUE, ORANGE, GREEN, RED = "#0072b2", "#d98200", "#009e73", "#c9480b"
"""Colours that people with any kind of colour vision tell apart (after Okabe and Ito)."""
WIDTH = 5.4
"""Width of a figure in inches: its letters stay readable where a phone shows it whole."""
WIDE = 6.6
"""Width of a figure of many panels; a phone scrolls it sideways."""


def new_figure(
    height: float, *, rows: int = 1, columns: int = 1, share_y: bool = False, width: float = WIDTH
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure and its axes row by row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
    grid = figure.subplots(rows, columns, squeeze=False, sharey=share_y)
    axes = list(grid.flat)
    for one in axes:
        one.set_facecolor(PAPER)
        one.spines[["top", "right"]].set_visible(False)
        one.spines[["left", "bottom"]].set_color(QUIET)
        one.tick_params(colors=INK, labelsize=9, color=QUIET)
        one.grid(color=GRID, linewidth=0.8)
        one.set_axisbelow(True)
    return figure, axes


def label(axes: Axes, x: str = "", y: str = "", title: str = "") -> None:
    """Name the axes."""
    axes.set_xlabel(x, color=INK, fontsize=10)
    axes.set_ylabel(y, color=INK, fontsize=10)
    if title:
        axes.set_title(title, color=INK, fontsize=10, loc="left")


def legend(figure: Figure, axes: Axes, *, columns: int = 4) -> None:
    """Name what is drawn, each name once, above the axes so that it hides nothing."""
    handles, names = axes.get_legend_handles_labels()
    named: dict[str, Artist] = {}
    for handle, name in zip(handles, names, strict=True):
        named.setdefault(name, handle)
    if named:
        box = figure.legend(
            list(named.values()),
            list(named),
            loc="outside upper left",
            ncols=columns,
            frameon=False,
            fontsize=9,
            labelcolor=INK,
            handletextpad=0.4,
            columnspacing=1.2,
        )
        for shown in box.legend_handles:
            if shown is not None:
                shown.set_alpha(1)


def dots(
    axes: Axes,
    x: Sequence[float] | NDArray[np.float64],
    y: Sequence[float] | NDArray[np.float64],
    *,
    colour: str,
    marker: str = "o",
    size: float = 5.0,
    name: str | None = None,
    hollow: bool = False,
) -> None:
    """Draw points; hollow ones for what has no final value."""
    many = len(x) > 150
    axes.plot(
        x,
        y,
        linestyle="",
        marker=marker,
        markersize=size * (0.75 if many else 1),
        markerfacecolor="none" if hollow else colour,
        markeredgecolor=colour if hollow or marker in "x+" else PAPER,
        markeredgewidth=0.9 if hollow or marker in "x+" else 0.4,
        label=name,
    )


def spread(count: int, *, seed: int = 0, width: float = 0.5) -> NDArray[np.float64]:
    """Return small sideways shifts that keep points of one level apart, the same at each call."""
    if count < 2:
        return np.zeros(count)
    return (np.random.default_rng(seed).permutation(count) / (count - 1) - 0.5) * width


def room(axes: Axes, values: Sequence[float]) -> None:
    """Give constant values an axis that does not blow up rounding."""
    finite = [value for value in values if np.isfinite(value)]
    if finite and max(finite) - min(finite) < 0.02:
        middle = (max(finite) + min(finite)) / 2
        axes.set_ylim(middle - 0.1, middle + 0.1)
