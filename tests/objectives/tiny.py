"""Spaces, factors and pools at which a training takes a tenth of a second."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from objectives.domains import Categorical, Range
from objectives.question.scales import load_scale, scaled_catalogue
from objectives.recipe import Recipe
from wsnas.ranking.pools import Pool
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from objectives.domains import Domain, Value
    from objectives.factors import Factor

FEW_IMAGES: dict[str, tuple[Domain, Value]] = {
    "batch_size": (Categorical((20, 25)), 20),
    "train_portion": (Categorical((0.5, 0.9)), 0.9),
    "epochs": (Range(1, 3, "integer"), 2),
    "learning_rate": (Range(0.01, 0.2, log=True), 0.05),
}
"""What suits 200 images; all else is as in the scale `tiny`, so that a new factor needs no line here."""


def tiny_catalogue(space: str) -> tuple[Factor, ...]:
    return tuple(
        factor.with_domain(*FEW_IMAGES.get(factor.name, (factor.domain, factor.default)))
        for factor in scaled_catalogue(space, load_scale("tiny", space), on_request=True)
    )


def tiny_baseline(space: str) -> Recipe:
    return Recipe({factor.name: factor.default for factor in tiny_catalogue(space)})


def tiny_pool(name: str, *, size: int = 12) -> Pool:
    """Architectures that every mapping takes, with truths of their own."""
    space, rng = get_space(name), np.random.default_rng(0)
    drawn = (space.sample(rng) for _ in iter(int, 1))
    chosen = tuple(islice(filter(space.comparable, drawn), size))
    return Pool(architectures=chosen, truth=rng.permutation(np.linspace(0.5, 0.9, size)))
