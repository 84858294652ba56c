"""Plots of single trials for optuna-dashboard: how each one ranks, and how it came there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from studies.report.figures.picks import PICKED, number
from studies.report.words.recommend import complete_trials

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from studies.report.answer import Answer, TrialRecord

MOST = 40
"""How many trials the plot of rankings offers, the best first: each costs the storage some 2 kB."""
_MOST_CURVES = 300
_HEIGHT = 440


def rankings(answer: Answer) -> list[tuple[str, list[float], list[float]]]:
    """Return what can be shown of whose ranking: a title, ranks of the truth, and ranks by the super-net."""
    found = [
        (
            f"{name}, fresh architectures: s-KdT {part.skdt.mean:.2f}",
            _true_ranks(answer.truth),
            _ranks(part.accuracies.mean(axis=0)),
        )
        for name, part in (("best recipe", answer.winner), ("baseline", answer.baseline))
        if part is not None
    ]
    truth = _true_ranks(answer.trials_truth)
    for trial in complete_trials(answer)[:MOST]:
        correct = _correct(trial)
        if len(correct) == len(truth):
            title = f"trial {trial.number} ({trial.phase}): s-KdT {trial.value:.2f}"
            found.append((title, truth, _ranks(correct)))
    return found


def ranking_plot(answer: Answer) -> Any:
    """Return a scatter of super-net against truth by rank as a plotly figure; a menu chooses the trial."""
    import plotly.graph_objects as go

    entries = rankings(answer)
    _, x, y = entries[0]
    figure = go.Figure(
        go.Scatter(x=x, y=y, mode="markers", marker={"color": "#0072b2", "size": 6}, showlegend=False)
    )
    buttons = [
        {"label": title, "method": "restyle", "args": [{"x": [x], "y": [y]}]} for title, x, y in entries
    ]
    figure.update_layout(
        title={**titled("Super-net against truth (menu: which trial)"), "y": 0.97, "yanchor": "top"},
        xaxis={"title": "rank by true accuracy, worst to best (ties share a column)"},
        yaxis={"title": "rank by the super-net"},
        updatemenus=[{"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.16, "yanchor": "top"}],
        template="none",
        height=_HEIGHT,
        margin={"t": 110, "b": 50},
    )
    return figure


def curves_plot(answer: Answer) -> Any:
    """Return the trials' s-KdT along their schedules as a plotly figure."""
    import plotly.graph_objects as go

    figure = go.Figure()
    named: set[str] = set()
    trials = [trial for trial in answer.trials if trial.curve and not trial.diverged][-_MOST_CURVES:]
    # Those that were stopped come last, so that they are drawn above the others.
    for trial in sorted(trials, key=lambda trial: trial.value is None):
        points = sorted(trial.curve.items()) + ([] if trial.value is None else [(100, trial.value)])
        name = "stopped early" if trial.value is None else "complete"
        colour = "#c9480b" if trial.value is None else "#8a8a94"
        figure.add_scatter(
            x=[step for step, _ in points],
            y=[round(value, 4) for _, value in points],
            mode="lines+markers",
            name=name,
            legendgroup=name,
            showlegend=name not in named,
            opacity=0.6 if trial.value is not None else 1,
            line={"color": colour, "width": 1},
            marker={"color": colour, "size": 7 if trial.value is None else 4, "symbol": _symbol(trial)},
            hovertext=f"trial {trial.number} ({trial.phase})",
        )
        named.add(name)
    figure.update_layout(
        title=titled("s-KdT while training (cross: stopped early)"),
        xaxis={"title": "share of a trial's own schedule (%)"},
        yaxis={"title": "s-KdT"},
        template="none",
        height=_HEIGHT,
        margin={"t": 50, "b": 50},
    )
    return figure


def _symbol(trial: TrialRecord) -> str:
    return "x" if trial.value is None else "circle"


def has_curves(answer: Answer) -> bool:
    """Return whether any trial has a value on its way."""
    return any(trial.curve and not trial.diverged for trial in answer.trials)


def picks_plot(answer: Answer) -> Any:
    """Return how good each trial's ten favourites are, by its s-KdT, as a plotly figure."""
    import plotly.graph_objects as go

    figure = go.Figure()
    trials = [trial for trial in complete_trials(answer) if number(trial, PICKED) is not None]
    colours = {"baseline": "#d98200", "screen": "#8a8a94", "tune": "#0072b2"}
    for phase, colour in colours.items():
        chosen = [trial for trial in trials if trial.phase == phase]
        figure.add_scatter(
            x=[trial.value for trial in chosen],
            y=[round(100 * (number(trial, PICKED) or 0.0), 3) for trial in chosen],
            mode="markers",
            name=phase,
            marker={"color": colour, "size": 8},
            hovertext=[f"trial {trial.number}" for trial in chosen],
        )
    blind = 100 * float(np.mean(answer.trials_truth))
    figure.add_hline(y=blind, line={"dash": "dot", "color": "#1d1d23"}, annotation_text="picked blindly")
    figure.update_layout(
        title=titled("How good are a super-net's ten picks?"),
        xaxis={"title": "s-KdT, on the same architectures"},
        yaxis={"title": "mean true accuracy (%)"},
        template="none",
        height=_HEIGHT,
        margin={"t": 50, "b": 50},
    )
    return figure


def has_picks(answer: Answer) -> bool:
    """Return whether any trial says how good its favourites are."""
    return any(number(trial, PICKED) is not None for trial in complete_trials(answer))


def titled(text: str) -> dict[str, object]:
    """Return a title at the left, where the plot's buttons do not cover it."""
    return {"text": text, "x": 0.02, "xanchor": "left", "font": {"size": 15}}


def _correct(trial: TrialRecord) -> list[float]:
    """Return how many images each ranked architecture got right; empty where that was not kept."""
    kept = trial.attributes.get("correct")
    return list(json.loads(kept)) if isinstance(kept, str) else []


def _true_ranks(truth: NDArray[np.float64]) -> list[float]:
    from studies.analysis.estimates import THRESHOLD

    return _ranks(np.floor(truth / THRESHOLD + 1e-6))


def _ranks(values: ArrayLike) -> list[float]:
    from scipy.stats import rankdata

    return [float(rank) for rank in rankdata(values)]
