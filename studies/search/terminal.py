"""A search on the terminal, and as plain values for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studies.search import wording
from studies.search.published import comparable, published
from studies.search.ranker import expected_seconds, load_ranker

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from rich.table import Column, Table

    from objectives.question.inputs import Place
    from studies.schedule.study import OpenStudy
    from studies.search.outcome import Search
    from studies.search.ranker import Again, Ranker
    from studies.search.standalone import Retrained


_TITLES = ("What the super-net likes best", "What the super-nets like best")


def load_and_show(
    opened: OpenStudy, *, folder: Path, place: Place, console: Console, most: int | None = None
) -> Ranker | None:
    """Load the winner's super-nets; see `load_ranker`. Those that are trained again are shown."""
    with console.status("loading super-nets") as status:

        def show(again: Again) -> None:
            if again.pace is None:
                console.print(wording.again(again), highlight=False, soft_wrap=True)
            else:
                status.update(wording.pace(again))

        return load_ranker(opened, folder=folder, place=place, most=most, on_again=show)


def announce(opened: OpenStudy, ranker: Ranker, size: int, *, console: Console) -> None:
    """Say who ranks how many architectures, and about how long that takes."""
    seconds = expected_seconds(opened, size, most=len(ranker.members))
    console.print(wording.before(size, len(ranker.members), seconds), highlight=False, soft_wrap=True)


def print_search(
    search: Search,
    console: Console,
    *,
    space: str,
    retrained: Retrained | None = None,
    cost: str | None = None,
) -> None:
    """Print a search as tables and sentences that fit 80 columns."""
    console.print(_picks(search))
    if cost is not None:
        console.print(_front(search, cost))
        say(console, wording.front(search, cost))
        console.print()
    say(
        console,
        wording.how(search),
        wording.verdict(search, retrained=retrained is not None),
        wording.CAUTION,
        wording.chance(search),
        wording.beside_references(search),
    )
    if retrained is not None:
        console.print()
        say(console, wording.retrained_text(retrained))
    console.print()
    if published(space):
        console.print(_published(space))
        say(console, "Source: " + "; ".join(dict.fromkeys(one.source for one in published(space))) + ".")
    say(console, comparable(space))


def search_values(search: Search, *, space: str, retrained: Retrained | None = None) -> dict[str, Any]:
    """Return a search as values that JSON can hold."""
    values = {
        **asdict(search),
        "regret": search.regret,
        "surpass_random": search.surpass_random,
        "surpass_formula": wording.FORMULA,
        "caution": wording.CAUTION,
        "published": [asdict(one) for one in published(space)],
    }
    if retrained is not None:
        values["retrained"] = {
            **asdict(retrained),
            "mean": retrained.mean,
            "deviation": retrained.deviation,
        }
    return values


def say(console: Console, *texts: str, style: str = "") -> None:
    """Print sentences that stand below a table; empty ones are left out."""
    from rich.padding import Padding
    from rich.text import Text

    for text in filter(None, texts):
        console.print(Padding(Text(text, style=style), (0, 0, 0, 1)))


def titled_table(title: str, *columns: Column | str) -> Table:
    """Return an empty table as all answers on a terminal have it."""
    from rich import box
    from rich.table import Table

    return Table(*columns, title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")


def _picks(search: Search) -> Table:
    from rich.table import Column
    from rich.text import Text

    table = titled_table(
        _TITLES[search.supernets > 1],
        Column("architecture", overflow="fold"),
        Column("super-net", justify="right", overflow="fold"),
        Column("truth", overflow="fold"),
        Column("rank", justify="right", overflow="fold"),
    )
    for pick in search.picks:
        architecture, *figures = wording.cells(pick)
        table.add_row(Text(architecture), *figures)
    return table


def _front(search: Search, cost: str) -> Table:
    from rich.table import Column
    from rich.text import Text

    name = {"flops": "FLOPs"}.get(cost, cost)
    columns = (name, "super-net", "truth", "rank")
    table = titled_table(
        f"The best for their {name}",
        Column("architecture", overflow="fold"),
        *(Column(column, justify="right", overflow="fold") for column in columns),
    )
    for one in search.front:
        table.add_row(Text(one.architecture), *wording.front_cells(one))
    return table


def _published(space: str) -> Table:
    from rich.table import Column

    names = ("method", "result", "how this is known")
    table = titled_table("Published", *(Column(name, overflow="fold") for name in names))
    for one in published(space):
        table.add_row(one.method, one.figure, one.sure)
    return table
