"""How much signal the mini scale has: s-KdT over seeds for data sets, sizes and ways to rank.

Run it as `python -m benchmarks.signal [--space nb201] [--seeds 3] [--json FILE]`. Every variant changes one
thing about the recipe that a study of the space starts from; the ranking is scored on the pool of a study
with seed 0 against the table of the space.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tyro

from objectives.evaluate import evaluate_recipe
from objectives.problem import Problem
from objectives.recipe import Recipe
from studies.analysis.estimates import tau_estimate
from studies.config.choices import choose_settings
from studies.config.inputs import TRIALS, load_pools
from wsnas.data import load_images
from wsnas.data.clutter import STANDARD, Clutter, load_clutter
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from wsnas.data import ImageSet


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One thing that differs."""

    name: str
    """What differs, in words."""
    data: str | None = None
    """Data set; the scale's where None."""
    resolution: int = 0
    """Height and width of the images in pixels; the scale's where 0."""
    difficulty: Clutter = STANDARD
    """How hard cluttered images are."""
    snapshots: tuple[float, ...] = ()
    """Shares of the schedule whose rankings are averaged; the scale's where empty."""
    recipe: dict[str, Any] = field(default_factory=dict)
    """Changes of the recipe."""


SCALE = Variant(name="the mini scale")
PLAIN = Variant(name="plain fashion", data="fashion")
ONE_SNAPSHOT = Variant(name="one snapshot", snapshots=(1.0,))
COSINE = Variant(name="cosine schedule", recipe={"learning_rate_schedule": "cosine"})

VARIANTS: dict[str, tuple[Variant, ...]] = {
    "nb201": (
        SCALE,
        Variant(
            name="harder: garment 0.7, noise 0.25",
            difficulty=replace(STANDARD, garment_fraction=0.7, noise=0.25),
        ),
        Variant(name="easier: garment in place", difficulty=replace(STANDARD, garment_fraction=1.0)),
        PLAIN,
        Variant(name="12x12", resolution=12),
        ONE_SNAPSHOT,
        COSINE,
        Variant(name="weight decay 3e-4", recipe={"weight_decay": 3e-4}),
    ),
    "nb101": (
        SCALE,
        PLAIN,
        Variant(name="16x16", resolution=16),
        Variant(name="8x8", resolution=8),
        ONE_SNAPSHOT,
        COSINE,
        Variant(name="cells drawn by random_nas", recipe={"path_sampling": "random_nas"}),
        Variant(name="1x1 kernels of their own", recipe={"ofa_kernel": False}),
    ),
    "darts": (
        SCALE,
        Variant(name="fashion-clutter", data="fashion-clutter"),
        Variant(name="12x12", resolution=12),
        ONE_SNAPSHOT,
        COSINE,
    ),
}


def measure(space: str, variant: Variant, seed: int) -> dict[str, Any]:
    """Train and rank once."""
    import torch

    torch.set_num_threads(1)
    settings = choose_settings(space=space, scale="mini", data=variant.data)
    scale = settings.sizes()
    pool = load_pools(settings)[TRIALS]
    problem = Problem(
        space=get_space(space),
        images=_images(variant, settings.data, variant.resolution or scale.resolution),
        ranking_images=scale.ranking_images,
        calibration_images=scale.calibration_images,
        table=settings.table,
        table_sha256=settings.table_sha256,
        snapshots=variant.snapshots or scale.snapshots,
        count_passes=scale.count_passes,
    )
    recipe = Recipe({**settings.baseline(), **scale.start, **variant.recipe})
    ranking = evaluate_recipe(problem, recipe, pool, seed=seed)
    return {
        "accuracies": ranking.accuracies.tolist(),
        "truth": pool.truth.tolist(),
        "seconds": ranking.seconds_training + ranking.seconds_ranking,
    }


def _images(variant: Variant, data: str, resolution: int) -> ImageSet:
    if data == "fashion-clutter":
        return load_clutter(resolution=resolution, difficulty=variant.difficulty)
    return load_images(data, resolution=resolution)


def main(
    *,
    space: Literal["nb201", "nb101", "darts"] = "nb201",
    seeds: int = 3,
    workers: int = 2,
    json_file: Path | None = None,
) -> None:
    """Measure all variants of a space.

    Args:
        space: Search space.
        seeds: Seeds per variant, from 1000 on.
        workers: Processes, one thread each.
        json_file: Where the figures go as JSON.
    """
    from rich.console import Console
    from rich.table import Table

    variants = VARIANTS[space]
    jobs = [(space, variant, 1000 + seed) for variant in variants for seed in range(seeds)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        runs = list(pool.map(measure, *zip(*jobs, strict=True)))
    table = Table("variant", "s-KdT", "95 % interval", "sd of seeds", "each seed", "seconds")
    results = []
    for index, variant in enumerate(variants):
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
