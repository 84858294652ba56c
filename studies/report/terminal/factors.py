"""What is known of the factors, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.report.words.factor_lines import factor_lines
from studies.report.words.factor_notes import INTERVALS, divergence_summary, interactions_summary, rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from studies.analysis.wide import EvaluatorResult
    from studies.report.answer import Answer
    from studies.report.words.factor_lines import OverTheSpace


_KEY = (
    "Share of the variance of all main effects with its 95 % interval; probability to be among the three "
    "largest; whether the factor stands out from inert ones, with the p-value corrected for all factors. "
    "Places with = are shared: their order is noise."
)


def print_factors(answer: Answer, others: Sequence[EvaluatorResult], console: Console) -> None:
    """Print the ranking beside Optuna's evaluators, the findings, interactions and rates of divergence."""
    from rich.text import Text

    console.print(ranking_table(answer, others))
    console.print(Text(_KEY, style="dim"))
    for result in others:
        if result.reason:
            console.print(Text(f"{result.name}: {result.reason}"))
    if any(line.significant or line.aside for line in factor_lines(answer)):
        console.print(findings_table(answer))
        console.print(Text(INTERVALS, style="dim"))
    for said in (interactions_summary(answer), divergence_summary(answer)):
        if said:
            console.print(Text(said))
    if answer.divergence:
        console.print(_divergence(answer))


def ranking_table(answer: OverTheSpace, others: Sequence[EvaluatorResult]) -> Table:
    """Return the ranking of factors beside what Optuna's evaluators say."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=0)
    for name in ("rank", "factor", "share, %", "top 3", "significant"):
        table.add_column(name, no_wrap=name in ("factor", "share, %"))
    for result in others:
        table.add_column(result.name.replace("-", "- "), justify="right")
    places = [one.rank for one in answer.importance]
    for one in answer.importance:
        share, low, high = (f"{100 * value:.0f}" for value in (one.share, one.low, one.high))
        table.add_row(
            f"{one.rank}{'=' * (places.count(one.rank) > 1)}",
            one.name,
            "-" if one.note else f"{share} [{low}, {high}]",
            "-" if one.note else f"{one.top:.0%}",
            f"{'yes' if one.significant else 'no'} {one.p_value:.3f}",
            *(_cell(result.importances, one.name) for result in others),
        )
    return table


def findings_table(answer: OverTheSpace) -> Table:
    """Return what is found of factors that stand out."""
    from rich.table import Table
    from rich.text import Text

    table = Table("factor", "finding at equal recipe", "at equal time")
    for line in factor_lines(answer):
        if line.significant or line.aside:
            same = "the same" if line.significant else ""
            table.add_row(line.name, Text(line.said), Text(line.equal_compute or same))
    return table


def _divergence(answer: Answer) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table("factor", "value", "diverged, 95 % interval")
    for one in answer.divergence:
        table.add_row(one.factor, Text(one.level), Text(rate(one)))
    return table


def _cell(values: Mapping[str, float] | None, name: str) -> str:
    return "-" if values is None or name not in values else f"{values[name]:.2f}"
