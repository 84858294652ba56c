"""A search in words. None may claim more than its figures show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.workers.status import about

if TYPE_CHECKING:
    from studies.search.outcome import Pick, Search
    from studies.search.pareto import BestForSize
    from studies.search.ranker import Again
    from studies.search.standalone import Retrained

FORMULA = "((size - rank) / size) ^ n"
CAUTION = (
    "Train several of the picks from scratch before you believe one: on nb201 at the mini scale the first"
    " pick of 500 had a median true rank of 2,712 of 15,625 by one super-net and 2,382 by the mean of five"
    " (docs/search.md#how-far-to-trust-the-first-pick)."
)
"""How far to trust the first pick, in one sentence."""


def how(search: Search) -> str:
    """Return how architectures came up."""
    ways = {
        "random": f"{search.searched:,} random architectures of table {search.table}",
        "evolve": f"{search.searched:,} architectures that ageing evolution visited",
    }
    return f"{judges(search.supernets)} judged {ways[search.method]}. No ground truth was used to pick."


def before(size: int, supernets: int, seconds: float | None) -> str:
    """Return what a search is going to do, and about how long it takes."""
    words = f"{supernets} super-nets rank" if supernets > 1 else "The super-net ranks"
    took = "" if seconds is None else f": {about(seconds)}, by what their confirmation took"
    return f"{words} up to {size:,} architectures{took}."


def front(search: Search, cost: str) -> str:
    """Return what the front of a search says, and what its intervals cover."""
    name = {"flops": "FLOPs"}.get(cost, cost)
    return (
        f"No architecture of the {search.searched:,} that were judged has a higher score at as many {name} or"
        " fewer. Intervals are of the mean accuracy over super-nets (95 %, Student's t): they cover seeds,"
        " not the bias that all seeds share. Sizes are those of networks as large as the baseline's"
        " super-net."
    )


def front_cells(one: BestForSize) -> tuple[str, str, str, str]:
    """Return cost, accuracy with its margin, truth and rank for a table."""
    margin = "" if one.high == one.low else f" ± {100 * (one.high - one.low) / 2:.1f}"
    return f"{one.cost:,}", f"{100 * one.supernet_accuracy:.1f}{margin} %", *cells(one)[2:]


def judges(supernets: int) -> str:
    """Return who judged, as the beginning of a sentence."""
    return "One super-net" if supernets == 1 else f"The mean of {supernets} super-nets"


def again(again: Again) -> str:
    """Return why something is trained before a search."""
    return (
        f"Super-net {again.number} of {again.total} is trained again by its seed {again.seed}, since its"
        " weights are not at hand; this may take minutes. Once trained it is kept: stopped"
        " before, the same command begins this one again and no other."
    )


def pace(again: Again) -> str:
    """Return how far the training of a super-net is."""
    done = "" if again.pace is None else f", epoch {again.pace.epoch:.0f} of {again.pace.epochs:.0f}"
    return f"training super-net {again.number} of {again.total}{done}"


def verdict(search: Search, *, retrained: bool = False) -> str:
    """Return how good the first pick is; what is not known names the way to it unless it was gone."""
    known = standing(search)
    if not known:
        return (
            f"Table {search.table} does not have the first pick ({search.known:,} of the {search.searched:,}"
            f" that were judged are among its {search.table_size:,})"
            + ("." if retrained else ": --retrain measures it.")
        )
    return f"The first pick has {known}, {search.best_truth:.2%} (its regret)."


def chance(search: Search) -> str:
    """Return the probability to surpass random search, with its formula; empty where there is no rank."""
    first = search.picks[0]
    if first.rank is None:
        return ""
    return (
        f"Probability to surpass random search: {search.surpass_random:.3f}, that is {FORMULA} with rank"
        f" {first.rank:,}, size {search.table_size:,} and n = {search.draws}: all of {search.draws}"
        " architectures drawn uniformly, with replacement, are worse."
    )


def beside_references(search: Search) -> str:
    """Return what a perfect ranker would have picked, and what the study knew before."""
    perfect = (
        ""
        if search.best_searched is None
        else f"The best of those judged whose truth is known has {search.best_searched:.2%}. "
    )
    return (
        f"{perfect}The best of the architectures that the trials were scored on, whose truth was known"
        f" before, has {search.spent_truth:.2%}."
    )


def standing(search: Search) -> str:
    """Return how good the first pick is; empty where its truth is not known."""
    if search.regret is None:
        return ""
    first, whole = search.picks[0], search.table_size == search.space_size
    among = f"of {search.table_size:,} in the space" if whole else f"among the {search.table_size:,} measured"
    return (
        f"a true accuracy of {first.truth:.2%}: rank {first.rank:,} {among},"
        f" {100 * search.regret:.2f} percentage points below the best"
    )


def cells(pick: Pick | BestForSize) -> tuple[str, str, str, str]:
    """Return a pick's architecture, super-net accuracy, truth and rank for a table."""
    truth = "not known" if pick.truth is None else f"{pick.truth:.2%}"
    rank = "" if pick.rank is None else f"{pick.rank:,}"
    return pick.architecture, f"{pick.supernet_accuracy:.1%}", truth, rank


def retrained_text(retrained: Retrained) -> str:
    """Return what training from scratch gave."""
    protocol = retrained.plan.protocol
    count = len(retrained.accuracies)
    spread = f" ± {100 * retrained.deviation:.2f}" if retrained.deviation is not None else ""
    place = (
        f" Of the {retrained.compared} architectures that {retrained.plan.table} measured in the same way,"
        f" {retrained.better} are better."
        if retrained.better is not None
        else ""
    )
    size = f"{protocol.channels} channels, cells {protocol.cells}, epochs {protocol.epochs}"
    return (
        f"Trained from scratch {count} time{'s' * (count > 1)} on {protocol.data} at"
        f" {protocol.resolution}x{protocol.resolution} pixels ({size}):"
        f" {100 * retrained.mean:.2f}{spread} % of the test images"
        f" (mean{' and standard deviation between seeds' if spread else ''}),"
        f" {retrained.seconds:.0f} s.{place}"
    )
