"""How super-nets order architectures, beside what needs no training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from studies.pictures.plots import new_plot, plot_dots
from studies.pictures.ranks import BY_SUPERNET, BY_TRUTH, draw_ranks, ranks
from studies.pictures.style import BLUE, ORANGE, QUIET, label, new_figure
from studies.pictures.trial import trial_title
from studies.report.figures.picture import Picture
from studies.report.words.recommend import complete_trials, is_baseline
from studies.schedule.readings import own_ranking
from wsnas.ranking.ensemble import mean_ranks

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from studies.report.answer import Answer, Measured

_TICKS = 5
_MOST = 40
"""How many trials a dashboard's menu offers, the best first: each costs the storage some 2 kB."""


def confirmed_recipes(answer: Answer) -> list[tuple[str, str, Measured]]:
    """Return name, colour and measurement of what was confirmed, each once."""
    found = [] if answer.winner is None else [("best recipe", BLUE, answer.winner)]
    if answer.baseline is not None and not (found and is_baseline(answer)):
        found.append(("baseline", ORANGE, answer.baseline))
    return found


def _draw(answer: Answer) -> Figure:
    from studies.analysis.estimates import tau_estimate

    measured = confirmed_recipes(answer)
    counted = [("parameters", answer.parameters), ("FLOPs", answer.flops)]
    figure, axes = new_figure(3.0 * (1 + (len(measured) > 1)), rows=1 + (len(measured) > 1), columns=2)
    if len(measured) == 1:
        counted = counted[:1]
    for one, (name, colour, part) in zip(axes, measured, strict=False):
        several = len(part.values) > 1
        who = f"ensemble of {len(part.values)}" if several else "one super-net"
        ranked = part.ensemble if several else part.single
        _draw_panel(one, answer.truth, mean_ranks(part.predicted), colour=colour, shown=_short)
        label(one, "", "mean rank by super-nets", f"{name}, {who}: {ranked.skdt.mean:.2f}")
    for one, (name, counts) in zip(axes[len(measured) :], counted, strict=True):
        _draw_panel(one, answer.truth, counts, colour=QUIET, shown=_short)
        label(one, "", name, f"counting {name}: {tau_estimate(counts, answer.truth).mean:.2f}")
    for one in axes[-2:]:
        label(one, "true accuracy (%)", one.get_ylabel(), one.get_title(loc="left"))
    return figure


def _draw_panel(
    axes: Axes,
    truth: NDArray[np.float64],
    predicted: NDArray[np.float64],
    *,
    colour: str,
    shown: Callable[[float], str],
) -> None:
    """Draw ranks, and name the values at some of them."""
    draw_ranks(axes, truth, predicted, colour=colour)
    places = np.linspace(0, len(truth) - 1, min(_TICKS, len(truth))).round().astype(int)
    axes.set_xticks(places + 1, [_per_cent(value) for value in np.sort(truth)[places]])
    axes.set_yticks(places + 1, [shown(value) for value in np.sort(predicted)[places]])


def _per_cent(value: float) -> str:
    return f"{100 * value:.1f}"


def _short(count: float) -> str:
    """Return a large number as people write it: 1.2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return f"{count:.3g}"


def _rankings(answer: Answer) -> list[tuple[str, list[float], list[float]]]:
    """Return whose ranking a menu offers: a title, ranks by truth, and ranks by the super-net."""
    found = [
        (
            f"{name}, fresh architectures, mean rank: s-KdT {part.ensemble.skdt.mean:.2f}",
            answer.truth,
            mean_ranks(part.predicted),
        )
        for name, _, part in confirmed_recipes(answer)
    ]
    for trial in complete_trials(answer)[:_MOST]:
        predicted = own_ranking(trial.attributes)
        if len(predicted) == len(answer.trials_truth):
            title = trial_title(trial.number, trial.phase, trial.value)
            found.append((title, answer.trials_truth, predicted))
    pairs = [(title, ranks(truth, predicted)) for title, truth, predicted in found]
    return [(title, x.tolist(), y.tolist()) for title, (x, y) in pairs]


def _plot(answer: Answer) -> Any:
    """Return a scatter whose menu chooses the super-net."""
    entries = _rankings(answer)
    figure = new_plot(BY_TRUTH, BY_SUPERNET, top=110)
    plot_dots(figure, *entries[0][1:], size=6)
    buttons = [
        {"label": title, "method": "restyle", "args": [{"x": [x], "y": [y]}]} for title, x, y in entries
    ]
    menu = {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.16, "yanchor": "top"}
    return figure.update_layout(updatemenus=[menu])


RANKING = Picture(
    name="ranking",
    title="Super-net against truth, by rank",
    caption="Each dot is an architecture that no trial had seen, placed by its rank; the axes name the "
    "values at these ranks. A perfect ranker puts every dot on the dotted line, a useless one scatters "
    "them evenly. Grey bars join architectures whose true accuracies are too close to order, which s-KdT "
    "leaves out. Titles give s-KdT; an ensemble ranks by the mean rank over its super-nets. Counting "
    "parameters or FLOPs trains nothing.",
    table="ranking",
    ready=lambda answer: bool(confirmed_recipes(answer)),
    draw=_draw,
    plot=_plot,
    hint="the menu chooses the super-net; ties in truth share a column",
    plot_ready=lambda answer: bool(_rankings(answer)),
)
