"""The ablation around a recipe: one factor moves at a time, and each claim becomes differences of runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.recipe import Recipe
from studies.analysis.contrasts import show
from studies.schedule.budget import run_seed
from studies.verdicts.claims import claims_about

if TYPE_CHECKING:
    from collections.abc import Iterable

    from objectives.domains import Value
    from objectives.factors import Factor
    from studies.config.settings import StudySettings
    from studies.verdicts.claims import Claim

REFERENCE_TIMES = 3
"""The reference recipe gets so many times the seeds of the others, since most differences lean on it."""
COMPANIONS: tuple[tuple[str, Value], ...] = (("op_placement", "node"), ("bn_affine", True))
"""Values that let a factor apply which does not at the reference; the fewest are moved, on both sides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """A difference that a claim is about: s-KdT at one recipe minus s-KdT at another."""

    claim: Claim
    """The claim."""
    level: Value
    """The factor's value on the one side."""
    against: Value
    """Its value on the other."""
    moved: tuple[tuple[str, Value], ...]
    """Companions that differ from the reference recipe on both sides."""
    one: Recipe
    """The recipe with the level."""
    other: Recipe
    """The recipe to compare with."""

    @property
    def name(self) -> str:
        """The difference as people read it."""
        moved = ", ".join(f"{name} {show(value)}" for name, value in self.moved)
        text = f"{self.claim.factor} {show(self.level)} against {show(self.against)}"
        return f"{text} (both with {moved})" if moved else text


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One training: a recipe and the number of its seed."""

    recipe: Recipe
    """What to train."""
    number: int
    """Which seed, from 0; the same number is the same seed for every recipe."""

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"{digest(self.recipe)}-{self.number:03d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ablation:
    """What is compared around a reference recipe."""

    reference: Recipe
    """The recipe around which factors move."""
    contrasts: tuple[Contrast, ...]
    """All differences of all claims."""
    inapplicable: dict[str, str]
    """Claims that cannot be asked here, with the reason."""

    def recipes(self) -> tuple[Recipe, ...]:
        """Return the recipes to train, each once, the reference recipe first."""
        sides = [recipe for contrast in self.contrasts for recipe in (contrast.other, contrast.one)]
        return tuple(dict.fromkeys((self.reference, *sides)))

    def runs(self, seeds: int) -> list[Run]:
        """Return what there is to train, in rounds, so that an ablation that is cut short is balanced.

        A round is one seed of every recipe, and three of the reference; fewer seeds are the first rounds.
        """
        return [
            Run(recipe=recipe, number=number)
            for turn in range(seeds)
            for recipe in self.recipes()
            for number in self._numbers(recipe, turn)
        ]

    def _numbers(self, recipe: Recipe, turn: int) -> range:
        if recipe != self.reference:
            return range(turn, turn + 1)
        return range(REFERENCE_TIMES * turn, REFERENCE_TIMES * (turn + 1))


def digest(recipe: Recipe) -> str:
    """Return a short name that depends on the recipe's values alone."""
    return hashlib.sha256(json.dumps(dict(recipe), sort_keys=True).encode()).hexdigest()[:12]


def training_seed(settings: StudySettings, run: Run) -> int:
    """Return the seed of a run; no study draws from this stream."""
    return run_seed(settings.seed, "verdicts", run.number)


def plan(settings: StudySettings, reference: Recipe, *, claims: Iterable[Claim] | None = None) -> Ablation:
    """Return the ablation that answers the claims of a space.

    Args:
        settings: Give the factors and their domains.
        reference: The recipe around which factors move.
        claims: Which claims; all of the space where None.
    """
    reference = reference.effective(settings.factors)
    contrasts: dict[tuple[str, Recipe, Recipe], Contrast] = {}
    inapplicable: dict[str, str] = {}
    factors = {factor.name: factor for factor in settings.factors}
    for claim in claims_about(settings.space) if claims is None else claims:
        if not claim.factor:
            continue
        if claim.factor not in factors:
            inapplicable[claim.name] = f"{settings.space} has no {claim.factor}"
            continue
        found = _contrasts(claim, factors[claim.factor], settings.factors, reference)
        if not found:
            inapplicable[claim.name] = f"{claim.factor} changes nothing around this recipe"
        for contrast in found:
            contrasts[claim.name, contrast.one, contrast.other] = contrast
    return Ablation(reference=reference, contrasts=tuple(contrasts.values()), inapplicable=inapplicable)


def _contrasts(
    claim: Claim, factor: Factor, factors: tuple[Factor, ...], reference: Recipe
) -> list[Contrast]:
    found = []
    for level in claim.levels.of(factor, reference[factor.name]):
        against = reference[factor.name] if claim.against is None else claim.against
        if against == level:
            against = factor.default
        for count in range(len(COMPANIONS) + 1):
            companions = [pair for pair in COMPANIONS[:count] if pair[0] in reference]
            one, other = (
                Recipe({**reference, **dict(companions), factor.name: value}).effective(factors)
                for value in (level, against)
            )
            if one != other:
                moved = tuple(pair for pair in companions if reference[pair[0]] != pair[1])
                found.append(
                    Contrast(claim=claim, level=level, against=against, moved=moved, one=one, other=other)
                )
                break
    return found
