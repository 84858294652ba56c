"""The confirmed best super-net as a function from architectures to accuracies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.evaluate import build, evaluate_recipe, rank
from studies.confirmation import CONFIRMATION, runs_of, winner
from studies.context import FRESH, Place, load_pools, load_problem
from studies.weights import load_weights, save_weights, weights_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from objectives.problem import Problem
    from objectives.recipe import Recipe
    from studies.study import Handle
    from wsnas.supernets._base import SuperNet


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Ranker:
    """A trained super-net, as it was at each of its snapshots."""

    problem: Problem
    """Space and images."""
    recipe: Recipe
    """How it was trained."""
    seed: int
    """With which seed."""
    supernets: tuple[SuperNet, ...]
    """One for each snapshot."""

    def accepts(self, architecture: Any) -> bool:
        """Return whether the recipe's mapping has weights for the architecture."""
        return self.supernets[0].accepts(architecture)

    def score(self, architectures: Sequence[Any]) -> NDArray[np.float64]:
        """Return the accuracies of architectures, averaged over the snapshots; shape (n,) for n of them."""
        accuracies = [
            rank(self.problem, self.recipe, supernet, architectures, snapshot=snapshot)
            for snapshot, supernet in enumerate(self.supernets)
        ]
        averaged: NDArray[np.float64] = np.mean(accuracies, axis=0)
        return averaged


def confirmed_run(handle: Handle) -> FrozenTrial | None:
    """Return the winner's first confirmation run, whose weights search; None where there is no winner yet."""
    best = winner(handle)
    runs = [] if best is None else runs_of(handle, CONFIRMATION, best)
    return runs[0] if runs else None


def load_ranker(handle: Handle, *, folder: Path, place: Place) -> Ranker | None:
    """Load the winner's super-net; where its weights are not at hand it is trained again by the same seed.

    Args:
        handle: The study.
        folder: Where weights are kept.
        place: Data folder and device.

    Returns:
        The super-net; None where the study has no winner yet.
    """
    best, run = winner(handle), confirmed_run(handle)
    if best is None or run is None:
        return None
    problem = load_problem(handle.settings, place)
    seed: int = run.user_attrs["seed"]
    files = [
        weights_path(folder, run.user_attrs["ticket"], snapshot) for snapshot in range(len(problem.snapshots))
    ]
    if not all(file.exists() for file in files):

        def keep(supernet: SuperNet, snapshot: int) -> None:
            save_weights(supernet, files[snapshot])

        evaluate_recipe(problem, best, load_pools(handle.settings)[FRESH], seed=seed, keep=keep)
    supernets = tuple(build(problem, best, seed=seed) for _ in files)
    for supernet, file in zip(supernets, files, strict=True):
        load_weights(supernet, file)
    return Ranker(problem=problem, recipe=best, seed=seed, supernets=supernets)
