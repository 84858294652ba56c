"""What was measured afresh, with intervals, and how far recipes and seeds are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.report.figures.picture import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    QUIET,
    Picture,
    dots,
    label,
    new_figure,
    room,
    screen_values,
    spread,
)
from studies.report.figures.ranking import confirmed_recipes
from studies.report.words.comparison import comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer

_COLOURS = {"best recipe": BLUE, "baseline": ORANGE, "noise ceiling": GREEN}
_DIFFERENCES = ("gain (paired)",)


def _measured(answer: Answer) -> Figure:
    rows = [row for row in comparison(answer) if row.name not in _DIFFERENCES][::-1]
    seeds = {name: part.skdt.values for name, _, part in confirmed_recipes(answer)}
    figure, (axes,) = new_figure(0.75 + 0.36 * len(rows))
    for height, row in enumerate(rows):
        colour = _COLOURS.get(row.name, QUIET)
        axes.hlines(height, row.skdt.low, row.skdt.high, color=colour, linewidth=2.4)
        dots(axes, [row.skdt.mean], [height], colour=colour, size=9)
        values = seeds.get(row.name, ())
        dots(axes, values, [height - 0.24] * len(values), colour=colour, size=3, hollow=True)
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(rows)), [f"{row.name}  {row.skdt.mean:.2f}" for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.5)
    axes.set_xlim(min(-0.05, *(row.skdt.low - 0.05 for row in rows)), 1.0)
    axes.grid(visible=False, axis="y")
    label(axes, "s-KdT: 0 is no relation to the truth, 1 its order")
    return figure


def _signal(answer: Answer) -> Figure:
    screen = screen_values(answer)
    columns: list[tuple[str, str, list[float]]] = [("recipes of the screen", QUIET, screen)] if screen else []
    columns += [
        (f"seeds of the {name}", colour, list(part.skdt.values))
        for name, colour, part in confirmed_recipes(answer)
    ]
    figure, (axes,) = new_figure(3.0)
    for position, (_, colour, values) in enumerate(columns):
        dots(axes, position + spread(len(values)), values, colour=colour, size=6)
        mean = float(np.mean(values))
        axes.plot([position - 0.32, position + 0.32], [mean, mean], color=INK, linewidth=1.6)
    names = [f"{name.replace(' of the ', chr(10) + 'of the ')}\n(n = {len(v)})" for name, _, v in columns]
    axes.set_xticks(range(len(columns)), names)
    axes.set_xlim(-0.6, len(columns) - 0.4)
    axes.grid(visible=False, axis="x")
    room(axes, [value for _, _, values in columns for value in values])
    label(axes, y="s-KdT")
    return figure


MEASURED = Picture(
    name="measured",
    title="How well it ranks, and beside what",
    caption="Further right is better. Thick lines are 95 % intervals; small circles are single seeds. A "
    "recipe whose interval overlaps that of counting parameters or FLOPs may do no better than these, "
    "which train nothing. No ranker can be expected to pass the noise ceiling, since the truth itself "
    "was measured by noisy trainings.",
    table="measured",
    ready=lambda answer: bool(confirmed_recipes(answer)),
    draw=_measured,
)
SIGNAL = Picture(
    name="signal",
    title="Recipes against seeds",
    caption="Left: one dot for each recipe of the screen, one seed each. Right of it: one dot for each seed "
    "of one recipe. Lines are means. Factors can be significant only as far as recipes scatter more than "
    "seeds. Screen and confirmation rank different architectures, so compare spreads, not heights.",
    table="trials",
    ready=lambda answer: bool(confirmed_recipes(answer)) or len(screen_values(answer)) > 1,
    draw=_signal,
)
