"""Records learning curves of real recipes of the mini scale, to be replayed in many orders.

``python -m benchmarks.curves record FOLDER`` trains random recipes of nb201's catalogue, ranks at many points
of the schedule and repeats the better recipes with more seeds; several processes may share the folder, and
what is there is not run again. ``python -m benchmarks.curves pack FOLDER`` writes it as one compressed
CSV into ``results/``, which `benchmarks.search_cost` and `benchmarks.sampler` read.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.default_study import default_study
from objectives.evaluate import evaluate_recipe
from objectives.problem import Problem
from studies.config.inputs import TRIALS, load_pools
from studies.schedule.design import recipes_at
from wsnas.claim import claim_file
from wsnas.data import load_images
from wsnas.files import write_whole
from wsnas.ranking import sparse_kendall_tau
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from objectives.recipe import Recipe

CURVES = Path(__file__).parent / "results" / "curves-nb201-mini.csv.gz"
RUNGS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Shares of the schedule at which the first 80 architectures are ranked."""
STAGES = ((128, (0,)), (40, (1,)), (16, (2, 3)), (8, (4, 5)))
"""How many of the best recipes so far run with which seeds, one stage after another."""


def recipes(count: int) -> list[Recipe]:
    """Return that many recipes, uniform over the catalogue."""
    factors = default_study("nb201").factors
    rng = np.random.default_rng(20261125)
    return recipes_at(factors, rng.random((count, len(factors))))


def run(recipe: Recipe, seed: int) -> dict[str, Any]:
    """Train and rank once."""
    study = default_study("nb201")
    sizes = study.sizes()
    pool = load_pools(study)[TRIALS]
    problem = Problem(
        space=get_space("nb201"),
        images=load_images(study.data, resolution=sizes.resolution),
        ranking_images=sizes.ranking_images,
        calibration_images=sizes.calibration_images,
        table=study.table,
        table_sha256=study.table_sha256,
        rungs=RUNGS,
        rung_pool=sizes.rung_pool,
        snapshots=sizes.snapshots,
        count_passes=sizes.count_passes,
    )
    rungs: dict[str, list[int]] = {}

    def at_rung(share: float, accuracies: NDArray[np.float64]) -> None:
        images = sizes.ranking_images // len(sizes.snapshots)
        rungs[str(share)] = np.rint(accuracies * images).astype(int).tolist()

    ranking = evaluate_recipe(
        problem, recipe.effective(study.factors), pool, seed=1000 + seed, at_rung=at_rung
    )
    return {
        "value": -1.0 if ranking.diverged else sparse_kendall_tau(ranking.accuracies, pool.truth),
        "diverged": ranking.diverged,
        "images_seen": ranking.images_seen,
        "seconds": ranking.seconds_training + ranking.seconds_ranking,
        "rungs": rungs,
        "correct": np.rint(ranking.accuracies * sizes.ranking_images).astype(int).tolist(),
    }


def _means(folder: Path, count: int) -> NDArray[np.float64]:
    values: list[list[float]] = [[] for _ in range(count)]
    for file in folder.glob("run-*.json"):
        values[int(file.stem.split("-")[1])].append(json.loads(file.read_text("utf-8"))["value"])
    return np.array([np.mean(one) if one else -2.0 for one in values])


def _file(folder: Path, seed: int, index: int) -> Path:
    return folder / f"run-{index:03d}-{seed}.json"


def record(folder: Path) -> None:
    """Run what is missing, stage by stage, beside other processes that do the same."""
    import torch

    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = recipes(STAGES[0][0])
    for stage, (best, seeds) in enumerate(STAGES):
        order = folder / f"stage-{stage}.json"
        if not order.exists():
            chosen = np.argsort(-_means(folder, len(drawn)), kind="stable")[:best].tolist()
            write_whole(order, json.dumps(sorted(chosen)))
        jobs = [(seed, index) for seed in seeds for index in json.loads(order.read_text("utf-8"))]
        # Again and again, since a process that is killed gives back what it had claimed.
        while missing := [job for job in jobs if not _file(folder, *job).exists()]:
            for seed, index in missing:
                file = _file(folder, seed, index)
                with claim_file(file.with_suffix(".claim"), done=file.exists) as mine:
                    if not mine:
                        continue
                    write_whole(file, json.dumps(run(drawn[index], seed)))
                    sys.stderr.write(f"stage {stage}: recipe {index}, seed {seed}\n")
            time.sleep(1)


def pack(folder: Path, path: Path) -> int:
    """Write all runs of a folder as one compressed CSV and return their number."""
    study = default_study("nb201")
    truth = load_pools(study)[TRIALS].truth
    drawn = recipes(STAGES[0][0])
    names = [factor.name for factor in study.factors]
    images = study.sizes().ranking_images // len(study.sizes().snapshots)
    rungs = [round(100 * share) for share in RUNGS]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ["recipe", "seed", *names, "value", "images_seen", "seconds", *(f"at_{rung}" for rung in rungs)]
    )
    files = sorted(folder.glob("run-*.json"))
    for file in files:
        recipe, seed = map(int, file.stem.split("-")[1:])
        found = json.loads(file.read_text("utf-8"))
        # A run that diverged before a rung has no ranking there.
        curve = [
            round(sparse_kendall_tau(np.array(ranked) / images, truth[: len(ranked)]), 4) if ranked else -1.0
            for ranked in (found["rungs"].get(str(share)) for share in RUNGS)
        ]
        parameters = [drawn[recipe][name] for name in names]
        measured = (round(found["value"], 4), found["images_seen"], round(found["seconds"], 2))
        rows.writerow([recipe, seed, *parameters, *measured, *curve])
    # No time in the header: the same runs make the same file.
    write_whole(path, gzip.compress(text.getvalue().encode(), mtime=0))
    return len(files)


def main() -> int:
    """Record or pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["record", "pack"])
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    if asked.what == "record":
        record(asked.folder)
    else:
        sys.stdout.write(f"{pack(asked.folder, CURVES)} runs in {CURVES}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
