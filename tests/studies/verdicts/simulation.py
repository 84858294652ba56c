"""Ablations with known effects, drawn at random: what error rates of verdicts are measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from objectives.recipe import Recipe
from studies.verdicts.ablation import REFERENCE_TIMES, Contrast
from studies.verdicts.claims import CLAIMS, MARGIN
from studies.verdicts.effects import Effect, Measured, effects
from studies.verdicts.judge import judge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studies.verdicts.claims import Kind
    from studies.verdicts.judge import Verdict

KINDS: tuple[Kind, ...] = (*["hurts"] * 4, "no help", *["little"] * 7, *["matters"] * 5)
"""What the differences of NAS-Bench-201's claims say."""
RECIPES = len(KINDS)
UNITS = 60
"""Architectures that the jackknife sees."""
OF_ARCHITECTURES = 0.012
"""Standard deviation that the sample of architectures gives a difference."""
FALSE_CONFIRMED: dict[Kind, float] = {"hurts": 0.0, "no help": MARGIN, "little": MARGIN, "matters": 0.0}
"""The truth at which a false confirmation is likeliest."""
FALSE_REFUTED: dict[Kind, float] = {"hurts": -MARGIN, "no help": 0.0, "little": MARGIN, "matters": MARGIN}
"""The truth at which a false refutation is likeliest."""


def deviations(spread: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the standard deviation between seeds of the reference recipe and of each recipe, in s-KdT."""
    return {
        "alike": lambda: np.full(RECIPES + 1, 0.07),
        "spread": lambda: 0.07 * np.exp(0.5 * rng.standard_normal(RECIPES + 1)),
        "two kinds": lambda: np.where(rng.random(RECIPES + 1) < 0.3, 0.18, 0.04),
        "one loud": lambda: np.r_[0.04, 0.2, np.full(RECIPES - 1, 0.04)],
    }[spread]()


SPREADS = ("alike", "spread", "two kinds", "one loud")


def simulate(
    rng: np.random.Generator,
    truth: NDArray[np.float64],
    *,
    seeds: int,
    spread: str,
    skewed: bool = False,
    architectures: float = OF_ARCHITECTURES,
) -> tuple[list[Effect], list[Verdict]]:
    """Draw an ablation in which recipes differ from the reference by `truth`, and judge it by `KINDS`."""

    def noise(size: int) -> NDArray[np.float64]:
        return (rng.chisquare(4, size) - 4) / 8**0.5 if skewed else rng.standard_normal(size)

    def measure(mean: float, deviation: float, size: int, pulls: NDArray[np.float64]) -> Measured:
        taus = mean + deviation * noise(size)
        # What each architecture adds to a difference, so that the jackknife finds the variance of the sum.
        without = taus[:, None] + (pulls.mean() - pulls) / (UNITS - 1)
        return Measured(taus=taus, without=without, numbers=tuple(range(size)), diverged=0)

    spreads = deviations(spread, rng)
    reference = Recipe({"recipe": -1})
    recipes = {reference: measure(0.5, spreads[0], REFERENCE_TIMES * seeds, np.zeros(UNITS))}
    for index, effect in enumerate(truth):
        pulls = architectures * UNITS**0.5 * rng.standard_normal(UNITS)
        mean = 0.5 + effect + float(pulls.mean())
        recipes[Recipe({"recipe": index})] = measure(mean, spreads[index + 1], seeds, pulls)
    contrasts = [
        Contrast(claim=CLAIMS[0], level=1, against=0, moved=(), one=recipe, other=reference)
        for recipe in recipes
        if recipe != reference
    ]
    found = effects(contrasts, recipes, comparisons=RECIPES + 1)
    return found, [judge(kind, [effect]) for kind, effect in zip(KINDS, found, strict=True)]


def at(truth: dict[Kind, float]) -> NDArray[np.float64]:
    """Return the truth of each difference from that of each kind."""
    return np.array([truth[kind] for kind in KINDS])
