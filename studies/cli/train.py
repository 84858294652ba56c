"""`wsnas train`: one super-net by one recipe, ranked against the ground truth."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from studies.cli._options import check_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from objectives.domains import Value
    from objectives.recipe import Recipe
    from studies.config.settings import StudySettings


@dataclass(frozen=True, kw_only=True)
class TrainCommand:
    """Train one super-net by a recipe and rank the pool with it; the baseline recipe by default."""

    recipe: Path | None = None
    """Recipe file such as best.toml; it also names space, scale, data and table."""
    space: str | None = None
    """Search space; the file's, or nb201."""
    scale: str | None = None
    """How big the run is: tiny, mini, gpu or paper; the file's, or mini."""
    data: str | None = None
    """Images: fashion-clutter, fashion or cifar10; the file's, or the scale's own."""
    data_dir: Path | None = None
    """Folder of cifar10's binary archive."""
    table: str | None = None
    """Ground truth: a table's name or a CSV file; the file's, or the space's own."""
    fix: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """A factor to set, as name=value; may be given several times."""
    seed: int = 0
    """Source of all randomness."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    deterministic: bool = False
    """Compute the same bits from the same seed on a GPU, too, which is slower; a CPU always does."""
    json: bool = False
    """Print JSON for programs."""

    def run(self) -> int:
        """Train and rank."""
        from rich.console import Console

        from objectives.evaluate import evaluate_recipe
        from objectives.problem import pool_scores
        from objectives.question.choices import check_recipe_memory
        from objectives.question.inputs import FRESH, Place, check_pools, load_pools, load_problem, pool_costs
        from studies.analysis.estimates import tau_estimate
        from studies.search.steps import ShownAttempt, steps
        from studies.workers.processes.capacity import limit_threads
        from wsnas.errors import RunError

        check_numbers(self, seed=0)
        settings, recipe = self._settings()
        pools = load_pools(settings)
        check_pools(settings, pools)
        pool = pools[FRESH]
        problem = load_problem(
            settings,
            Place(data_dir=self.data_dir, device=self.device, deterministic=self.deterministic),
        )
        limit_threads()
        check_recipe_memory(settings.space, recipe, problem.images, problem.device)
        costs = pool_costs(settings, pool)
        values = recipe.effective(settings.factors)
        epochs = recipe.protocol().epochs
        with steps("training and ranking", total=epochs, unit="epochs") as tell:
            attempt = ShownAttempt(tell, epochs=epochs)
            ranking = evaluate_recipe(problem, values, pool, seed=self.seed, attempt=attempt)
        if ranking.diverged:
            raise RunError(f"training diverged (loss {ranking.loss}): try a lower learning_rate")
        scores = pool_scores(pool, ranking, costs[0], score=problem.score)
        estimate = tau_estimate(ranking.judged.by(problem.score), pool.truth)
        parameters = tau_estimate(costs[0], pool.truth)
        if self.json:
            text = {
                **scores,
                "sparse_kendall_tau_interval": [estimate.low, estimate.high],
                "parameters_sparse_kendall_tau": parameters.mean,
                "recipe": dict(recipe),
                "seed": self.seed,
                "score": problem.score,
                "table": settings.table,
                "table_sha256": settings.table_sha256,
                "seconds_training": ranking.seconds_training,
                "seconds_ranking": ranking.seconds_ranking,
                "images_seen": ranking.images_seen,
            }
            sys.stdout.write(json.dumps(text) + "\n")
            return 0
        console = Console(highlight=False, soft_wrap=True)
        console.print(
            f"s-KdT [b]{estimate}[/b] on {len(pool)} architectures of {settings.space} against"
            f" {settings.table}, none of them used by the trials of a study with seed 0"
            " (one seed; the interval covers architectures only)"
        )
        console.print(f"for comparison: parameter count alone {parameters}")
        shown = ("supernet_accuracy_mean", "supernet_accuracy_best", "kendall_tau", "spearman")
        for name in (*shown, "partial_tau_given_parameters"):
            console.print(f"{name.replace('_', ' ')}: {scores[name]:.3f}")
        console.print(
            f"training {ranking.seconds_training:.1f} s"
            f" ({ranking.images_seen / ranking.seconds_training:,.0f} images/s),"
            f" ranking {ranking.seconds_ranking:.1f} s, on {settings.data}, seed {self.seed}"
        )
        return 0

    def _settings(self) -> tuple[StudySettings, Recipe]:
        from objectives.recipe import Recipe
        from studies.config.settings import choose_settings
        from studies.report import read_recipe

        header: Mapping[str, str] = {}
        values: Mapping[str, Value] = {}
        if self.recipe is not None:
            header, values = read_recipe(self.recipe)
        settings = choose_settings(
            space=self.space or header.get("space", "nb201"),
            scale=self.scale or header.get("scale", "mini"),
            data=self.data or header.get("data"),
            table=self.table or header.get("table"),
            fixed=self.fix,
        )
        held = {setting.partition("=")[0] for setting in self.fix}
        kept = {name: value for name, value in values.items() if name not in held}
        return settings, Recipe({**settings.baseline(), **kept})
