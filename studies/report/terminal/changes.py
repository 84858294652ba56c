"""What each change does at the reference recipe, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.report.words.change_lines import CANNOT_ACT, INTERVALS, ChangeLine, change_lines, short_effect
from studies.report.words.mattering import what_matters
from studies.search.terminal import say, titled_table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from studies.report.answer import Answer

TITLE = "Which heuristics matter: one change of the reference recipe at a time"


def print_changes(answer: Answer, console: Console) -> None:
    """Print every change with all that is known of it."""
    console.print(changes_table(answer))
    console.print(_beside(answer))
    say(console, what_matters(answer), INTERVALS, style="dim")


def changes_table(answer: Answer) -> Table:
    """Return the changes as a table of 80 columns."""
    from rich.table import Column
    from rich.text import Text

    table = titled_table(
        TITLE,
        Column("factor", no_wrap=True),
        Column("change"),
        Column("effect", no_wrap=True),
        Column("call", no_wrap=True),
        Column("seeds", no_wrap=True, justify="right"),
    )
    for line in change_lines(answer):
        cells = (line.factor, line.change, short_effect(line.effect), line.call, str(line.effect.seeds))
        table.add_row(*(Text(cell, style=_style(line)) for cell in cells))
    return table


def inert_note(answer: Answer) -> str:
    """Return which change is the inert one."""
    return "".join(f"{line.factor} {CANNOT_ACT}." for line in change_lines(answer) if not line.acts)


def _beside(answer: Answer) -> Table:
    from rich.table import Column
    from rich.text import Text

    names = ("factor", "change", "diverged", "by accuracy", "the paper")
    table = titled_table("What else is known of them", *(Column(name) for name in names))
    for line in change_lines(answer):
        cells = (line.factor, line.change, str(line.effect.diverged or ""), *line.cells[-2:])
        table.add_row(*(Text(cell, style=_style(line)) for cell in cells))
    return table


def _style(line: ChangeLine) -> str:
    if line.called:
        return "bold"
    return "dim" if not line.acts or line.effect.call == "undecided" else ""
