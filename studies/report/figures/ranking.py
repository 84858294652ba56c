"""How well the confirmed super-nets rank, and how far recipes and seeds are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.report.figures._picture import (
    BLUE,
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
from studies.report.recommend import is_baseline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.answer import Answer, Measured


def _measured(answer: Answer) -> list[tuple[str, str, Measured]]:
    """Return what was confirmed, each once."""
    found = [] if answer.winner is None else [("best recipe", BLUE, answer.winner)]
    if answer.baseline is not None and not (found and is_baseline(answer)):
        found.append(("baseline", ORANGE, answer.baseline))
    return found


def _ranking(answer: Answer) -> Figure:
    measured = _measured(answer)
    figure, axes = new_figure(3.4, columns=2)
    for one, (name, colour, part) in zip(axes, measured, strict=False):
        mean = 100 * part.accuracies.mean(axis=0)
        dots(one, 100 * answer.truth, mean, colour=colour)
        label(one, "true accuracy (%)", "super-net accuracy (%)", f"{name}: s-KdT {part.skdt.mean:.2f}")
        if np.ptp(mean) == 0:
            one.set_ylim(mean[0] - 1, mean[0] + 1)
    for one in axes[len(measured) :]:
        one.set_axis_off()
    return figure


def _signal(answer: Answer) -> Figure:
    screen = screen_values(answer)
    columns: list[tuple[str, str, list[float]]] = [("recipes of the screen", QUIET, screen)] if screen else []
    columns += [
        (f"seeds of the {name}", colour, list(part.skdt.values)) for name, colour, part in _measured(answer)
    ]
    figure, (axes,) = new_figure(3.2)
    for position, (_, colour, values) in enumerate(columns):
        dots(axes, position + spread(len(values)), values, colour=colour, size=6)
        mean = float(np.mean(values))
        axes.plot([position - 0.32, position + 0.32], [mean, mean], color=INK, linewidth=1.6)
    axes.set_xticks(range(len(columns)), [f"{name}\n(n = {len(values)})" for name, _, values in columns])
    axes.set_xlim(-0.6, len(columns) - 0.4)
    axes.grid(visible=False, axis="x")
    room(axes, [value for _, _, values in columns for value in values])
    label(axes, y="s-KdT")
    return figure


RANKING = Picture(
    name="ranking",
    title="Ranking of fresh architectures",
    caption="Each dot is an architecture that no trial had seen. The more the dots climb from the lower left "
    "to the upper right, the better the super-net's accuracy (mean over seeds) predicts the true one. Dots "
    "in one column are ties of the truth. Only the order counts, not the height of a panel.",
    ready=lambda answer: bool(_measured(answer)),
    draw=_ranking,
)
SIGNAL = Picture(
    name="signal",
    title="Recipes against seeds",
    caption="Left: one dot for each recipe of the screen, one seed each. Right of it: one dot for each seed "
    "of one recipe. Lines are means. Factors can be told apart only as far as recipes scatter more than "
    "seeds. Screen and confirmation rank different architectures, so compare spreads, not heights.",
    ready=lambda answer: bool(_measured(answer)) or len(screen_values(answer)) > 1,
    draw=_signal,
)
