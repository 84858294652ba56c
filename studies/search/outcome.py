"""What a search found, judged by the ground truth afterwards."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from studies.search.pareto import BestForSize, mean_interval, non_dominated
from wsnas.ranking import surpass_random_probability

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from wsnas.groundtruth import Table
    from wsnas.spaces import Space

SHOWN = 10
"""How many of the found architectures are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick:
    """An architecture that the super-nets like."""

    architecture: str
    """Its canonical string."""
    supernet_accuracy: float
    """Accuracy that the super-nets give it, averaged over them."""
    truth: float | None
    """Its ground truth; None where the table lacks it."""
    rank: int | None
    """Its rank by ground truth among all of the table, 1 for the best; of equals, the worst of theirs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """The outcome of a search; no ground truth was used to pick."""

    method: str
    """``random`` or ``evolve``."""
    picks: tuple[Pick, ...]
    """The best by the super-nets' score, best first."""
    searched: int
    """How many architectures the super-net judged."""
    known: int
    """How many of them the table has."""
    supernets: int
    """Over how many super-nets, which differ by their seeds, accuracies were averaged."""
    table: str
    """Name of the table."""
    table_size: int
    """How many architectures it has."""
    space_size: int
    """How many the space has."""
    best_truth: float
    """The best ground truth in the table."""
    best_searched: float | None
    """The best ground truth among those judged, which a perfect ranker would have picked; None if unknown."""
    spent_truth: float
    """The best ground truth among the architectures that the study's trials were scored on."""
    draws: int
    """The n of `surpass_random`."""
    front: tuple[BestForSize, ...] = ()
    """Where a cost was weighed: the best for their cost, from cheap to dear."""

    @property
    def regret(self) -> float | None:
        """How far the first pick's ground truth is below the best of the table."""
        truth = self.picks[0].truth
        return None if truth is None else self.best_truth - truth

    @property
    def surpass_random(self) -> float | None:
        """Probability that `draws` uniform draws from the table are all below the first pick."""
        place = self.picks[0].rank
        return None if place is None else surpass_random_probability(place, self.table_size, self.draws)


def judge(
    space: Space[Any],
    table: Table[Any],
    architectures: Sequence[Any],
    scores: NDArray[np.float64],
    *,
    accuracies: Callable[[Sequence[Any]], NDArray[np.float64]],
    costs: NDArray[np.float64] | None = None,
    method: str,
    spent_truth: float,
    draws: int,
) -> Search:
    """Look up the ground truth of what super-nets judged.

    Args:
        space: Where the architectures are from.
        table: The ground truth.
        architectures: What was judged, at least one.
        scores: The super-nets' mean scores, shape (len(architectures),); equals stay in their order.
        accuracies: Returns what each super-net gives some of them, shape (super-nets, ..); asked for those
            that are kept.
        costs: What is weighed against the scores, lower for better, shape (len(architectures),); None:
            nothing.
        method: How the architectures came up.
        spent_truth: The best ground truth that the study had used before.
        draws: The n of the probability to surpass random search.
    """
    descending = -np.sort(-table.accuracies)
    positions = [table.find(architecture) for architecture in architectures]
    known = [position for position in positions if position is not None]
    best = np.argsort(-scores, kind="stable")[:SHOWN].tolist()
    front = [] if costs is None else non_dominated(scores, costs)
    shown = list(dict.fromkeys([*best, *front]))
    each = accuracies([architectures[index] for index in shown])
    means, lows, highs = (dict(zip(shown, ends.tolist(), strict=True)) for ends in mean_interval(each))

    def about(index: int) -> dict[str, Any]:
        position = positions[index]
        truth = None if position is None else float(table.accuracies[position])
        return {
            "architecture": space.format(architectures[index]),
            "supernet_accuracy": means[index],
            "truth": truth,
            "rank": None if truth is None else int(np.searchsorted(-descending, -truth, side="right")),
        }

    return Search(
        method=method,
        picks=tuple(Pick(**about(index)) for index in best),
        searched=len(architectures),
        known=len(known),
        supernets=len(each),
        table=table.name,
        table_size=len(table),
        space_size=space.size,
        best_truth=float(descending[0]),
        best_searched=float(table.accuracies[known].max()) if known else None,
        spent_truth=spent_truth,
        draws=draws,
        front=tuple(
            BestForSize(**about(index), cost=int(costs[index]), low=lows[index], high=highs[index])
            for index in front
            if costs is not None
        ),
    )


def to_stored(search: Search, *, tickets: Sequence[int]) -> str:
    """Return a random search as a study keeps it, with the tickets of the super-nets that searched."""
    return json.dumps(
        {
            "tickets": list(tickets),
            "found": [asdict(pick) for pick in search.picks if pick.truth is not None],
            "searched": search.searched,
            "table_size": search.table_size,
            "best_truth": search.best_truth,
            "spent_truth": search.spent_truth,
            "surpass_random": search.surpass_random,
            "surpass_draws": search.draws,
            "supernets": search.supernets,
        }
    )


def from_stored(text: str, *, space: Space[Any], table: Table[Any]) -> Search:
    """Return what `to_stored` wrote; outcomes of older versions rest on one super-net and do not say so."""
    kept = json.loads(text)
    return Search(
        method="random",
        picks=tuple(Pick(**pick) for pick in kept["found"]),
        searched=kept["searched"],
        known=kept["searched"],
        supernets=kept.get("supernets", 1),
        table=table.name,
        table_size=kept["table_size"],
        space_size=space.size,
        best_truth=kept["best_truth"],
        best_searched=None,
        spent_truth=kept["spent_truth"],
        draws=kept["surpass_draws"],
    )
