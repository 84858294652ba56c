"""What raises the signal: recipes, sizes, scores, lengths and ensembles, measured by the same runs.

``python -m benchmarks.signal run --space nb201 --folder runs`` trains each variant with each seed and keeps
what every snapshot found, a file a run; it goes on where it was stopped, and several processes share a
folder. ``python -m benchmarks.signal show --space nb201 --folder runs`` makes the tables from these files.

Architectures are those that the trials of a study with seed 0 rank, so no confirmation of that study uses
them; seeds are those of no study.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tyro

from objectives.evaluate import evaluate_recipe
from objectives.question.inputs import TRIALS, Place, load_pools, load_problem, pool_costs
from objectives.recipe import Recipe
from studies.analysis.estimates import gain_estimate, tau_estimate
from studies.config.settings import choose_settings
from wsnas.claim import claim_file
from wsnas.data import load_images
from wsnas.files import LOCK, write_whole
from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.ensemble import mean_ranks
from wsnas.ranking.judged import SCORES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wsnas.ranking.judged import Score

SNAPSHOTS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
"""Where the pool is ranked, each time on as many images of its own."""
IMAGES = 1000
FIRST_SEED = 1000
MEMBERS = 6
"""Super-nets in an ensemble."""
MOST_TEAMS = 60
"""So many ensembles are drawn from the runs of a variant."""

SpaceName = Literal["nb201", "nb101", "darts"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A recipe and a size of the images."""

    recipe: dict[str, Any] = field(default_factory=dict)
    """Changes of the recipe that studies of the space start from."""
    resolution: int = 0
    """Height and width of the images in pixels; the scale's where 0."""
    data: str | None = None
    """Data set; the scale's where None."""


VARIANTS: dict[str, dict[str, Variant]] = {
    "nb201": {
        "start": Variant(),
        "16px": Variant(resolution=16),
        "random_a": Variant(recipe={"path_sampling": "random_a"}),
        "batch16": Variant(recipe={"batch_size": 16}),
        "own-kernels": Variant(recipe={"ofa_kernel": False}),
        "long": Variant(recipe={"epochs": 30}),
        "plain": Variant(data="fashion"),
        "fairnas": Variant(recipe={"path_sampling": "fairnas"}),
        "two-cells": Variant(recipe={"cells": 2}),
        "two-cells-long": Variant(recipe={"cells": 2, "epochs": 42}),
        "three-cells-long": Variant(recipe={"cells": 3, "epochs": 28}),
        "wide": Variant(recipe={"channels": 16}),
    },
    "nb101": {
        "start": Variant(),
        "8px": Variant(resolution=8),
        "plain": Variant(data="fashion"),
        "batch16": Variant(recipe={"batch_size": 16}),
        "lr-double": Variant(recipe={"learning_rate": 0.06}),
        "long": Variant(recipe={"epochs": 60}),
        "short": Variant(recipe={"epochs": 12}),
        "lr-half": Variant(recipe={"learning_rate": 0.015}),
        "wide": Variant(recipe={"channels": 16}),
        "lr-double-plain": Variant(recipe={"learning_rate": 0.06}, data="fashion"),
    },
    "darts": {
        "start": Variant(),
        "shared": Variant(recipe={"ofa_kernel": True}),
        "batch16": Variant(recipe={"batch_size": 16}),
        "short": Variant(recipe={"epochs": 6}),
        "shared-short": Variant(recipe={"ofa_kernel": True, "epochs": 6}),
        "12px": Variant(resolution=12),
    },
}


def measure(space: str, name: str, seed: int, *, device: str) -> dict[str, Any]:
    """Train once and return what each snapshot found of each architecture."""
    import torch

    torch.set_num_threads(1)
    variant = VARIANTS[space][name]
    settings = choose_settings(space=space, scale="mini", data=variant.data)
    scale = settings.sizes()
    pool = replace(load_pools(settings)[TRIALS], others=())
    problem = load_problem(settings, Place(device=device))
    if variant.resolution:
        images = load_images(settings.data, resolution=variant.resolution)
        problem = replace(problem, images=images.to(device))
    problem = replace(problem, snapshots=SNAPSHOTS, rungs=(), ranking_images=IMAGES)
    recipe = Recipe({**settings.baseline(), **scale.start, **variant.recipe})
    ranking = evaluate_recipe(problem, recipe.effective(settings.factors), pool, seed=seed)
    return {
        "truth": pool.truth.tolist(),
        "costs": pool_costs(settings, pool).tolist(),
        "correct": [snapshot.correct.tolist() for snapshot in ranking.snapshots],
        "losses": [snapshot.losses.tolist() for snapshot in ranking.snapshots],
        "seconds_training": ranking.seconds_training,
        "seconds_ranking": ranking.seconds_ranking,
        "images_seen": ranking.images_seen,
        "device": device,
    }


def run(
    *, space: SpaceName, folder: Path, seeds: int = 6, only: tuple[str, ...] = (), device: str = "cpu"
) -> None:
    """Train what the folder lacks and no other process is training, seed by seed.

    Args:
        space: Search space.
        folder: Receives a file a run.
        seeds: Seeds of each variant.
        only: Names of variants; all where empty.
        device: Where super-nets are trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        for name in only or tuple(VARIANTS[space]):
            file = folder / f"{space}-{name}-{seed}.json"
            with claim_file(file.with_name(file.name + LOCK), done=file.exists) as free:
                if free:
                    started = time.time()
                    write_whole(file, json.dumps(measure(space, name, seed, device=device)))
                    sys.stdout.write(f"{file.stem}: {time.time() - started:.0f} s\n")


def load(space: str, name: str, folder: Path) -> list[dict[str, Any]]:
    """Return the runs of a variant that did not diverge."""
    files = sorted(folder.glob(f"{space}-{name}-[0-9]*.json"))
    runs = [json.loads(file.read_text("utf-8")) for file in files]
    return [run for run in runs if run["correct"]]


def predicted(run: dict[str, Any], score: Score, snapshots: slice = slice(None)) -> NDArray[np.float64]:
    """Return what a run's snapshots rank by, higher for better; shape (architectures,)."""
    parts = np.array(run["correct" if score == "accuracy" else "losses"], dtype=np.float64)[snapshots]
    total: NDArray[np.float64] = parts.sum(axis=0)
    return total if score == "accuracy" else -total


def figures(runs: list[dict[str, Any]], score: Score, snapshots: slice = slice(None)) -> dict[str, Any]:
    """Return single and ensemble s-KdT of a variant's runs by a score, and the ensemble beside parameters."""
    truth = np.array(runs[0]["truth"])
    ranked = np.array([predicted(run, score, snapshots) for run in runs])
    single = tau_estimate(ranked, truth)
    size = min(MEMBERS, len(ranked))
    teams = list(combinations(range(len(ranked)), size))
    chosen = np.random.default_rng(0).permutation(len(teams))[:MOST_TEAMS]
    members = [ranked[list(teams[index])] for index in chosen]
    together = [sparse_kendall_tau(mean_ranks(team), truth) for team in members]
    whole = mean_ranks(ranked)[None]
    return {
        "single": (single.mean, single.low, single.high),
        "deviation": single.seed_deviation,
        "members": size,
        "ensemble": float(np.mean(together)),
        "all_minus_parameters": str(gain_estimate(whole, [runs[0]["costs"][0]], truth)),
    }


def show(*, space: SpaceName, folder: Path, json_file: Path | None = None) -> None:
    """Print the figures of each variant that has runs.

    Args:
        space: Search space.
        folder: Where `run` has left its files.
        json_file: Where the figures go, too.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "variant",
        "seeds",
        "seconds",
        "score",
        "one super-net",
        "sd",
        f"{MEMBERS} together",
        "all - parameters",
    )
    found = []
    for name in VARIANTS[space]:
        runs = load(space, name, folder)
        seconds = (
            float(np.median([run["seconds_training"] + run["seconds_ranking"] for run in runs]))
            if runs
            else 0.0
        )
        for score in SCORES if len(runs) > 1 else ():
            row = figures(runs, score)
            found.append({"variant": name, "seeds": len(runs), "seconds": seconds, "score": score, **row})
            mean, low, high = row["single"]
            table.add_row(
                name,
                str(len(runs)),
                f"{seconds:.0f}",
                score,
                f"{mean:.3f} [{low:.3f}, {high:.3f}]",
                f"{row['deviation']:.3f}",
                f"{row['ensemble']:.3f}",
                row["all_minus_parameters"],
            )
    Console(width=140).print(table)
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"run": run, "show": show})
