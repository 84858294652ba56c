"""The question of an objective: all that its value hangs on beside recipe and seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.domains import domain_from_toml, domain_to_json
from objectives.question.scales import Scale, load_scale, scaled_catalogue
from objectives.recipe import Recipe
from wsnas.errors import InputError, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from objectives.factors import Factor


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is trained and ranked, against what, and which factors vary."""

    space: str
    """Name of the search space."""
    scale: str
    """Name of the scale."""
    data: str
    """Name of the data set."""
    table: str
    """Name or file of the ground-truth table."""
    table_sha256: str
    """SHA-256 of the table's file."""
    seed: int
    """Source of all named streams of randomness, at least 0."""
    factors: tuple[Factor, ...]
    """The dimensions; a factor that is held has a single level."""

    def sizes(self) -> Scale:
        """Return the scale's sizes."""
        return load_scale(self.scale, self.space)

    def baseline(self) -> Recipe:
        """Return the recipe in which every factor has its default."""
        return Recipe({factor.name: factor.default for factor in self.factors})

    def plain_factors(self) -> dict[str, Any]:
        """Return the factors as plain values: domain and default of each."""
        return {
            factor.name: {"domain": domain_to_json(factor.domain), "default": factor.default}
            for factor in self.factors
        }


def rebuilt_factors(space: str, scale: str, kept: Mapping[str, Any]) -> tuple[Factor, ...]:
    """Return the factors that `Question.plain_factors` made plain; InputError where one is not installed."""
    known = scaled_catalogue(space, load_scale(scale, space), on_request=True)
    for name in set(kept) - {factor.name for factor in known}:
        raise InputError(
            f"the study was made with factor {show(name)}, which is not installed or left out: bring back the"
            " package that provides it"
        )
    return tuple(
        factor.with_domain(
            domain_from_toml(factor.name, kept[factor.name]["domain"]), kept[factor.name]["default"]
        )
        for factor in known
        if factor.name in kept
    )


def run_seed(seed: int, stream: str, number: int) -> int:
    """Return a run's seed: the question's seed, the use it is for, and a number make it, nothing else."""
    entropy = (seed, zlib.crc32(stream.encode()), number)
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])
