"""One of the super-nets that search: loaded from its files, or trained again by its seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from objectives.attempt import Attempt
from objectives.evaluate import build, evaluate_recipe, rank
from studies.workers.processes.capacity import limit_threads
from studies.workers.weights import load_weights, save_weights
from wsnas.errors import RunError
from wsnas.ranking.judged import added

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from objectives.attempt import Pace
    from objectives.problem import Problem
    from objectives.recipe import Recipe
    from wsnas.ranking.judged import Judged
    from wsnas.ranking.pools import Pool
    from wsnas.supernets.base import SuperNet


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Member:
    """A super-net trained with one seed, as it was at each of its snapshots."""

    seed: int
    """The seed."""
    snapshots: tuple[SuperNet, ...]
    """At least one."""

    def judge(
        self,
        problem: Problem,
        recipe: Recipe,
        architectures: Sequence[Any],
        *,
        on_snapshot: Callable[[], None] = lambda: None,
    ) -> Judged:
        """Return what all snapshots together make of architectures, each on images of its own."""
        judged = []
        for number, supernet in enumerate(self.snapshots):
            judged.append(rank(problem, recipe, supernet, architectures, snapshot=number))
            on_snapshot()
        return added(judged)


def load_member(problem: Problem, recipe: Recipe, *, seed: int, files: Sequence[Path]) -> Member:
    """Load a super-net from one file for each snapshot; `InputError` where one is missing or damaged."""
    snapshots = tuple(build(problem, recipe, seed=seed) for _ in files)
    for supernet, file in zip(snapshots, files, strict=True):
        load_weights(supernet, file)
    return Member(seed=seed, snapshots=snapshots)


def train_member(
    problem: Problem,
    recipe: Recipe,
    pool: Pool,
    *,
    seed: int,
    files: Sequence[Path],
    on_epoch: Callable[[Pace], None] = lambda _: None,
) -> None:
    """Train a super-net as a worker does, and write one file for each of the problem's snapshots.

    Args:
        problem: What does not depend on the recipe.
        recipe: How to train.
        pool: Any architectures that the recipe's mapping takes; one of them is ranked.
        seed: Source of all randomness.
        files: Where the weights go, one for each snapshot.
        on_epoch: Told after each epoch how far training is.

    Raises:
        RunError: training diverged, or the disk does not take the weights.
    """
    import torch

    def keep(supernet: SuperNet, snapshot: int) -> None:
        save_weights(supernet, files[snapshot])

    one = replace(pool, architectures=pool.architectures[:1], truth=pool.truth[:1], others=())
    threads = torch.get_num_threads()
    limit_threads()
    try:
        ranking = evaluate_recipe(problem, recipe, one, seed=seed, keep=keep, attempt=_Heard(on_epoch))
    finally:
        torch.set_num_threads(threads)
    if ranking.diverged:
        raise RunError(f"super-net with seed {seed}: its training diverged here (loss {ranking.loss})")


class _Heard(Attempt):
    """An attempt that says how far it is."""

    def __init__(self, on_epoch: Callable[[Pace], None]) -> None:
        self._on_epoch = on_epoch

    def advanced(self, pace: Pace) -> None:
        self._on_epoch(pace)
