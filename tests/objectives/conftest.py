from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from objectives.problem import Problem
from tests.objectives import tiny
from wsnas.data import ImageSet
from wsnas.spaces.nb201 import NB201

if TYPE_CHECKING:
    from torch import Tensor

    from objectives.factors import Factor
    from objectives.recipe import Recipe
    from wsnas.ranking.pools import Pool


@pytest.fixture(scope="session")
def tiny_images() -> ImageSet:
    """200 training and 100 validation images of 8x8 pixels: noisy pictures of four patterns."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randn(4, 1, 8, 8, generator=generator)

    def draw(size: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(4, (size,), generator=generator)
        return patterns[labels] + torch.randn(size, 1, 8, 8, generator=generator), labels

    train, validation, test = draw(200), draw(100), draw(20)
    return ImageSet(
        name="tiny",
        train_images=train[0],
        train_labels=train[1],
        validation_images=validation[0],
        validation_labels=validation[1],
        test_images=test[0],
        test_labels=test[1],
        num_classes=4,
        flip=False,
        sha256="1" * 64,
    )


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
