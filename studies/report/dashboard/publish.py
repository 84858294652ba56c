"""What optuna-dashboard shows of an answer: a note and the project's own plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.domains import Categorical
from studies.report.dashboard.trials import (
    curves_plot,
    has_curves,
    has_picks,
    picks_plot,
    ranking_plot,
    rankings,
    titled,
)
from studies.report.words import wording
from studies.report.words.comparison import benchmarks
from studies.report.words.factor_lines import factor_lines, factors_summary
from studies.report.words.recommend import is_held
from studies.report.words.reproduce import report_command

if TYPE_CHECKING:
    from studies.report.answer import Answer
    from studies.schedule.study import OpenStudy

IMPORTANCE, EFFECTS = "wsnas-importance", "wsnas-effects"
RANKING, CURVES, PICKS = "wsnas-ranking", "wsnas-curves", "wsnas-picks"
"""Identifiers of the plots; publishing again replaces them."""
_COLUMNS = 3
_SHOWN = 6
"""The dashboard cuts off what is higher than its cards."""


def publish(opened: OpenStudy, answer: Answer, *, report: str | None = None) -> None:
    """Save notes and the plots of an answer in its Optuna studies, in place of earlier ones.

    Args:
        opened: The study.
        answer: Its answer.
        report: Where a dashboard serves the report; None where it serves none.
    """
    from optuna_dashboard import save_note, save_plotly_graph_object

    save_note(opened.study, note(answer, report=report))
    save_note(opened.confirm, confirm_note(answer))
    if any(one.note is None for one in answer.importance):
        save_plotly_graph_object(opened.study, importance_plot(answer), graph_object_id=IMPORTANCE)
    if any(not is_held(factor) for factor in answer.settings.factors) and _screen(answer):
        save_plotly_graph_object(opened.study, effects_plot(answer), graph_object_id=EFFECTS)
    for name, ready, draw in (
        (RANKING, bool(rankings(answer)), ranking_plot),
        (CURVES, has_curves(answer), curves_plot),
        (PICKS, has_picks(answer), picks_plot),
    ):
        if ready:
            save_plotly_graph_object(opened.study, draw(answer), graph_object_id=name)


def confirm_note(answer: Answer) -> str:
    """Return the note of the sibling study in Markdown."""
    name = _code(answer.name)
    return (
        f"The second half of `{name}`, whose note has the answer. No recipe is searched for here: the best "
        f"of `{name}` are run again, since the best of many trials is partly luck.\n\n"
        "- **Phase `selection`**: a few candidates with fresh seeds; the best mean wins.\n"
        "- **Phase `confirmation`**: the winner and the baseline with further seeds, on architectures that "
        "no trial has used. The answer rests on these runs alone, and the winner's super-nets search.\n\n"
        "The dashboard's best trial and importance mean nothing here: trials differ by recipe, seed and "
        "architectures at once.\n"
    )


def note(answer: Answer, *, report: str | None = None) -> str:
    """Return the study's note in Markdown; `report` is where a dashboard serves the report."""
    settings = answer.settings
    page = "" if report is None else f"[the report as of its last writing]({report}); "
    lines = [
        "## What this study asks",
        f"Which heuristics matter when a super-net of {_plain(settings.space)} is trained, and which recipe "
        f"is best? Images: {_plain(settings.data)}; ground truth: {_plain(settings.table)}; scale: "
        f"{_plain(settings.scale)}.",
        "## Answer so far",
        _plain(wording.headline(answer)),
        _plain(benchmarks(answer)),
        _plain(wording.changes(answer)),
        _plain(factors_summary(answer)),
        "## How to read the dashboard",
        f"- **Value**: {_plain(wording.METRIC)} Each trial trains one super-net with one seed. Diverged "
        "trials have the value -1.",
        "- **Phases** (user attribute `phase`): `baseline`, then a `screen` of evenly spread recipes, from "
        "which factors are ranked, then `tune`, which looks for the best recipe and stops bad trials early. "
        f"The best recipes are run again with fresh seeds in the study `{_code(answer.name)}-confirm`.",
        "- **Best trial**: the best of many is partly lucky; trust the answer above instead.",
        "- **Hyperparameter importance** of this dashboard (PED-ANOVA) sees complete trials only, so pruning "
        f"distorts it. The ranking to trust is the plot `{IMPORTANCE}` on the study's page, with intervals.",
        f"- **Plots of single trials**: `{RANKING}` shows how a trial orders the architectures (its menu "
        f"chooses the trial), `{CURVES}` how each came there, `{PICKS}` how good its favourites are.",
        "- **A trial's own pictures**, how it ranks and how it came there, are on the trial's page under "
        "Artifacts where `wsnas dashboard` serves it.",
        f"- **All figures and tables** on one page: {page}`{_code(report_command(answer))}` writes it anew.",
    ]
    return "\n\n".join(filter(None, lines[:8])) + "\n\n" + "\n".join(lines[8:]) + "\n"


def importance_plot(answer: Answer) -> Any:
    """Return the shares of the factors with intervals as a plotly figure."""
    import plotly.graph_objects as go

    entries = [one for one in answer.importance if one.note is None][::-1]
    lines = {line.name: line for line in factor_lines(answer)}
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=[one.name for one in entries],
            x=[one.share for one in entries],
            marker={"color": ["#0072b2" if one.significant else "#9a9aa4" for one in entries]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.share for one in entries],
                "arrayminus": [one.share - one.low for one in entries],
            },
            hovertext=[lines[one.name].finding for one in entries],
        )
    )
    for reference in sorted({round(one.reference, 6) for one in entries}):
        figure.add_vline(x=reference, line={"dash": "dash", "color": "#c9480b"})
    figure.update_layout(
        title=titled("Which factors matter (blue: significant)"),
        xaxis={
            "title": "share of the variance of all main effects, 95 % interval; dashed: chance",
            "tickformat": ".0%",
        },
        yaxis={"automargin": True},
        template="none",
        height=440,
        margin={"t": 50, "b": 50},
    )
    return figure


def effects_plot(answer: Answer) -> Any:
    """Return the screen's values by the value of the foremost factors as a plotly figure."""
    from plotly.subplots import make_subplots

    order = [one.name for one in answer.importance]
    factors = [factor for factor in answer.settings.factors if not is_held(factor)]
    factors.sort(key=lambda factor: order.index(factor.name) if factor.name in order else len(order))
    factors = factors[:_SHOWN]
    rows = -(-len(factors) // _COLUMNS)
    figure = make_subplots(
        rows=rows,
        cols=_COLUMNS,
        shared_yaxes=True,
        subplot_titles=[factor.name for factor in factors],
        vertical_spacing=0.25,
    )
    for index, factor in enumerate(factors):
        row, column = divmod(index, _COLUMNS)
        place = {"row": row + 1, "col": column + 1}
        pairs = [(t.recipe[factor.name], t.value) for t in _screen(answer) if factor.applies(t.recipe)]
        categorical = isinstance(factor.domain, Categorical)
        x = [wording.show_value(value) if categorical else value for value, _ in pairs]
        y = [value for _, value in pairs]
        marks = {"mode": "markers", "marker": {"color": "#0072b2", "size": 5}, "showlegend": False}
        figure.add_scatter(x=x, y=y, **marks, **place)
        if isinstance(factor.domain, Categorical):
            levels = [wording.show_value(level) for level in factor.domain.choices]
            figure.update_xaxes(type="category", categoryorder="array", categoryarray=levels, **place)
            means = [[v for at, v in zip(x, y, strict=True) if at == level] for level in levels]
            figure.add_scatter(
                x=[level for level, values in zip(levels, means, strict=True) if values],
                y=[float(np.mean(values)) for values in means if values],
                mode="markers",
                marker={"color": "#d98200", "size": 12, "symbol": "line-ew-open", "line": {"width": 3}},
                showlegend=False,
                **place,
            )
        elif factor.domain.log:
            figure.update_xaxes(type="log", dtick=1, exponentformat="power", **place)
    figure.update_layout(
        title=titled("The screen's s-KdT by value of a factor (line: mean)"),
        template="none",
        height=440,
        margin={"t": 80, "b": 40},
    )
    return figure


def _screen(answer: Answer) -> list[Any]:
    return [t for t in answer.trials if t.phase == "screen" and t.value is not None and not t.diverged]


def _plain(text: str) -> str:
    """Return text with what Markdown would read as markup escaped."""
    return "".join(f"\\{character}" if character in "\\`*_<>[]#|" else character for character in text)


def _code(text: str) -> str:
    return text.replace("`", "'")
