"""The end of a study: the final search, and the answer on the terminal, as a page and as a recipe."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from studies.answer import SEARCH, Found, SearchOutcome, gather
from studies.search import confirmed_run, load_ranker, search_by_random
from studies.stages import Stage, advance
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
    """
    from studies.report import print_answer, publish, recipe_toml, write_html

    if place is not None and advance(handle).stage is Stage.DONE and not _searched(handle):
        ranker = load_ranker(handle, folder=folder, place=place)
        search = None if ranker is None else search_by_random(handle, ranker)
        if search is not None:
            record(handle, search)
    answer = gather(handle)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"Report": folder / "report.html"}
    write_html(answer, files["Report"])
    if answer.winner is not None:
        files["Recipe (for wsnas train --recipe)"] = folder / "best.toml"
        write_whole(folder / "best.toml", recipe_toml(answer))
    publish(handle, answer)
    print_answer(answer, console, files=files)
    return answer


def record(handle: Handle, search: Search) -> None:
    """Keep a random search of the scale's size as the study's own; one that found no truth is not kept."""
    run, probability = confirmed_run(handle), search.surpass_random
    if run is None or probability is None:
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
    )
    recorded = {"ticket": run.user_attrs["ticket"], **asdict(outcome)}
    handle.study.set_user_attr(SEARCH, json.dumps(recorded))


def _searched(handle: Handle) -> bool:
    """Return whether the search of the present winner is recorded; a raised budget may bring another."""
    recorded = json.loads(handle.study.user_attrs.get(SEARCH, "{}")).get("ticket")
    run = confirmed_run(handle)
    return run is not None and recorded == run.user_attrs["ticket"]
