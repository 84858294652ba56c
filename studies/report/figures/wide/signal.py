"""How far recipes are apart, and how far seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.pictures.style import INK, QUIET, dots, label, new_figure, room, spread
from studies.report.figures.picture import Picture
from studies.report.figures.ranking import confirmed_recipes
from studies.report.trials import final, screen_trials
from studies.report.words.mattering import is_wide

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer


def _draw(answer: Answer) -> Figure:
    screen = [final(trial) for trial in screen_trials(answer)]
    columns: list[tuple[str, str, list[float]]] = [("recipes of the screen", QUIET, screen)]
    columns += [
        (f"seeds of the {name}", colour, list(part.values))
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


SIGNAL = Picture(
    name="signal",
    title="Recipes against seeds",
    caption="Left: one dot for each recipe of the screen, one seed each. Right of it: one dot for each seed "
    "of one recipe. Lines are means. Factors can be significant only as far as recipes scatter more than "
    "seeds. Screen and confirmation rank different architectures, so compare spreads, not heights.",
    table="trials",
    ready=lambda answer: is_wide(answer) and len(screen_trials(answer)) > 1,
    draw=_draw,
    minor=True,
)
