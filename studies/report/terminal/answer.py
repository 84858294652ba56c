"""The answer on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.report.words import wording
from studies.report.words.comparison import beside_references, comparison, signal
from studies.report.words.factor_lines import factor_lines, factors_summary
from studies.report.words.factor_notes import divergence_summary, interactions_summary
from studies.report.words.recommend import settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from studies.report.answer import Answer

SHOWN = 5
"""How many architectures of the final search are listed."""


def print_answer(answer: Answer, console: Console, *, files: Mapping[str, Path] | None = None) -> None:
    """Print an answer as tables that fit 80 columns and do without colour.

    Args:
        answer: The answer.
        console: Where to print.
        files: What was written, by what it is, such as ``{"report": Path("report.html")}``.
    """
    from rich.padding import Padding
    from rich.panel import Panel
    from rich.text import Text

    title = Text(f"Answer of study {answer.name}")
    console.print(Panel(Text(wording.headline(answer)), title=title, border_style="bold", padding=(1, 2)))

    def say(*texts: str) -> None:
        for text in texts:
            if text:
                console.print(Padding(Text(text, style="dim"), (0, 0, 0, 1)))

    say(wording.changes(answer), wording.METRIC)
    parts = (
        (_recipe(answer), (), settings_of(answer)),
        (
            _measured(answer),
            (beside_references(answer), signal(answer)),
            answer.winner or answer.reference_rankers,
        ),
        (
            _factors(answer),
            (
                factors_summary(answer),
                interactions_summary(answer),
                divergence_summary(answer) if answer.divergence else "",
                wording.trials_summary(answer),
            ),
            answer.importance,
        ),
        (_found(answer), (wording.search_summary(answer),), answer.search),
    )
    for table, texts, there in parts:
        if there:
            console.print()
            console.print(table)
            say(*texts)
    if files:
        console.print()
        for what, path in files.items():
            console.print(Text(f"{what}: {path}"), soft_wrap=True)


def _table(title: str, *columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=True)
    for column in columns:
        table.add_column(column)
    return table


def _recipe(answer: Answer) -> Table:
    from rich.text import Text

    title = "Best recipe" if answer.winner is not None else "Best recipe so far (not confirmed)"
    table = _table(title, "factor", "value", "baseline", "")
    for setting in settings_of(answer):
        style = "bold" if setting.changed else "dim"
        cells = (
            setting.factor.name,
            wording.show_value(setting.value),
            wording.show_value(setting.baseline),
            setting.remark,
        )
        table.add_row(*(Text(cell, style=style) for cell in cells))
    return table


def _measured(answer: Answer) -> Table:
    table = _table("s-KdT on fresh architectures", "", "mean", "95 % interval", "seeds", "seconds a run")
    for row in comparison(answer):
        table.add_row(
            row.name,
            f"{row.skdt.mean:.3f}",
            f"{row.skdt.low:.3f} to {row.skdt.high:.3f}",
            row.seeds,
            row.seconds,
        )
    return table


def _factors(answer: Answer) -> Table:
    from rich.text import Text

    table = _table("Which factors matter", "factor", "share", "finding (what the paper found)")
    for line in factor_lines(answer):
        said = Text(line.finding, style="" if line.significant else "dim")
        if line.aside:
            said.append(f": {line.aside}")
        if line.equal_compute:
            said.append(f"\nat equal time: {line.equal_compute}")
        if line.paper:
            said.append(f" (paper: {line.paper})", style="dim")
        style = "bold" if line.significant else "dim"
        table.add_row(Text(line.name, style=style), Text(line.share, style=style), said)
    return table


def _found(answer: Answer) -> Table:
    table = _table(
        "Architectures that the super-net likes best", "architecture", "truth", "rank", "super-net"
    )
    for column in (1, 2, 3):
        table.columns[column].justify = "right"
        table.columns[column].no_wrap = True
    table.columns[0].overflow = "fold"
    if answer.search is not None:
        from rich.text import Text

        for found in answer.search.found[:SHOWN]:
            table.add_row(
                Text(found.architecture),
                f"{found.truth:.2%}",
                f"{found.rank:,}",
                f"{found.supernet_accuracy:.1%}",
            )
    return table
