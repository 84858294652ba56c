"""The end of a study: the final search, and the answer on the terminal, as a page and as a recipe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from studies.report import print_answer, publish, recipe_toml, write_html
from studies.report.answer import SEARCH
from studies.report.gather import gather
from studies.schedule import attributes
from studies.schedule.stages import Stage, plan_next, progress_of
from studies.search import confirmed_runs, search_by_random
from studies.search.outcome import to_stored
from studies.search.steps import steps
from studies.search.terminal import announce, load_and_show
from studies.storage.read_only import where_writable
from studies.workers.artifacts import attach_report
from wsnas.errors import InputError, RunError
from wsnas.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from objectives.question.inputs import Place
    from studies.report.answer import Answer
    from studies.schedule.study import OpenStudy
    from studies.search import Search


def finish(opened: OpenStudy, *, folder: Path | None, place: Place | None, console: Console) -> Answer:
    """Search where that is still to do, write the report and the recipe, and print the answer.

    Args:
        opened: The study.
        folder: Receives ``report.html`` and, once a recipe is confirmed, ``best.toml``; None: nothing is
            written, and nothing searched.
        place: Data folder and device of the search; None where nothing is to be computed.
        console: Where the answer is printed.

    Raises:
        InputError, RunError: the search failed; the answer without it is written and printed all the same.
    """
    failed: InputError | RunError | None = None
    if folder is not None and place is not None and _lacks_search(opened):
        # The answer does not wait for the search, which may be cut off or fail.
        _write(opened, gather(opened), folder)
        try:
            _search(opened, folder=folder, place=place, console=console)
        except (InputError, RunError) as error:
            failed = error
    answer = gather(opened)
    files = {} if folder is None else _write(opened, answer, folder)
    print_answer(answer, console, files=files)
    if failed is not None:
        raise failed
    return answer


def _search(opened: OpenStudy, *, folder: Path, place: Place, console: Console) -> None:
    ranker = load_and_show(opened, folder=folder, place=place, console=console)
    if ranker is None:
        return
    console.print("The last step:", end=" ")
    announce(opened, ranker, opened.settings.sizes().search, console=console)
    with steps("ranking", total=ranker.parts, unit="snapshots") as tell:
        search = search_by_random(opened, ranker, folder=folder, on_part=tell)
    if search is not None:
        record(opened, search)


def _write(opened: OpenStudy, answer: Answer, folder: Path) -> dict[str, Path]:
    """Write report and recipe, publish them, and return the files by what they are."""
    files = {"Report": folder / "report.html"}
    write_html(answer, files["Report"])
    if answer.winner is not None:
        files["Recipe (for wsnas train --recipe)"] = folder / "best.toml"
        write_whole(folder / "best.toml", recipe_toml(answer))
    page = files["Report"].read_text("utf-8")
    with where_writable("what the dashboard shows of the answer is"):
        publish(opened, answer, report=attach_report(opened, page, folder=folder))
    return files


def record(opened: OpenStudy, search: Search) -> None:
    """Keep a random search of the scale's size with all super-nets as the study's own.

    One that found no truth, or while confirmation is under way, is not kept.
    """
    runs = confirmed_runs(opened)
    known = search.surpass_random is not None
    if not known or search.supernets != len(runs) or progress_of(opened).stage is not Stage.DONE:
        return
    tickets = [run.user_attrs[attributes.TICKET] for run in runs]
    with where_writable("the search is"):
        opened.study.set_user_attr(SEARCH, to_stored(search, tickets=tickets))


def _lacks_search(opened: OpenStudy) -> bool:
    return plan_next(opened).stage is Stage.DONE and not _searched(opened)


def _searched(opened: OpenStudy) -> bool:
    """Return whether the search of the present winner is recorded; a raised budget may bring another.

    One by a single super-net, of an older version, counts: `wsnas search` replaces it.
    """
    recorded = json.loads(opened.study.user_attrs.get(SEARCH, "{}"))
    tickets = [run.user_attrs[attributes.TICKET] for run in confirmed_runs(opened)]
    return bool(tickets) and (recorded.get("tickets") == tickets or recorded.get("ticket") in tickets)
