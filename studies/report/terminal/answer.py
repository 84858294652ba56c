"""The answer on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.analysis.wide.contrasts import show
from studies.report.terminal.changes import changes_table, inert_note
from studies.report.words import wording
from studies.report.words.comparison import COLUMNS, benchmarks, beyond_size, ceiling_note, comparison, signal
from studies.report.words.factor_lines import factor_lines
from studies.report.words.factor_notes import divergence_summary, interactions_summary
from studies.report.words.mattering import is_wide, what_matters
from studies.report.words.recommend import settings_of
from studies.search.terminal import say, titled_table
from studies.search.wording import cells

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
    from rich.panel import Panel
    from rich.text import Text

    title = Text(f"Answer of study {answer.name}")
    console.print(Panel(Text(wording.headline(answer)), title=title, border_style="bold", padding=(1, 2)))

    say(console, what_matters(answer), wording.METRIC, style="dim")
    parts = (
        (_recipe(answer), (_unchanged(answer), wording.beside_reference(answer)), settings_of(answer)),
        (
            _measured(answer),
            (benchmarks(answer), beyond_size(answer), ceiling_note(answer), signal(answer)),
            answer.winner or answer.reference_rankers,
        ),
        (
            _factors(answer) if is_wide(answer) else changes_table(answer),
            (
                inert_note(answer),
                interactions_summary(answer),
                divergence_summary(answer) if answer.divergence else "",
                wording.trials_summary(answer),
            ),
            answer.importance if is_wide(answer) else answer.screen,
        ),
        (_found(answer), (wording.search_summary(answer),), answer.search),
    )
    for table, texts, there in parts:
        if there:
            console.print()
            console.print(table)
            say(console, *texts, style="dim")
    if files:
        console.print()
        for what, path in files.items():
            console.print(Text(f"{what}: {path}"), soft_wrap=True)


def _recipe(answer: Answer) -> Table:
    from rich.text import Text

    title = "Best recipe" if answer.winner is not None else "Best recipe so far (not confirmed)"
    table = titled_table(title, "factor", "value", "baseline", "")
    settings = settings_of(answer)
    for setting in [one for one in settings if one.changed] or settings:
        style = "bold" if setting.changed else "dim"
        table.add_row(*(Text(cell, style=style) for cell in setting.cells))
    return table


def _unchanged(answer: Answer) -> str:
    """Return what the recipe leaves as it is in the baseline, where the table has what it changes."""
    settings = settings_of(answer)
    same = [f"{one.factor.name} {show(one.value)}" for one in settings if not one.changed]
    return f"As in the baseline: {', '.join(same)}." if 0 < len(same) < len(settings) else ""


def _measured(answer: Answer) -> Table:
    title = "s-KdT on fresh architectures, and by how much it is above (95 % intervals)"
    from rich.table import Column

    first, figure, *differences = COLUMNS
    named = (first, figure, *(name.removeprefix("above ").removeprefix("the ") for name in differences))
    table = titled_table(title, *(Column(name, no_wrap=True) for name in named))
    # Differences and their margins are to be read whole.
    table.pad_edge, table.collapse_padding = False, True
    for row in comparison(answer):
        table.add_row(*row.short_cells)
    return table


def _factors(answer: Answer) -> Table:
    from rich.text import Text

    table = titled_table("Which factors matter", "factor", "share", "finding (what the paper found)")
    for line in factor_lines(answer):
        said = Text(line.said, style="" if line.significant else "dim")
        if line.equal_compute:
            said.append(f"\nat equal time: {line.equal_compute}")
        if line.paper:
            said.append(f" (paper: {line.paper})", style="dim")
        style = "bold" if line.significant else "dim"
        table.add_row(Text(line.name, style=style), Text(line.share, style=style), said)
    return table


def _found(answer: Answer) -> Table:
    from rich.table import Column
    from rich.text import Text

    table = titled_table(
        "Architectures that the super-net likes best",
        Column("architecture", overflow="fold"),
        *(Column(name, justify="right", no_wrap=True) for name in ("truth", "rank", "super-net")),
    )
    for pick in () if answer.search is None else answer.search.picks[:SHOWN]:
        architecture, accuracy, truth, rank = cells(pick)
        table.add_row(Text(architecture), truth, rank, accuracy)
    return table
