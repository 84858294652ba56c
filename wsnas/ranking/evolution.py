"""Ageing evolution: a population whose oldest member makes room for a child of one of the better ones.

Source: Real et al., "Regularized Evolution for Image Classifier Architecture Search" (AAAI 2019),
algorithm 1.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from wsnas.spaces import Space

DRAWS = 1000
"""So often a draw that is not accepted is repeated before that is given up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvolutionPlan:
    """How long and how greedily to evolve."""

    population: int = 50
    """Random architectures to begin with; so many are alive at any time."""
    cycles: int = 200
    """Children, one after the other."""
    tournament: int = 10
    """The best of so many members, drawn with replacement, becomes a parent."""

    def __post_init__(self) -> None:
        for name, least in (("population", 2), ("cycles", 0), ("tournament", 1)):
            value = getattr(self, name)
            if value < least:
                raise InputError(f"{name} {value}: a whole number of at least {least} is wanted")


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Evolution:
    """All that was scored."""

    architectures: tuple[Any, ...]
    """Each architecture once, in the order in which they came up."""
    scores: NDArray[np.float64]
    """Their scores, shape (len(architectures),)."""


def evolve(
    space: Space[Any],
    score: Callable[[Sequence[Any]], NDArray[np.float64]],
    *,
    plan: EvolutionPlan,
    rng: np.random.Generator,
    accepts: Callable[[Any], bool] = lambda _: True,
    on_cycle: Callable[[float], None] = lambda _: None,
) -> Evolution:
    """Evolve architectures towards higher scores.

    Args:
        space: Draws and mutates them.
        score: Scores of a list of architectures; each architecture is scored once.
        plan: How long and how greedily.
        rng: Source of randomness; the same state and scores give the same result.
        accepts: Which architectures may come up.
        on_cycle: Told after each cycle how many are done.

    Raises:
        InputError: the space has too few architectures that are accepted.
    """
    known: dict[Any, float] = {}
    for _ in range(plan.population):
        drawn = _until(lambda: space.sample(rng), lambda one: one not in known and accepts(one))
        if drawn is None:
            raise InputError(
                f"population {plan.population}: only {len(known)} architectures of {space.name} were found"
                " that may come up"
            )
        known[drawn] = 0.0
    known.update(zip(known, score(list(known)).tolist(), strict=True))
    alive = deque(known)
    for cycle in range(1, plan.cycles + 1):
        rivals = [alive[index] for index in rng.integers(len(alive), size=plan.tournament).tolist()]
        parent = max(rivals, key=known.__getitem__)
        child = _child(space, parent, rng, accepts)
        if child not in known:
            known[child] = float(score([child])[0])
        alive.append(child)
        alive.popleft()
        on_cycle(cycle)
    return Evolution(architectures=tuple(known), scores=np.array(list(known.values())))


def _child(space: Space[Any], parent: Any, rng: np.random.Generator, accepts: Callable[[Any], bool]) -> Any:
    """Return an accepted neighbour; a parent without any is drawn again itself."""
    child = _until(lambda: space.mutate(parent, rng), accepts)
    return parent if child is None else child


def _until(draw: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any | None:
    for _ in range(DRAWS):
        drawn = draw()
        if wanted(drawn):
            return drawn
    return None
