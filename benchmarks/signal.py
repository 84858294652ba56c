"""How much signal the mini scale has: s-KdT over seeds for data sets, sizes and ways to rank.

Run it as `python -m benchmarks.signal [--seeds 3] [--json FILE]`. Every variant changes one thing about one
recipe; the ranking is scored on the pool of a study with seed 0 against the embedded table.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tyro

from objectives.evaluate import evaluate_recipe
from objectives.problem import Problem
from objectives.recipe import Recipe
from studies.context import TRIALS, load_pools
from studies.estimates import tau_estimate
from studies.scales import load_scale
from studies.settings import StudySettings, choose_factors
from wsnas.data import load_images
from wsnas.data.clutter import STANDARD, Clutter, load_clutter
from wsnas.groundtruth import load
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from wsnas.data import ImageSet

RECIPE = {"learning_rate": 0.05, "learning_rate_schedule": "constant", "weight_decay": 3e-3, "epochs": 12}
"""A recipe that ranks well; everything else is the baseline's."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One thing that differs."""

    name: str
    """What differs, in words."""
    data: str = "fashion-clutter"
    """Data set."""
    resolution: int = 16
    """Height and width of the images in pixels."""
    difficulty: Clutter = STANDARD
    """How hard cluttered images are."""
    snapshots: tuple[float, ...] = (0.7, 0.8, 0.9, 1.0)
    """Shares of the schedule whose rankings are averaged."""
    recipe: dict[str, Any] = field(default_factory=dict)
    """Changes of the recipe."""


VARIANTS = (
    Variant(name="fashion-clutter, 16x16 (the mini scale)"),
    Variant(
        name="harder: garment 0.7, noise 0.25", difficulty=replace(STANDARD, garment_fraction=0.7, noise=0.25)
    ),
    Variant(name="easier: garment in place", difficulty=replace(STANDARD, garment_fraction=1.0)),
    Variant(name="plain fashion, 16x16", data="fashion"),
    Variant(name="12x12", resolution=12),
    Variant(name="one snapshot", snapshots=(1.0,)),
    Variant(name="cosine schedule", recipe={"learning_rate_schedule": "cosine"}),
    Variant(name="weight decay 3e-4", recipe={"weight_decay": 3e-4}),
)


def measure(variant: Variant, seed: int) -> dict[str, Any]:
    """Train and rank once."""
    import torch

    torch.set_num_threads(1)
    scale = load_scale("mini")
    factors = choose_factors(space="nb201", scale=scale)
    table = load("nb201")
    settings = StudySettings(
        space="nb201",
        scale="mini",
        data=variant.data,
        table=table.name,
        table_sha256=table.sha256,
        seed=0,
        factors=factors,
    )
    pool = load_pools(settings)[TRIALS]
    problem = Problem(
        space=get_space("nb201"),
        images=_images(variant),
        ranking_images=scale.ranking_images,
        calibration_images=scale.calibration_images,
        table=table.name,
        table_sha256=table.sha256,
        snapshots=variant.snapshots,
        count_passes=scale.count_passes,
    )
    recipe = Recipe({**settings.baseline(), **RECIPE, **variant.recipe})
    ranking = evaluate_recipe(problem, recipe, pool, seed=seed)
    return {
        "accuracies": ranking.accuracies.tolist(),
        "truth": pool.truth.tolist(),
        "seconds": ranking.seconds_training + ranking.seconds_ranking,
    }


def _images(variant: Variant) -> ImageSet:
    if variant.data == "fashion-clutter":
        return load_clutter(resolution=variant.resolution, difficulty=variant.difficulty)
    return load_images(variant.data, resolution=variant.resolution)


def main(*, seeds: int = 3, workers: int = 2, json_file: Path | None = None) -> None:
    """Measure all variants.

    Args:
        seeds: Seeds per variant, from 1000 on.
        workers: Processes, one thread each.
        json_file: Where the figures go as JSON.
    """
    from rich.console import Console
    from rich.table import Table

    jobs = [(variant, 1000 + seed) for variant in VARIANTS for seed in range(seeds)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        runs = list(pool.map(measure, *zip(*jobs, strict=True)))
    table = Table("variant", "s-KdT", "95 % interval", "sd of seeds", "each seed", "seconds")
    results = []
    for index, variant in enumerate(VARIANTS):
        mine = runs[index * seeds : (index + 1) * seeds]
        estimate = tau_estimate([run["accuracies"] for run in mine], mine[0]["truth"])
        seconds = float(np.median([run["seconds"] for run in mine]))
        table.add_row(
            variant.name,
            f"{estimate.mean:.2f}",
            f"{estimate.low:.2f} to {estimate.high:.2f}",
            f"{estimate.seed_deviation:.2f}",
            " ".join(f"{value:.2f}" for value in estimate.values),
            f"{seconds:.0f}",
        )
        results.append({"variant": asdict(variant), **asdict(estimate), "seconds": seconds})
    Console(width=130).print(table)
    if json_file is not None:
        json_file.write_text(json.dumps(results, indent=1), "utf-8")


if __name__ == "__main__":
    tyro.cli(main)
