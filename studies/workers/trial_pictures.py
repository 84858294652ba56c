"""Pictures of one trial as small SVG files: how it ranks, and how it came there.

They are written by hand rather than drawn by a plotting library, so that a trial loses no time by them.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from studies.analysis.estimates import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

WIDTH, HEIGHT = 360, 310
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 44, 54
_INK, _QUIET, _GRID, _BLUE, _RED = "#1d1d23", "#5c5c66", "#d9d9df", "#0072b2", "#c9480b"


def ranking_svg(predicted: ArrayLike, truth: ArrayLike, *, title: str) -> str:
    """Return a scatter of ranks by the super-net against ranks by the truth.

    Args:
        predicted: What the super-net makes of the architectures, shape (n,), n at least 1.
        truth: Their true accuracies in [0, 1], shape (n,); those that s-KdT takes for equal share a rank.
        title: What stands above.
    """
    x = rankdata(np.floor(np.asarray(truth) / THRESHOLD + 1e-6))
    y = rankdata(np.asarray(predicted))
    high = float(max(len(x), 2))
    ticks = (1.0, round(high / 2), high)
    frame = _Frame((1.0, high), (1.0, high))
    marks = [
        f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3"/>'
        for across, up in (frame.place(*pair) for pair in zip(x, y, strict=True))
    ]
    (x0, y0), (x1, y1) = frame.place(1, 1), frame.place(high, high)
    line = f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"
    diagonal = f'<path d="{line}" stroke="{_QUIET}" stroke-dasharray="4"/>'
    body = [diagonal, f'<g fill="{_BLUE}" fill-opacity="0.6">', *marks, "</g>"]
    across = "rank by true accuracy, worst to best"
    return frame.picture(body, title, across, "rank by the super-net", x_ticks=ticks, y_ticks=ticks)


def curve_svg(rungs: Mapping[int, float], value: float | None, *, title: str) -> str:
    """Return the s-KdT along a trial's schedule.

    Args:
        rungs: s-KdT in [-1, 1] by per cent of the schedule; may be empty.
        value: s-KdT at the end; None where the trial was stopped early.
        title: What stands above.
    """
    points = sorted(rungs.items()) + ([] if value is None else [(100, value)])
    values = [height for _, height in points]
    low, high = min([0.0, *values]), max([0.5, *values])
    low, high = np.floor(low * 4) / 4, np.ceil(high * 4) / 4
    frame = _Frame((0.0, 100.0), (low, high))
    places = [frame.place(*point) for point in points]
    colour = _RED if value is None else _BLUE
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    body = [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for (x, y), height in zip(places, values, strict=True):
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>')
        anchor, shift = ("end", -8) if x > WIDTH / 2 else ("start", 8)
        body.append(_text(x + shift, y - 12, f"{height:.2f}", anchor=anchor, colour=colour))
    return frame.picture(
        body,
        title,
        "share of the trial's schedule (%)",
        "s-KdT",
        x_ticks=(0, 25, 50, 75, 100),
        y_ticks=tuple(np.arange(low, high + 1e-9, 0.25).tolist()),
    )


class _Frame:
    """Axes: from figures to points of the picture."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self._x, self._y = x, y

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is."""
        (x0, x1), (y0, y1) = self._x, self._y
        across = _LEFT + (x - x0) / (x1 - x0) * (WIDTH - _LEFT - _RIGHT)
        down = HEIGHT - _BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT - _TOP - _BOTTOM)
        return float(across), float(down)

    def picture(
        self,
        body: Sequence[str],
        title: str,
        x_title: str,
        y_title: str,
        *,
        x_ticks: Sequence[float],
        y_ticks: Sequence[float],
    ) -> str:
        """Return the whole picture."""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
            f' height="{HEIGHT}" font-family="sans-serif" font-size="13">',
            # The dashboard may be dark.
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            _text(12, 24, title, size=14),
        ]
        for tick in y_ticks:
            _, y = self.place(self._x[0], tick)
            parts.append(f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="{_GRID}"/>')
            parts.append(_text(_LEFT - 8, y + 4, f"{tick:g}", anchor="end", colour=_QUIET))
        for tick in x_ticks:
            x, _ = self.place(tick, self._y[0])
            parts.append(_text(x, HEIGHT - _BOTTOM + 18, f"{tick:g}", anchor="middle", colour=_QUIET))
        middle = (_TOP + HEIGHT - _BOTTOM) / 2
        parts.append(
            _text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 12, x_title, anchor="middle", colour=_QUIET)
        )
        turned = _text(0, 0, y_title, anchor="middle", colour=_QUIET)
        parts.append(f'<g transform="translate(18 {middle:.0f}) rotate(-90)">{turned}</g>')
        return "\n".join([*parts, *body, "</svg>\n"])


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = _INK, size: int = 13) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">'
        f"{escape(text)}</text>"
    )
