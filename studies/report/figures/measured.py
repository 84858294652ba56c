"""What was measured afresh, with intervals, beside what trains nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.pictures.style import BLUE, GREEN, INK, ORANGE, QUIET, dots, label, new_figure
from studies.report.figures.picture import Picture
from studies.report.figures.ranking import confirmed_recipes
from studies.report.words.comparison import comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer

_COLOURS = {"best recipe": BLUE, "the baseline": BLUE, "baseline": ORANGE, "noise ceiling": GREEN}


def _draw(answer: Answer) -> Figure:
    rows = comparison(answer)[::-1]
    figure, (axes,) = new_figure(0.75 + 0.36 * len(rows))
    for height, row in enumerate(rows):
        colour = _COLOURS.get(row.what, QUIET)
        axes.hlines(height, row.skdt.low, row.skdt.high, color=colour, linewidth=2.4)
        dots(axes, [row.skdt.mean], [height], colour=colour, size=9)
        values = row.measured.values if row.measured is not None and row.of == "single" else ()
        dots(axes, values, [height - 0.24] * len(values), colour=colour, size=3, hollow=True)
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(rows)), [f"{row.name}  {row.skdt.mean:.2f}" for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.5)
    axes.set_xlim(min(-0.05, *(row.skdt.low - 0.05 for row in rows)), 1.0)
    axes.grid(visible=False, axis="y")
    label(axes, "s-KdT (1 is the true order)")
    return figure


MEASURED = Picture(
    name="measured",
    title="How well it ranks, and beside what",
    caption="Further right is better. Thick lines are 95 % intervals; small circles are single seeds; an "
    "ensemble ranks by the mean rank over its super-nets. What overlaps the interval of counting parameters "
    "or FLOPs may do no better than these, which train nothing; the table has the paired differences. No "
    "ranker can be expected to pass the noise ceiling, since the truth itself was measured by noisy "
    "trainings.",
    table="measured",
    ready=lambda answer: bool(confirmed_recipes(answer)),
    draw=_draw,
)
