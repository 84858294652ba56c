"""A study of one's own on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.report.own import words
from studies.report.terminal.factors import findings_table, ranking_table
from studies.report.words import wording
from studies.report.words.factor_lines import factor_lines, factors_summary
from studies.report.words.factor_notes import INTERVALS
from studies.search.terminal import say, titled_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from studies.analysis.wide import EvaluatorResult
    from studies.report.own.study import OwnStudy


def print_own(own: OwnStudy, console: Console, *, page: Path | None = None) -> None:
    """Print what is best so far, which factors matter, and what is not known."""
    from rich.panel import Panel
    from rich.text import Text

    title = Text(f"Study {own.name}, by the objective alone")
    console.print(Panel(Text(words.answer(own)), title=title, border_style="bold", padding=(1, 2)))
    say(console, *words.unknown(own))
    say(console, wording.METRIC, style="dim")
    if own.front:
        table = titled_table(front_title(own), "trial", *words.value_names(own), "changes of the baseline")
        for trial in own.front:
            table.add_row(str(trial.number), *words.values(own, trial), Text(words.changed(own, trial)))
        console.print()
        console.print(table)
    if own.importance:
        console.print(ranking_table(own, ()))
        say(console, factors_summary(own), style="dim")
    if page is not None:
        console.print(Text(f"Report: {page}"), soft_wrap=True)


def print_own_factors(own: OwnStudy, others: Sequence[EvaluatorResult], console: Console) -> None:
    """Print the ranking of factors beside Optuna's evaluators, and what it does not say."""
    console.print(ranking_table(own, others))
    say(console, *(f"{result.name}: {result.reason}" for result in others if result.reason))
    if any(line.significant or line.aside for line in factor_lines(own)):
        console.print(findings_table(own))
        say(console, INTERVALS, style="dim")
    say(console, factors_summary(own), *words.unknown(own)[1:])


def front_title(own: OwnStudy) -> str:
    """Return what the best trials are called."""
    return "Pareto front" if len(own.metrics) > 1 else "Best trial so far"
