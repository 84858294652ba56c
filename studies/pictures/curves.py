"""How a super-net's ranking develops along a trial's schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.objective import END
from studies.pictures.style import label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

SCHEDULE, SKDT = "share of a trial's own schedule (%)", "s-KdT"
"""Names of the axes."""
STOPPED = "stopped early"
"""What a trial is called whose curve ends before its schedule."""


def curve_points(rungs: Mapping[int, float], value: float | None) -> list[tuple[int, float]]:
    """Return a trial's curve from left to right.

    Args:
        rungs: s-KdT in [-1, 1] by per cent of the schedule; may be empty.
        value: s-KdT at the end; None where the trial was stopped early.
    """
    return sorted((dict(rungs) if value is None else {**rungs, END: value}).items())


def draw_curve(
    axes: Axes, points: Sequence[tuple[int, float]], *, colour: str, name: str | None = None
) -> None:
    """Draw one curve that catches the eye; `points` has at least one."""
    x, y = zip(*points, strict=True)
    axes.plot(x, y, color=colour, linewidth=2, marker="o", markersize=4, label=name)


def label_curves(axes: Axes, *, title: str = "") -> None:
    """Name the axes of curves."""
    axes.set_xlim(right=END + 2)
    label(axes, SCHEDULE, SKDT, title)
