"""What was measured afresh, side by side, and what the trivial rankers reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studies.report.words.recommend import is_baseline
from studies.report.words.wording import difference, interval, with_margin

if TYPE_CHECKING:
    from studies.analysis.estimates import Interval
    from studies.report.answer import Answer, Measured, Ranking

COLUMNS = ("", "s-KdT", "above parameters", "above FLOPs", "above the baseline")
"""Of the table of what was measured."""
OTHERS = ("", "by accuracy", "given parameters", "among like sizes", "seeds", "seconds a run")
"""Of the table of what else was measured of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One line of the comparison."""

    what: str
    """What was measured: ``best recipe``, ``baseline``, a trivial ranker or the ceiling."""
    skdt: Interval
    """Its s-KdT."""
    of: str = ""
    """``joint``, ``ensemble``, ``single`` or nothing where nothing was trained."""
    over: dict[str, Interval] = field(default_factory=dict)
    """By how much it is above ``parameters``, ``FLOPs`` and ``baseline``, where that was measured."""
    ranking: Ranking | None = None
    """What else is known of it."""
    measured: Measured | None = None
    """What it was measured by."""

    @property
    def name(self) -> str:
        """How tables and pictures call it."""
        if self.measured is None:
            return self.what
        several = f"ensemble of {len(self.measured.values)}"
        who = {"single": "one super-net", "ensemble": several, "joint": f"{several} with FLOPs"}
        return f"{self.what}, {who[self.of]}"

    @property
    def cells(self) -> tuple[str, ...]:
        """What tables show, by `COLUMNS`."""
        differences = (self.over.get(name) for name in ("parameters", "FLOPs", "baseline"))
        shown = ("" if one is None else difference(one) for one in differences)
        return self.name, interval(self.skdt), *shown

    @property
    def short_cells(self) -> tuple[str, ...]:
        """The same for 80 columns."""
        differences = (self.over.get(name) for name in ("parameters", "FLOPs", "baseline"))
        shown = ("" if one is None else with_margin(one.mean, one.low, one.high) for one in differences)
        return self._short_name, interval(self.skdt), *shown

    @property
    def _short_name(self) -> str:
        if self.measured is None:
            return self.what.removeprefix("counting ")
        if self.of == "joint":
            return f"{'baseline' if self.what == 'baseline' else 'ensemble'} + FLOPs"
        if self.what != "baseline":
            return self.name.removeprefix(f"{self.what}, ")
        return f"{self.what}, {'one' if self.of == 'single' else 'all'}"

    @property
    def other_cells(self) -> tuple[str, ...]:
        """What tables show, by `OTHERS`; nothing where nothing was trained."""
        if self.ranking is None or self.measured is None:
            return ()
        known = (self.ranking.by_accuracy, self.ranking.partial_tau, self.ranking.within_sizes)
        lost = f" + {self.measured.diverged} diverged" if self.measured.diverged else ""
        seeds = f"{len(self.measured.values)}{lost}"
        return self.name, *map(interval, known), seeds, f"{self.measured.seconds:,.0f}"


def comparison(answer: Answer) -> tuple[Compared, ...]:
    """Return recipe, baseline and trivial rankers, as far as they are known; ensembles before singles."""
    rows: list[Compared] = []
    if answer.winner is not None:
        own = "the baseline" if is_baseline(answer) else "best recipe"
        gains = {} if is_baseline(answer) else {"ensemble": answer.ensemble_gain, "single": answer.gain}
        rows += _rows(own, answer.winner, gains)
    if answer.baseline is not None and not (rows and is_baseline(answer)):
        rows += _rows("baseline", answer.baseline, {})
    rows += [
        Compared(what=f"counting {name}", skdt=estimate)
        for name, estimate in answer.reference_rankers.items()
    ]
    if answer.ceiling is not None:
        rows.append(Compared(what="noise ceiling", skdt=answer.ceiling))
    return tuple(rows)


def _rows(what: str, part: Measured, gains: dict[str, Interval | None]) -> list[Compared]:
    rankings = {"ensemble": part.ensemble, "single": part.single, "joint": part.joint}
    if len(part.values) == 1:
        rankings = {"single": part.single}
    rows = []
    for of, ranking in rankings.items():
        gain = gains.get(of)
        over = ranking.over if gain is None else {**ranking.over, "baseline": gain}
        rows.append(Compared(what=what, of=of, skdt=ranking.skdt, over=over, ranking=ranking, measured=part))
    return rows


def benchmarks(answer: Answer) -> str:
    """Return what the confirmed figure is to be held against: counting, and a perfect ranker."""
    if answer.winner is None:
        return ""
    part = answer.winner
    alone = len(part.values) == 1
    ranking, who = (part.single, "the super-net") if alone else (part.ensemble, "the ensemble")
    verdicts = [
        f"{_verdict(ranking.over[name])} counting {name} at {interval(counted)} "
        f"(difference {difference(ranking.over[name])})"
        for name, counted in answer.reference_rankers.items()
    ]
    text = f"On the same architectures {who} {', and it '.join(verdicts)}; counting trains nothing."
    if answer.ceiling is not None:
        text += (
            f" A perfect ranker would reach {interval(answer.ceiling)} against this table, since its truth "
            "is itself a noisy measurement."
        )
    return text


def _verdict(over: Interval) -> str:
    return "beats" if over.low > 0 else "does not beat" if over.high < 0 else "is not shown to beat"


def beyond_size(answer: Answer) -> str:
    """Return what the recipe's rankings know beyond size, and how the paper's score sees them."""
    if answer.winner is None:
        return ""
    one, several = answer.winner.single, answer.winner.ensemble
    text = (
        "With the parameter count held equal, the partial tau of one super-net is "
        f"{interval(one.partial_tau)}, of the ensemble {interval(several.partial_tau)}; among architectures "
        f"of about the same size s-KdT is {interval(one.within_sizes)} and {interval(several.within_sizes)}."
    )
    if len(answer.winner.values) > 1:
        joint = answer.winner.joint
        text += (
            f" Ensemble and FLOPs together, their ranks averaged, reach {interval(joint.skdt)}, which"
            f" {_verdict(joint.over['FLOPs'])} counting FLOPs alone (difference"
            f" {difference(joint.over['FLOPs'])}): so much does training add to counting. Among the better"
            " half of the architectures, which is what a search needs, the ensemble reaches"
            f" {interval(several.top_half)}, with FLOPs {interval(joint.top_half)}, FLOPs alone"
            f" {interval(answer.reference_top_half['FLOPs'])}."
        )
    if answer.settings.sizes().score == "accuracy":
        return text
    return (
        f"{text} Ranked by accuracy, as in the paper, and not by cross-entropy, one super-net reaches "
        f"{interval(one.by_accuracy)}, the ensemble {interval(several.by_accuracy)}."
    )


def ceiling_note(answer: Answer) -> str:
    """Return where the noise ceiling comes from."""
    if answer.ceiling is None:
        return ""
    text = f"The noise ceiling: {answer.ceiling.source}."
    if answer.ceiling.split_half is None:
        return text
    mean, low, high = answer.ceiling.split_half
    return f"{text} One training ranks another's table at {mean:.2f} [{low:.2f}, {high:.2f}], a lower bound."


def signal(answer: Answer) -> str:
    """Return how far seeds of one recipe are apart, and in a wide screen how far recipes are."""
    recipes, one = answer.recipe_deviation, answer.seed_deviation
    if recipes is None:
        return (
            ""
            if one is None
            else f"Seeds of one recipe differ in s-KdT by a standard deviation of {one:.3f}."
        )
    text = f"Recipes of the screen differ in s-KdT by a standard deviation of {recipes:.3f} (one seed each)"
    if one is None:
        return f"{text}; how much seeds of one recipe differ is not measured yet."
    text += f", seeds of one recipe by {one:.3f}"
    return f"{text}: a ratio of {recipes / one:.1f}." if one > 0 else f"{text}."
