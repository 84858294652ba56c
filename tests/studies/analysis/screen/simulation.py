"""Whole studies with a known truth: tune picks a reference, the screen spends its runs, calls are compared.

The level is that of s-KdT: an architecture's pull on a difference stands for its part in the ranking.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from studies.analysis.screen import Allocation, SeedRuns, change_effects, next_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studies.analysis.screen import ChangeEffect

Kind = Literal["mixed", "nothing", "border"]
Policy = Literal["adaptive", "even"]

SIZES = (0.05, 0.08, 0.1, 0.15, 0.2, 0.3)
"""True effects that every mixed study has one of."""
UNITS = 60
"""Architectures that the jackknife sees."""
CANDIDATES = 24
"""Recipes that tune compares by one run each."""


@dataclass(kw_only=True)
class World:
    """A truth around a picked reference, and what recipes' runs scatter by."""

    rng: np.random.Generator
    changes: int
    kind: Kind = "mixed"
    factors: list[str] = field(init=False)
    truth: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        rng = self.rng
        levels = self._levels()
        self.factors = [str(i) for i, number in enumerate(levels) for _ in range(number)]
        self.truth = self._around_a_picked_reference(levels)
        if self.kind == "nothing":
            self.truth = np.zeros(self.changes)
        elif self.kind == "border":
            self.truth = rng.choice([-0.055, 0.055], self.changes)
        else:
            planted = rng.choice(self.changes, len(SIZES), replace=False)
            self.truth[planted] = np.array(SIZES) * rng.choice([-1.0, -1.0, 1.0], len(SIZES))
        recipes = self.changes + 1
        self.spread = np.clip(0.055 * np.exp(0.45 * rng.standard_normal(recipes)), 0.02, 0.15)
        self.shape = rng.choice(["normal", "heavy", "left"], recipes, p=[0.6, 0.2, 0.2])
        self.diverging = rng.choice([0.0, 0.3, 0.8], recipes, p=[0.77, 0.18, 0.05])
        self.diverging[0] = 0.02
        sampling = rng.uniform(0.01, 0.03, (recipes, 1))
        self.pulls = sampling * UNITS**0.5 * rng.standard_normal((recipes, UNITS))
        self.pulls[0] = 0.0

    def _levels(self) -> list[int]:
        """Return how many changes each factor has, 1 to 3."""
        left, found = self.changes, []
        while left:
            found.append(min(left, int(self.rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15]))))
            left -= found[-1]
        return found

    def _around_a_picked_reference(self, levels: list[int]) -> NDArray[np.float64]:
        """Return the effects at what looks best of noisy candidates, with interactions of live factors."""
        rng = self.rng
        live = rng.random(len(levels)) < 0.35
        main = [
            alive * np.r_[0.0, rng.choice([0.03, 0.12], number) * rng.standard_normal(number) - 0.02]
            for alive, number in zip(live, levels, strict=True)
        ]
        pairs = np.triu(0.08 * rng.standard_normal((len(levels),) * 2) * np.outer(live, live), 1)

        def value(recipe: NDArray[np.int64]) -> float:
            moved = (recipe > 0).astype(float)
            return sum(row[level] for row, level in zip(main, recipe, strict=True)) + moved @ pairs @ moved

        tops = np.array(levels)
        recipes = [
            np.where(rng.random(len(levels)) < 0.2, rng.integers(1, tops + 1), 0) for _ in range(CANDIDATES)
        ]
        looks = [value(recipe) + 0.06 * rng.standard_normal() for recipe in recipes]
        reference = recipes[int(np.argmax(looks))]
        effects = []
        for factor, number in enumerate(levels):
            for level in set(range(number + 1)) - {int(reference[factor])}:
                other = reference.copy()
                other[factor] = level
                effects.append(value(other) - value(reference))
        return np.array(effects)

    def run(self, recipe: int, number: int, before: SeedRuns | None = None) -> SeedRuns:
        """Return a recipe's runs after so many more; recipe 0 is the reference."""
        rng, pulls = self.rng, self.pulls[recipe]
        whole = int((rng.random(number) >= self.diverging[recipe]).sum())
        noise = {
            "normal": lambda: rng.standard_normal(whole),
            "heavy": lambda: rng.standard_t(4, whole) / 2**0.5,
            "left": lambda: (3 - rng.chisquare(3, whole)) / 6**0.5,
        }[str(self.shape[recipe])]()
        effect = self.truth[recipe - 1] if recipe else 0.0
        taus = 0.55 + effect + pulls.mean() + self.spread[recipe] * noise
        diverged = number - whole
        if before is not None:
            taus, diverged = np.r_[before.taus, taus], before.diverged + diverged
        without = taus[:, None] + (pulls.mean() - pulls) / (UNITS - 1)
        return SeedRuns(taus=taus, without=without, diverged=diverged)


class Screen:
    """A screen that runs in a world, and may be continued."""

    def __init__(self, world: World, *, policy: Policy = "adaptive") -> None:
        self.world, self.policy, self.rounds = world, policy, 0
        self.runs = [world.run(recipe, 0) for recipe in range(world.changes + 1)]

    def spend(self, left: int) -> None:
        """Spend so many runs."""
        while left > 0:
            added = self._next(left)
            assert 0 < added.total <= left
            left -= added.total
            self.rounds += 1
            for recipe, number in enumerate([added.reference, *added.changes]):
                if number:
                    self.runs[recipe] = self.world.run(recipe, number, self.runs[recipe])

    def effects(self, *, comparisons: int | None = None) -> list[ChangeEffect]:
        """Return what is found so far."""
        adaptive = self.policy == "adaptive" and comparisons is None
        return change_effects(self.runs[0], self.runs[1:], comparisons=comparisons, adaptive=adaptive)

    def _next(self, left: int) -> Allocation:
        if self.policy == "adaptive":
            return next_runs(self.runs[0], self.runs[1:], left=left, factors=self.world.factors)
        count = self.world.changes
        share = round(left / (1 + count**0.5))
        each, rest = divmod(left - share, count)
        changes = tuple(each + (index < rest) for index in range(count))
        return Allocation(reference=share, changes=changes)


def false_calls(effects: list[ChangeEffect], truth: NDArray[np.float64]) -> int:
    """Return how many calls the truth contradicts."""
    wrong = {
        "helps": truth <= 0.0,
        "hurts": truth >= 0.0,
        "negligible": np.abs(truth) > 0.0500001,
        "undecided": np.zeros(len(truth), dtype=bool),
    }
    return sum(bool(wrong[effect.call][index]) for index, effect in enumerate(effects))


def covered(effects: list[ChangeEffect], truth: NDArray[np.float64]) -> list[bool]:
    """Return for each interval whether it covers the truth."""
    return [
        effect.low <= true <= effect.high
        for effect, true in zip(effects, truth, strict=True)
        if effect.low is not None and effect.high is not None
    ]
