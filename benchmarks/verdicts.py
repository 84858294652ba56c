"""How often verdicts are false, and how many seeds they want: ablations with known effects, simulated.

Run it as `python -m benchmarks.verdicts [--rounds 1000] [--seeds 3 6 12] [--json FILE]`. A reference with
thrice the seeds and 17 recipes are drawn with a known truth, judged as `wsnas verdicts` judges them, and
the verdicts compared with the truth.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tyro

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


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Measure the error rates of verdicts."""

    rounds: int = 1000
    """Simulated ablations for each case."""
    seeds: tuple[int, ...] = (3, 6, 12)
    """Seeds of each recipe."""
    json: Path | None = None
    """Also write the figures here."""

    def run(self) -> None:
        """Measure and print."""
        rows = [
            self._row(seeds, spread, skewed)
            for seeds in self.seeds
            for spread in SPREADS
            for skewed in (False, True)
        ]
        names = list(rows[0])
        lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
        print("\n".join(f"| {' | '.join(line)} |" for line in lines))  # noqa: T201
        if self.json is not None:
            self.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")

    def _row(self, seeds: int, spread: str, skewed: bool) -> dict[str, object]:
        rng = np.random.default_rng([seeds, SPREADS.index(spread), skewed])
        missed = confirmed = refuted = 0
        widths: list[float] = []
        for _ in range(self.rounds):
            truth = at(FALSE_CONFIRMED)
            found, verdicts = simulate(rng, truth, seeds=seeds, spread=spread, skewed=skewed)
            confirmed += "confirmed" in verdicts
            missed += any(not one.low <= true <= one.high for one, true in zip(found, truth, strict=True))
            widths.append(float(np.median([(one.high - one.low) / 2 for one in found])))
            _found, verdicts = simulate(rng, at(FALSE_REFUTED), seeds=seeds, spread=spread, skewed=skewed)
            refuted += "refuted" in verdicts
        return {
            "seeds": seeds,
            "noise of the recipes": spread,
            "seeds scatter": "skewed" if skewed else "normally",
            "ablations with a false confirmation": confirmed / self.rounds,
            "with a false refutation": refuted / self.rounds,
            "with an interval that misses": missed / self.rounds,
            "half an interval, median": round(float(np.mean(widths)), 3),
        }


if __name__ == "__main__":
    tyro.cli(Verdicts).run()
