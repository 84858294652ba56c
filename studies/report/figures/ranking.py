"""How the confirmed super-nets order fresh architectures, beside what needs no training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.report.figures.picture import BLUE, GRID, INK, ORANGE, QUIET, Picture, dots, label, new_figure
from studies.report.words.recommend import is_baseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from studies.report.answer import Answer, Measured

_TICKS = 5


def confirmed_recipes(answer: Answer) -> list[tuple[str, str, Measured]]:
    """Return name, colour and measurement of what was confirmed, each once."""
    found = [] if answer.winner is None else [("best recipe", BLUE, answer.winner)]
    if answer.baseline is not None and not (found and is_baseline(answer)):
        found.append(("baseline", ORANGE, answer.baseline))
    return found


def _ranking(answer: Answer) -> Figure:
    from studies.analysis.estimates import tau_estimate

    measured = confirmed_recipes(answer)
    counted = [("parameters", answer.parameters), ("FLOPs", answer.flops)]
    figure, axes = new_figure(3.0 * (1 + (len(measured) > 1)), rows=1 + (len(measured) > 1), columns=2)
    if len(measured) == 1:
        counted = counted[:1]
    for one, (name, colour, part) in zip(axes, measured, strict=False):
        _by_rank(one, answer.truth, part.accuracies.mean(axis=0), colour=colour, shown=_per_cent)
        label(one, "", "super-net accuracy (%)", f"{name}: {part.skdt.mean:.2f}")
    for one, (name, counts) in zip(axes[len(measured) :], counted, strict=True):
        _by_rank(one, answer.truth, counts, colour=QUIET, shown=_short)
        label(one, "", name, f"counting {name}: {tau_estimate(counts, answer.truth).mean:.2f}")
    for one in axes[-2:]:
        label(one, "true accuracy (%)", one.get_ylabel(), one.get_title(loc="left"))
    return figure


def _by_rank(
    axes: Axes,
    truth: NDArray[np.float64],
    predicted: NDArray[np.float64],
    *,
    colour: str,
    shown: Callable[[float], str],
) -> None:
    """Draw architectures by their ranks; equal truths share a column, which a line joins."""
    from scipy.stats import rankdata

    from studies.analysis.estimates import THRESHOLD

    bins = np.floor(truth / THRESHOLD + 1e-6)
    x, y = rankdata(bins), rankdata(predicted)
    tied = [column for column in np.unique(x) if np.sum(x == column) > 1]
    axes.vlines(
        tied,
        [y[x == column].min() for column in tied],
        [y[x == column].max() for column in tied],
        color=GRID,
        linewidth=2.5,
        zorder=1,
    )
    axes.plot([1, len(x)], [1, len(x)], color=INK, linewidth=0.8, linestyle=":", zorder=1)
    dots(axes, x, y, colour=colour, size=4.5)
    places = np.linspace(0, len(x) - 1, min(_TICKS, len(x))).round().astype(int)
    axes.set_xticks(places + 1, [_per_cent(value) for value in np.sort(truth)[places]])
    axes.set_yticks(places + 1, [shown(value) for value in np.sort(predicted)[places]])
    axes.grid(visible=False)


def _per_cent(value: float) -> str:
    return f"{100 * value:.1f}"


def _short(count: float) -> str:
    """Return a large number as people write it: 1.2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return f"{count:.3g}"


RANKING = Picture(
    name="ranking",
    title="Ranking of fresh architectures",
    caption="Each dot is an architecture that no trial had seen, placed by its rank; the axes name the "
    "values at these ranks. A perfect ranker puts every dot on the dotted line, a useless one scatters "
    "them evenly. Grey bars join architectures whose true accuracies are too close to order, which s-KdT "
    "leaves out. Titles give s-KdT; a super-net's accuracies are means over its seeds. Counting "
    "parameters or FLOPs trains nothing.",
    table="ranking",
    ready=lambda answer: bool(confirmed_recipes(answer)),
    draw=_ranking,
)
