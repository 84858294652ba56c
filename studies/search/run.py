"""The two ways to search with super-nets: random architectures of the table, and evolution in the space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from objectives.question.inputs import FRESH, TRIALS, load_pools, load_table, network_costs
from studies.search.kept import KeptSearch
from studies.search.outcome import judge
from studies.search.pareto import COSTS
from wsnas.training.streams import numpy_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    from studies.schedule.study import OpenStudy
    from studies.search.outcome import Search
    from studies.search.ranker import Ranker
    from wsnas.ranking.evolution import EvolutionPlan
    from wsnas.ranking.pools import Pool

DRAWS = 10
"""Random draws that the found architecture is compared with, as in the paper on NAS-Bench-201."""


def search_by_random(
    opened: OpenStudy,
    ranker: Ranker,
    *,
    size: int | None = None,
    seed: int | None = None,
    draws: int = DRAWS,
    cost: str | None = None,
    folder: Path | None = None,
    on_part: Callable[[float], None] = lambda _: None,
) -> Search | None:
    """Rank architectures drawn from the table, each function once.

    Those that compute the same as what the trials were scored on are left out, so that no ground truth that
    the study has used plays a part. Where a partial table leaves too few, those of the confirmation are
    ranked, too: their truth was not used to choose the recipe.

    Args:
        opened: The study.
        ranker: Its best super-nets.
        size: How many to rank; the scale's own where None. Fewer where the table has fewer.
        seed: Source of the draw; the study's where None.
        draws: The n of the probability to surpass random search.
        cost: What is weighed against the score, one of `studies.search.pareto.COSTS`; None: nothing.
        folder: Keeps what whole super-nets have judged until all have; None: nothing is kept.
        on_part: Told how many of the ranker's parts have judged.

    Returns:
        The outcome; None where no architecture is left.
    """
    settings = opened.settings
    pools, table = load_pools(settings), load_table(settings)
    wanted = size or settings.sizes().search
    identity = ranker.problem.space.identity
    used, spared = (_functions(pools[name], identity) for name in (TRIALS, FRESH))
    entries = table.architectures()
    first: list[Any] = []
    reserve: list[Any] = []
    for row in numpy_stream(settings.seed if seed is None else seed, "search").permutation(len(table)):
        if len(first) == wanted:
            break
        architecture = entries[int(row)]
        function = identity(architecture)
        if function not in used and ranker.accepts(architecture):
            used.add(function)
            (reserve if function in spared else first).append(architecture)
    drawn = [*first, *reserve][:wanted]
    if not drawn:
        return None
    names = map(ranker.problem.space.format, drawn)
    kept = None if folder is None else KeptSearch.of(folder, opened.key, names)
    found = judge(
        ranker.problem.space,
        table,
        drawn,
        ranker.score(drawn, kept=kept, on_part=on_part),
        accuracies=ranker.accuracies,
        costs=None if cost is None else network_costs(settings, drawn)[COSTS.index(cost)],
        method="random",
        spent_truth=float(pools[TRIALS].truth.max()),
        draws=draws,
    )
    if kept is not None:
        kept.remove()
    return found


def search_by_evolution(
    opened: OpenStudy,
    ranker: Ranker,
    *,
    plan: EvolutionPlan,
    seed: int | None = None,
    draws: int = DRAWS,
    cost: str | None = None,
    on_cycle: Callable[[float], None] = lambda _: None,
) -> Search:
    """Evolve architectures of the whole space towards what the super-nets like.

    Those that compute the same as what the trials were scored on do not come up. A partial table has the
    truth of few of the others.

    Args:
        opened: The study.
        ranker: Its best super-nets.
        plan: How long and how greedily.
        seed: Source of randomness; the study's where None.
        draws: The n of the probability to surpass random search.
        cost: What is weighed against the score, as in `search_by_random`; it does not steer the evolution.
        on_cycle: Told after each cycle how many are done.

    Raises:
        InputError: the space has too few architectures that may come up.
    """
    from wsnas.ranking.evolution import evolve

    settings = opened.settings
    pools = load_pools(settings)
    identity = ranker.problem.space.identity
    used = _functions(pools[TRIALS], identity)
    evolution = evolve(
        ranker.problem.space,
        ranker.score,
        plan=plan,
        rng=numpy_stream(settings.seed if seed is None else seed, "evolution"),
        accepts=lambda architecture: identity(architecture) not in used and ranker.accepts(architecture),
        on_cycle=on_cycle,
    )
    return judge(
        ranker.problem.space,
        load_table(settings),
        evolution.architectures,
        evolution.scores,
        accuracies=ranker.accuracies,
        costs=None if cost is None else network_costs(settings, evolution.architectures)[COSTS.index(cost)],
        method="evolve",
        spent_truth=float(pools[TRIALS].truth.max()),
        draws=draws,
    )


def _functions(pool: Pool, identity: Callable[[Any], Hashable]) -> set[Hashable]:
    """Return what a pool's architectures compute."""
    return {identity(architecture) for architecture in (*pool.architectures, *pool.others)}
