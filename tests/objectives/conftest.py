from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from objectives.evaluate import evaluate_recipe
from objectives.problem import Problem, Ranking
from objectives.recipe import Recipe
from tests.image_sets import image_set
from tests.objectives import tiny
from wsnas.spaces.nb201 import NB201

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from objectives.factors import Factor
    from wsnas.data import ImageSet
    from wsnas.ranking.pools import Pool


@pytest.fixture(scope="session")
def tiny_images() -> ImageSet:
    """200 training and 100 validation images of 8x8 pixels: noisy pictures of four patterns."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randn(4, 1, 8, 8, generator=generator)

    def draw(size: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(4, (size,), generator=generator)
        return patterns[labels] + torch.randn(size, 1, 8, 8, generator=generator), labels

    return image_set(draw(200), draw(100), draw(20), num_classes=4)


@pytest.fixture(scope="session")
def tiny_problem(tiny_images: ImageSet) -> Problem:
    return Problem(
        space=NB201(),
        images=tiny_images,
        ranking_images=100,
        calibration_images=30,
        table="made up",
        table_sha256="2" * 64,
    )


@pytest.fixture(scope="session")
def tiny_pool() -> Pool:
    """Twelve cells with truths of their own."""
    return tiny.tiny_pool("nb201")


@pytest.fixture(scope="session")
def tiny_factors() -> tuple[Factor, ...]:
    return tiny.tiny_catalogue("nb201")


@pytest.fixture(scope="session")
def baseline() -> Recipe:
    return tiny.tiny_baseline("nb201")


@pytest.fixture(scope="session")
def evaluate(tiny_problem: Problem, baseline: Recipe, tiny_pool: Pool) -> Callable[..., Ranking]:
    """Train and rank the tiny pool by the baseline with changes; keywords go to `evaluate_recipe`."""

    def evaluate(
        changes: Mapping[str, Any] | None = None,
        *,
        problem: Problem = tiny_problem,
        seed: int = 0,
        **keywords: Any,
    ) -> Ranking:
        return evaluate_recipe(
            problem, Recipe({**baseline, **(changes or {})}), tiny_pool, seed=seed, **keywords
        )

    return evaluate
