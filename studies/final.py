"""The end of a study: the final search, and the answer on the terminal, as a page and as a recipe."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from objectives.evaluate import build, evaluate_recipe, rank
from studies.answer import SEARCH, Found, SearchOutcome, gather
from studies.confirmation import CONFIRMATION, runs_of, winner
from studies.context import FRESH, TRIALS, Place, load_pools, load_problem, load_table
from studies.stages import Stage, advance
from studies.weights import load_weights, save_weights, weights_path
from wsnas.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from rich.console import Console

    from objectives.problem import Problem
    from objectives.recipe import Recipe
    from studies.answer import Answer
    from studies.study import Handle
    from wsnas.supernets._base import SuperNet

SURPASS_DRAWS = 10
"""Random draws that the found architecture is compared with, as in the paper on NAS-Bench-201."""
SHOWN = 10
"""How many of the found architectures are kept."""


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
        search(handle, folder=folder, place=place)
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


def search(handle: Handle, *, folder: Path, place: Place, size: int | None = None) -> SearchOutcome | None:
    """Rank random architectures with the winner's super-net; at the scale's size the outcome is recorded.

    Architectures of the two pools are left out, so that no ground truth that the study has used plays a
    part. Where a partial table leaves too few, those of the confirmation are searched, too: their truth
    was not used to choose the recipe. Where the weights are not at hand, the super-net is trained again
    with the same seed.

    Returns:
        The outcome; None where the study has no winner yet.
    """
    best = winner(handle)
    runs = [] if best is None else runs_of(handle, CONFIRMATION, best)
    if best is None or not runs:
        return None
    settings = handle.settings
    problem = load_problem(settings, place)
    pools = load_pools(settings)
    table = load_table(settings)
    from wsnas.training.streams import numpy_stream

    wanted = size or settings.sizes().search
    used = {*pools[TRIALS].architectures, *pools[TRIALS].others}
    spared = {*pools[FRESH].architectures, *pools[FRESH].others}
    accepts = build(problem, best, seed=0).accepts
    rows: list[int] = []
    reserve: list[int] = []
    for row in numpy_stream(settings.seed, "search").permutation(len(table)).tolist():
        if len(rows) == wanted:
            break
        architecture = table.architectures()[row]
        if architecture not in used and accepts(architecture):
            (reserve if architecture in spared else rows).append(row)
    drawn = (rows + (reserve if len(rows) < wanted else []))[:wanted]
    if not drawn:
        return None
    architectures = [table.architectures()[row] for row in drawn]
    truth = table.accuracies[drawn]
    accuracies = _rank_with_snapshots(handle, problem, best, architectures, folder)
    order = np.argsort(-accuracies, kind="stable")[:SHOWN]
    descending = np.sort(table.accuracies)[::-1]

    def place_of(accuracy: float) -> int:
        # Equal accuracies share the worst of their ranks, so that no rank flatters.
        return int(np.searchsorted(-descending, -accuracy, side="right"))

    from wsnas.ranking import surpass_random_probability

    found = tuple(
        Found(
            architecture=problem.space.format(architectures[index]),
            supernet_accuracy=float(accuracies[index]),
            truth=float(truth[index]),
            rank=place_of(float(truth[index])),
        )
        for index in order
    )
    outcome = SearchOutcome(
        found=found,
        searched=len(architectures),
        table_size=len(table),
        best_truth=float(descending[0]),
        spent_truth=float(pools[TRIALS].truth.max()),
        surpass_random=surpass_random_probability(found[0].rank, len(table), SURPASS_DRAWS),
        surpass_draws=SURPASS_DRAWS,
    )
    if size is None:
        recorded = {"ticket": runs[0].user_attrs["ticket"], **asdict(outcome)}
        handle.study.set_user_attr(SEARCH, json.dumps(recorded))
    return outcome


def _searched(handle: Handle) -> bool:
    """Return whether the search of the present winner is recorded; a raised budget may bring another."""
    best = winner(handle)
    recorded = json.loads(handle.study.user_attrs.get(SEARCH, "{}")).get("ticket")
    runs = [] if best is None else runs_of(handle, CONFIRMATION, best)
    return bool(runs) and recorded == runs[0].user_attrs["ticket"]


def _rank_with_snapshots(
    handle: Handle, problem: Problem, recipe: Recipe, architectures: list[object], folder: Path
) -> NDArray[np.float64]:
    """Average the rankings of the snapshots that the first confirmation run kept."""
    run = runs_of(handle, CONFIRMATION, recipe)[0]
    ticket, seed = run.user_attrs["ticket"], run.user_attrs["seed"]
    files = [weights_path(folder, ticket, snapshot) for snapshot in range(len(problem.snapshots))]
    if not all(file.exists() for file in files):

        def keep(supernet: SuperNet, snapshot: int) -> None:
            save_weights(supernet, files[snapshot])

        evaluate_recipe(problem, recipe, load_pools(handle.settings)[FRESH], seed=seed, keep=keep)
    supernet = build(problem, recipe, seed=seed)
    accuracies = []
    for snapshot, file in enumerate(files):
        load_weights(supernet, file)
        accuracies.append(rank(problem, recipe, supernet, architectures, snapshot=snapshot))
    averaged: NDArray[np.float64] = np.mean(accuracies, axis=0)
    return averaged
