"""The sentences and rows that terminal and page share. None may claim more than its figures show."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from studies.analysis.intervals import CONFIDENCE
from studies.analysis.screen import MARGIN
from studies.analysis.wide.contrasts import show
from studies.verdicts.judge import Verdict
from studies.verdicts.prediction import TOP
from studies.workers.status import duration

if TYPE_CHECKING:
    from studies.verdicts.findings import ClaimFinding, Comparison, Findings


def summary(findings: Findings) -> str:
    """Return how many claims came out which way."""
    verdicts = [one.verdict for one in findings.claims]
    counted = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in get_args(Verdict))
    return f"Of {len(verdicts)} claims {counted}."


def method(findings: Findings) -> list[str]:
    """Return what the figures rest on."""
    settings, screen = findings.settings, findings.screen
    if screen is None:
        return [f"Study {findings.study} has no reference recipe yet: `wsnas study` goes on."]
    seeds = [one.effect.seeds for one in screen.changes]
    middle = screen.reference.taus
    mean = f", mean s-KdT {middle.mean():.3f}" if len(middle) else ""
    total = len(screen.changes)
    return [
        f"The screen of study {findings.study}: one factor at a time moves around its reference recipe."
        f" {findings.runs} runs ({duration(findings.seconds)} of one process in all), {min(seeds)} to"
        f" {max(seeds)} seeds for each of {total} changes and {len(middle)} for the reference recipe{mean}.",
        f"On {settings.data}, ranked by {settings.sizes().score.replace('_', '-')} on"
        f" {findings.architectures} architectures of the table {settings.table}.",
        f"All intervals hold together with {100 * CONFIDENCE:.0f} %, so verdicts need no further correction:"
        f" each change of the screen has 1/{total} of the error, and {findings.spare}/{total}, that of the"
        " changes which no claim is judged by, goes to the claim about super-net accuracy. So that seeds can"
        " go where they decide and more can be asked for, each spends it at looks, at 2, 4, 8 .. seeds.",
        f"Hurts, helps and matters are confirmed where an interval leaves out 0; little and no help where all"
        f" stay within {MARGIN} s-KdT (an equivalence test). Anything else is undecided, which says nothing"
        " about the claim.",
    ]


def rows_of(finding: ClaimFinding) -> list[tuple[str, str, str]]:
    """Return what a claim was judged by: what is compared, the difference, and what that rests on."""
    rows = [
        (
            f"{finding.claim.factor} {show(one.level)} against {show(one.against)}",
            _figures(one.mean, *one.ends),
            _seeds(one),
        )
        for one in finding.comparisons
    ]
    if (found := finding.prediction) is not None:
        compared = (
            f"Kendall's tau with the mean truth of the super-net's {TOP} favourites, s-KdT"
            f" {found.by_skdt:.2f} against accuracy {found.by_accuracy:.2f}"
        )
        figures = _figures(found.mean, found.low, found.high)
        rows.append((compared, figures, f"{found.recipes} recipes, {found.runs} runs"))
    return rows


def _figures(mean: float | None, low: float, high: float) -> str:
    if mean is None:
        return "not known yet"
    return f"{mean:+.3f} [{low:.3f}, {high:.3f}]"


def _seeds(one: Comparison) -> str:
    text = f"{one.seeds} seed{'' if one.seeds == 1 else 's'}"
    return f"{text}, {one.diverged} more diverged" if one.diverged else text
