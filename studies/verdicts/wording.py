"""The sentences and rows that terminal and page share. None may claim more than its figures show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studies.analysis.contrasts import show
from studies.analysis.screen.intervals import CONFIDENCE
from studies.verdicts.ablation import REFERENCE_TIMES
from studies.verdicts.claims import MARGIN
from studies.verdicts.prediction import TOP

if TYPE_CHECKING:
    from objectives.recipe import Recipe
    from studies.analysis.estimates import Interval
    from studies.verdicts.effects import Effect
    from studies.verdicts.findings import ClaimFinding, Findings

CLAIM_HEADER = ("claim", "verdict", "difference", "s-KdT", "interval", "seeds")
RECIPE_HEADER = (
    "recipe",
    "s-KdT",
    "seeds",
    "sd of seeds",
    "super-net accuracy, mean and best",
    "seconds",
    "images",
)


def summary(findings: Findings) -> str:
    """Return how many claims came out which way."""
    counts = {
        verdict: sum(one.verdict == verdict for one in findings.claims)
        for verdict in ("confirmed", "refuted", "undecided")
    }
    counted = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"Of {len(findings.claims)} claims {counted}."


def method(findings: Findings) -> list[str]:
    """Return what the figures rest on."""
    question, settings = findings.question, findings.question.settings
    seeds = [one.skdt.seeds for one in findings.recipes[1:]] or [0]
    spread = f"{min(seeds)}" if min(seeds) == max(seeds) else f"{min(seeds)} to {max(seeds)}"
    lines = [
        f"One factor at a time moves around a recipe ({question.origin}), which was measured again with the"
        f" same fresh seeds and others, up to {REFERENCE_TIMES} times as many as each of the others.",
        f"{findings.runs} trainings ({findings.seconds / 60:.0f} minutes of one process in all), {spread}"
        f" seeds for each recipe but the reference recipe, on {settings.data}; ranked on"
        f" {findings.architectures} architectures of the table {settings.table}.",
        f"The {findings.comparisons} intervals hold together with {CONFIDENCE:.0%} (Bonferroni; variances"
        " over seeds and architectures, those of seeds moderated over recipes), so verdicts need no further"
        " correction.",
        f"Hurts, helps and matters are confirmed where the interval leaves out 0; little and no help where it"
        f" stays within {MARGIN} s-KdT (an equivalence test). Anything else is undecided, which says nothing"
        " about the claim.",
    ]
    if findings.recipes:
        lines.append(f"The reference recipe: s-KdT {_interval(findings.recipes[0].skdt)}.")
    named = [f"counting {name} {_interval(one)}" for name, one in findings.reference_rankers.items()]
    if findings.ceiling is not None:
        named.append(f"noise ceiling {_interval(findings.ceiling)}")
    lines.append(f"For comparison, on the same architectures: {', '.join(named)}.")
    if findings.seed_correlation is not None:
        lines.append(
            f"Runs with the same seed agree with the reference recipe's by a mean correlation of"
            f" {findings.seed_correlation:.2f} over recipes; differences do not rely on it."
        )
    return lines


def study_note(findings: Findings) -> str:
    """Return where the study's findings come from."""
    study = findings.study
    if study is None:
        return ""
    return (
        f"For comparison, {study.source} ({study.trials} trials of its screen, one seed each; 95 % intervals,"
        " each by itself; all factors move at once, around no recipe). Kendall's tau over these trials with"
        f" the mean truth of the super-net's {TOP} favourites: s-KdT {study.by_skdt:.2f}, mean super-net"
        f" accuracy {study.by_accuracy:.2f}, both on the architectures that s-KdT was measured on."
    )


def claim_rows(findings: Findings, *, only: ClaimFinding | None = None) -> list[tuple[str, ...]]:
    """Return a row for each level of each claim."""
    rows: list[tuple[str, ...]] = []
    for finding in findings.claims if only is None else (only,):
        claim, verdict = finding.claim.text, finding.verdict
        rows += [(claim, verdict, *_difference(effect)) for effect in finding.effects]
        if (one := finding.prediction) is not None:
            compared = f"tau with the outcome: s-KdT {one.by_skdt:.2f}, accuracy {one.by_accuracy:.2f}"
            counted = f"{one.recipes} recipes, {one.runs} runs"
            rows.append((claim, verdict, compared, f"{one.mean:+.3f}", _ends(one), counted))
        if finding.unmeasured:
            rows.append((claim, verdict, finding.unmeasured, "-", "-", "-"))
    return rows


def recipe_rows(findings: Findings) -> list[tuple[str, ...]]:
    """Return a row for each recipe."""
    reference = findings.question.reference
    return [
        (
            ", ".join(f"{name} {show(value)}" for name, value in changes(one.recipe, reference).items())
            or "reference",
            _interval(one.skdt),
            f"{one.skdt.seeds}" + (f" + {one.diverged} diverged" if one.diverged else ""),
            f"{one.skdt.seed_deviation:.3f}",
            f"{one.accuracy_mean:.3f}, {one.accuracy_best:.3f}",
            f"{one.seconds:.0f}",
            f"{one.images_seen:,}",
        )
        for one in findings.recipes
    ]


def changes(recipe: Recipe, reference: Recipe) -> dict[str, Any]:
    """Return the values in which a recipe differs from the reference recipe."""
    return {name: value for name, value in recipe.items() if value != reference[name]}


def parts_of(finding: ClaimFinding) -> list[str]:
    """Return what was measured of a claim, one text for each level."""
    parts = [
        f"{effect.contrast.name}: {effect.mean:+.3f} [{effect.low:.3f}, {effect.high:.3f}], {_seeds(effect)}"
        for effect in finding.effects
    ]
    if (one := finding.prediction) is not None:
        parts.append(
            f"Kendall's tau with the mean truth of the super-net's {TOP} favourites is {one.by_skdt:.2f} for"
            f" s-KdT and {one.by_accuracy:.2f} for mean super-net accuracy: {one.mean:+.3f}"
            f" [{one.low:.3f}, {one.high:.3f}], {one.recipes} recipes, {one.runs} runs"
        )
    return parts + ([finding.unmeasured] if finding.unmeasured else [])


def _seeds(effect: Effect) -> str:
    lost = sum(effect.diverged)
    text = f"seeds {effect.seeds[0]} and {effect.seeds[1]}"
    return f"{text}, {lost} more diverged" if lost else text


def _difference(effect: Effect) -> tuple[str, str, str, str]:
    return effect.contrast.name, f"{effect.mean:+.3f}", _ends(effect), _seeds(effect).removeprefix("seeds ")


def _interval(estimate: Interval) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _ends(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"
