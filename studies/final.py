"""The end of a study: the final search, and the answer on the terminal, as a page and as a recipe."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from studies.answer import SEARCH, Found, SearchOutcome, gather
from studies.artifacts import attach_report
from studies.search import confirmed_runs, search_by_random
from studies.search.terminal import load_and_show
from studies.stages import Stage, advance, look
from wsnas.errors import InputError, RunError
from wsnas.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from studies.answer import Answer
    from studies.context import Place
    from studies.search import Search
    from studies.study import Handle


def finish(handle: Handle, *, folder: Path, place: Place | None, console: Console) -> Answer:
    """Search where that is still to do, write the report and the recipe, and print the answer.

    Args:
        handle: The study.
        folder: Receives ``report.html`` and, once a recipe is confirmed, ``best.toml``.
        place: Data folder and device of the search; None where nothing is to be computed.
        console: Where the answer is printed.

    Raises:
        InputError, RunError: the search failed; the answer without it is written and printed all the same.
    """
    from studies.report import print_answer

    failed: InputError | RunError | None = None
    if place is not None and advance(handle).stage is Stage.DONE and not _searched(handle):
        # The answer does not wait for the search, which may be cut off or fail.
        _write(handle, gather(handle), folder)
        try:
            _search(handle, folder=folder, place=place, console=console)
        except (InputError, RunError) as error:
            failed = error
    answer = gather(handle)
    files = _write(handle, answer, folder)
    print_answer(answer, console, files=files)
    if failed is not None:
        raise failed
    return answer


def _search(handle: Handle, *, folder: Path, place: Place, console: Console) -> None:
    ranker = load_and_show(handle, folder=folder, place=place, console=console)
    if ranker is None:
        return
    size, several = handle.settings.sizes().search, len(ranker.members)
    words = f"{several} super-nets rank" if several > 1 else "The super-net ranks"
    console.print(f"{words} up to {size} random architectures: the last step.", highlight=False)
    search = search_by_random(handle, ranker)
    if search is not None:
        record(handle, search)


def _write(handle: Handle, answer: Answer, folder: Path) -> dict[str, Path]:
    """Write report and recipe, publish them, and return the files by what they are."""
    from studies.report import publish, recipe_toml, write_html

    folder.mkdir(parents=True, exist_ok=True)
    files = {"Report": folder / "report.html"}
    write_html(answer, files["Report"])
    if answer.winner is not None:
        files["Recipe (for wsnas train --recipe)"] = folder / "best.toml"
        write_whole(folder / "best.toml", recipe_toml(answer))
    page = files["Report"].read_text("utf-8")
    publish(handle, answer, report=attach_report(handle, page, folder=folder))
    return files


def record(handle: Handle, search: Search) -> None:
    """Keep a random search of the scale's size with all super-nets as the study's own.

    One that found no truth, or while confirmation is under way, is not kept.
    """
    runs, probability = confirmed_runs(handle), search.surpass_random
    if probability is None or search.supernets != len(runs) or look(handle).stage is not Stage.DONE:
        return
    outcome = SearchOutcome(
        found=tuple(
            Found(
                architecture=pick.architecture,
                supernet_accuracy=pick.supernet_accuracy,
                truth=pick.truth,
                rank=pick.rank,
            )
            for pick in search.picks
            if pick.truth is not None and pick.rank is not None
        ),
        searched=search.searched,
        table_size=search.table_size,
        best_truth=search.best_truth,
        spent_truth=search.spent_truth,
        surpass_random=probability,
        surpass_draws=search.draws,
        supernets=search.supernets,
    )
    recorded = {"tickets": [run.user_attrs["ticket"] for run in runs], **asdict(outcome)}
    handle.study.set_user_attr(SEARCH, json.dumps(recorded))


def _searched(handle: Handle) -> bool:
    """Return whether the search of the present winner is recorded; a raised budget may bring another.

    One by a single super-net, of an older version, counts: `wsnas search` replaces it.
    """
    recorded = json.loads(handle.study.user_attrs.get(SEARCH, "{}"))
    tickets = [run.user_attrs["ticket"] for run in confirmed_runs(handle)]
    return bool(tickets) and (recorded.get("tickets") == tickets or recorded.get("ticket") in tickets)
