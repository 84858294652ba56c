"""What was measured afresh, side by side, and what the trivial rankers reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.analysis.estimates import gain_estimate
from studies.report.words.wording import interval

if TYPE_CHECKING:
    from studies.analysis.estimates import Interval
    from studies.report.answer import Answer, Measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One line of the comparison."""

    name: str
    """What was measured."""
    skdt: Interval
    """Its s-KdT, or a difference of two."""
    seeds: str
    """How many seeds; a dash where nothing was trained."""
    seconds: str
    """Mean time of a run in seconds; a dash where there is none."""

    @property
    def cells(self) -> tuple[str, ...]:
        """What tables show: name, mean, interval, seeds and seconds."""
        skdt = self.skdt
        ends = f"{skdt.low:.3f} to {skdt.high:.3f}"
        return self.name, f"{skdt.mean:.3f}", ends, self.seeds, self.seconds


def comparison(answer: Answer) -> tuple[Compared, ...]:
    """Return recipe, baseline, gain and trivial rankers, as far as they are known."""
    rows = [
        Compared(
            name=name,
            skdt=measured.skdt,
            seeds=_seeds(measured),
            seconds=f"{measured.seconds:,.0f}",
        )
        for name, measured in (("best recipe", answer.winner), ("baseline", answer.baseline))
        if measured is not None
    ]
    if answer.gain is not None:
        rows.append(
            Compared(name="gain (paired)", skdt=answer.gain, seeds=str(answer.gain.seeds), seconds="-")
        )
    rows += [
        Compared(name=f"counting {name}", skdt=estimate, seeds="-", seconds="-")
        for name, estimate in answer.reference_rankers.items()
    ]
    if answer.ceiling is not None:
        rows.append(Compared(name="noise ceiling", skdt=answer.ceiling, seeds="-", seconds="-"))
    return tuple(rows)


def _seeds(measured: Measured) -> str:
    counted = str(measured.skdt.seeds)
    return f"{counted} + {measured.diverged} diverged" if measured.diverged else counted


def beside_references(answer: Answer) -> str:
    """Return how the super-net compares with counting parameters and FLOPs on the same architectures."""
    parts = []
    counted = answer.reference_rankers.get("parameters")
    if counted is not None:
        parts.append(f"counting parameters alone reaches {interval(counted)}")
    flops = answer.reference_rankers.get("FLOPs")
    if flops is not None:
        parts.append(f"counting FLOPs {interval(flops)}")
    if not parts:
        return ""
    text = "On the same fresh architectures " + ", ".join(parts) + ", without any training."
    if answer.ceiling is not None:
        text += f" The noise ceiling is {interval(answer.ceiling)}: {answer.ceiling.source}."
        if answer.ceiling.split_half is not None:
            mean, low, high = answer.ceiling.split_half
            text += (
                f" One training ranks another's table at {mean:.2f} [{low:.2f}, {high:.2f}], a lower bound."
            )
    if answer.winner is None:
        return text
    return (
        f"{text} The super-net of the recipe {_against(answer, answer.winner, 'parameters')}; with the "
        f"parameter count held equal its partial tau is {answer.winner.partial_tau:.2f}."
    )


def benchmarks(answer: Answer) -> str:
    """Return what the confirmed figure is to be held against: counting, and a perfect ranker."""
    if answer.winner is None:
        return ""
    verdicts = [_against(answer, answer.winner, name, reaches=True) for name in answer.reference_rankers]
    text = ""
    if verdicts:
        text = (
            f"For scale: the super-net of the recipe {', and it '.join(verdicts)}. Counting trains nothing."
        )
    if answer.ceiling is not None:
        text += (
            f" A perfect ranker would reach {interval(answer.ceiling)} against this table, since its truth "
            "is itself a noisy measurement."
        )
    return text.strip()


def _against(answer: Answer, winner: Measured, name: str, *, reaches: bool = False) -> str:
    """Return how the winner compares with counting parameters or FLOPs."""
    counts = answer.parameters if name == "parameters" else answer.flops
    over = gain_estimate(winner.accuracies, counts, answer.truth)
    verdict = "beats" if over.low > 0 else "does not beat" if over.high < 0 else "is not shown to beat"
    known = f" at {interval(answer.reference_rankers[name])}" if reaches else ""
    return f"{verdict} counting {name}{known} (difference {interval(over)})"


def signal(answer: Answer) -> str:
    """Return how the spread between recipes compares with that between seeds of one recipe."""
    recipes, one = answer.recipe_deviation, answer.seed_deviation
    if recipes is None:
        return "Too few recipes of the screen have a value to say how much recipes differ."
    text = f"Recipes of the screen differ in s-KdT by a standard deviation of {recipes:.3f} (one seed each)"
    if one is None:
        return f"{text}; how much seeds of one recipe differ is not measured yet."
    text += f", seeds of one recipe by {one:.3f}"
    return f"{text}: a ratio of {recipes / one:.1f}." if one > 0 else f"{text}."
