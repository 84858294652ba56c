"""Verdicts for people and programs: a table on the terminal, a Markdown page, JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studies.analysis.contrasts import show
from studies.verdicts.ablation import CENTRE_TIMES, digest
from studies.verdicts.claims import MARGIN
from studies.verdicts.judge import CONFIDENCE
from studies.verdicts.prediction import TOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from objectives.recipe import Recipe
    from studies.estimates import Estimate
    from studies.verdicts.effects import Effect
    from studies.verdicts.findings import ClaimFinding, Findings
    from studies.verdicts.judge import Interval

STYLES = {"confirmed": "green", "refuted": "red", "undecided": "dim"}


def to_json(findings: Findings) -> str:
    """Return all figures for programs."""
    question, settings = findings.question, findings.question.settings
    content: dict[str, Any] = {
        "space": settings.space,
        "scale": settings.scale,
        "data": settings.data,
        "table": settings.table,
        "table_sha256": settings.table_sha256,
        "study_seed": settings.seed,
        "centre": dict(question.centre),
        "centre_origin": question.origin,
        "margin": MARGIN,
        "confidence": CONFIDENCE,
        "comparisons": findings.comparisons,
        "runs": findings.runs,
        "seconds": round(findings.seconds),
        "architectures": findings.architectures,
        "seed_correlation": findings.seed_correlation,
        "company": {name: _estimate(estimate) for name, estimate in findings.company.items()},
        "noise_ceiling": None
        if findings.ceiling is None
        else {name: getattr(findings.ceiling, name) for name in ("mean", "low", "high", "source")},
        "study": None if findings.study is None else asdict(findings.study),
        "claims": [_claim(finding) for finding in findings.claims],
        "recipes": [
            {
                "recipe": digest(one.recipe),
                "changes": changes(one.recipe, question.centre),
                "sparse_kendall_tau": _estimate(one.skdt),
                "supernet_accuracy_mean": one.accuracy_mean,
                "supernet_accuracy_best": one.accuracy_best,
                "seconds": round(one.seconds, 1),
                "images_seen": one.images_seen,
                "diverged": one.diverged,
            }
            for one in findings.recipes
        ],
    }
    return json.dumps(_rounded(content), indent=1) + "\n"


def to_markdown(findings: Findings, *, command: str) -> str:
    """Return a page that a person reads; `command` is what makes it."""
    settings = findings.question.settings
    lines = [
        f"# Verdicts on {settings.space}, {settings.scale} scale",
        "",
        f"Made by `{command}`; do not edit. The figures for programs stand beside it as JSON.",
        "",
        summary(findings),
        "",
        *(f"- **{finding.claim.text}** {_sentence(finding)}" for finding in findings.claims),
        "",
        "## How it was measured",
        *(f"- {line}" for line in method(findings)),
        "",
        "## Claims",
        "Effect: mean s-KdT at the first level minus that at the second, with its simultaneous interval.",
        "",
        *_grid(_HEADER, claim_rows(findings)),
    ]
    if findings.study is not None:
        lines += ["", "## A study's own effects", study_note(findings), ""]
        factors = dict.fromkeys(one.claim.factor for one in findings.claims if one.claim.factor)
        said = findings.study.findings
        lines += _grid(("factor", "finding"), [(name, said[name]) for name in factors if name in said])
    cautions = [one for one in findings.claims if one.claim.caution]
    lines += ["", "## What the comparisons hold equal"]
    lines += [f"- {one.claim.factor}: {one.claim.caution}." for one in cautions]
    lines += ["", "## Runs", "s-KdT with an interval of its own (95 %, over seeds and architectures).", ""]
    lines += _grid(_RECIPE_HEADER, recipe_rows(findings))
    lines += ["", "## The claims' sources"]
    lines += [
        f"- {one.claim.text} {one.claim.source[0].upper()}{one.claim.source[1:]}." for one in findings.claims
    ]
    return "\n".join(lines) + "\n"


def print_findings(findings: Findings, console: Console) -> None:
    """Show the verdicts on a terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    settings = findings.question.settings
    table = Table(
        *("claim", "verdict", "difference", "s-KdT", "interval", "seeds"),
        title=f"{settings.space}, {settings.scale} scale, table {settings.table}",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    for finding in findings.claims:
        verdict = Text(finding.verdict, style=STYLES[finding.verdict])
        rows = claim_rows(findings, only=finding)
        for index, (_claim, _verdict, compared, effect, ends, seeds, *_rest) in enumerate(rows):
            first = (finding.claim.text, verdict) if index == 0 else ("", "")
            table.add_row(*first, compared, effect, ends, seeds)
    console.print(table)
    console.print(summary(findings), markup=False)
    for line in method(findings):
        console.print(f"- {line}", markup=False)
    if findings.study is not None:
        console.print(study_note(findings), markup=False)


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
        f" same fresh seeds and others, up to {CENTRE_TIMES} times as many as each of the others.",
        f"{findings.runs} trainings ({findings.seconds / 60:.0f} minutes of one process in all), {spread}"
        f" seeds for each recipe but the centre, on {settings.data}; ranked on"
        f" {findings.architectures} architectures of the table {settings.table}.",
        f"The {findings.comparisons} intervals hold together with {CONFIDENCE:.0%} (Bonferroni; variances"
        " over seeds and architectures, those of seeds moderated over recipes), so verdicts need no further"
        " correction.",
        f"Hurts, helps and matters are confirmed where the interval leaves out 0; little and no help where it"
        f" stays within {MARGIN} s-KdT (an equivalence test). Anything else is undecided, which says nothing"
        " about the claim.",
    ]
    if findings.recipes:
        lines.append(f"The centre: s-KdT {_interval(findings.recipes[0].skdt)}.")
    named = [f"counting {name} {_interval(one)}" for name, one in findings.company.items()]
    if findings.ceiling is not None:
        named.append(f"noise ceiling {_interval(findings.ceiling)}")
    lines.append(f"For comparison, on the same architectures: {', '.join(named)}.")
    if findings.seed_correlation is not None:
        lines.append(
            f"Runs with the same seed agree with the centre's by a mean correlation of"
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
        " each by itself; all factors move at once, around no centre). Kendall's tau over these trials with"
        f" the mean truth of the super-net's {TOP} favourites: s-KdT {study.by_skdt:.2f}, mean super-net"
        f" accuracy {study.by_accuracy:.2f}, both on the architectures that s-KdT was measured on."
    )


_HEADER = ("claim", "verdict", "difference", "s-KdT", "interval", "seeds", "paper")
_RECIPE_HEADER = (
    "recipe",
    "s-KdT",
    "seeds",
    "sd of seeds",
    "super-net accuracy, mean and best",
    "seconds",
    "images",
)


def claim_rows(findings: Findings, *, only: ClaimFinding | None = None) -> list[tuple[str, ...]]:
    """Return a row for each level of each claim."""
    rows: list[tuple[str, ...]] = []
    for finding in findings.claims if only is None else (only,):
        claim, verdict = finding.claim.text, finding.verdict
        rows += [(claim, verdict, *_difference(effect), finding.claim.kind) for effect in finding.effects]
        if (one := finding.prediction) is not None:
            compared = f"tau with the outcome: s-KdT {one.by_skdt:.2f}, accuracy {one.by_accuracy:.2f}"
            counted = f"{one.recipes} recipes, {one.runs} runs"
            rows.append(
                (claim, verdict, compared, f"{one.mean:+.3f}", _ends(one), counted, finding.claim.kind)
            )
        if finding.unmeasured:
            rows.append((claim, verdict, finding.unmeasured, "-", "-", "-", finding.claim.kind))
    return rows


def recipe_rows(findings: Findings) -> list[tuple[str, ...]]:
    """Return a row for each recipe."""
    centre = findings.question.centre
    return [
        (
            ", ".join(f"{name} {show(value)}" for name, value in changes(one.recipe, centre).items())
            or "centre",
            _interval(one.skdt),
            f"{one.skdt.seeds}" + (f" + {one.diverged} diverged" if one.diverged else ""),
            f"{one.skdt.seed_deviation:.3f}",
            f"{one.accuracy_mean:.3f}, {one.accuracy_best:.3f}",
            f"{one.seconds:.0f}",
            f"{one.images_seen:,}",
        )
        for one in findings.recipes
    ]


def changes(recipe: Recipe, centre: Recipe) -> dict[str, Any]:
    """Return the values in which a recipe differs from the centre."""
    return {name: value for name, value in recipe.items() if value != centre[name]}


def _sentence(finding: ClaimFinding) -> str:
    parts = [
        f"{effect.contrast.name}: {effect.mean:+.2f} [{effect.low:.2f}, {effect.high:.2f}]"
        f" ({effect.seeds[0]} and {effect.seeds[1]} seeds)"
        for effect in finding.effects
    ]
    if (one := finding.prediction) is not None:
        parts.append(
            f"Kendall's tau with the mean truth of the super-net's {TOP} favourites is {one.by_skdt:.2f} for"
            f" s-KdT and {one.by_accuracy:.2f} for mean super-net accuracy, difference {one.mean:+.2f}"
            f" [{one.low:.2f}, {one.high:.2f}] ({one.recipes} recipes, {one.runs} runs)"
        )
    if finding.unmeasured:
        parts.append(finding.unmeasured)
    return f"{finding.verdict.capitalize()}. {'; '.join(parts)}."


def _difference(effect: Effect) -> tuple[str, str, str, str]:
    lost = sum(effect.diverged)
    counted = f"{effect.seeds[0]}, {effect.seeds[1]}" + (f" ({lost} diverged)" if lost else "")
    return effect.contrast.name, f"{effect.mean:+.3f}", _ends(effect), counted


def _claim(finding: ClaimFinding) -> dict[str, Any]:
    claim, one = finding.claim, finding.prediction
    return {
        "name": claim.name,
        "claim": claim.text,
        "kind": claim.kind,
        "source": claim.source,
        "verdict": finding.verdict,
        "unmeasured": finding.unmeasured,
        "effects": [
            {
                "factor": claim.factor,
                "level": effect.contrast.level,
                "against": effect.contrast.against,
                "both_with": dict(effect.contrast.moved),
                "mean": effect.mean,
                "low": effect.low,
                "high": effect.high,
                "standard_error": effect.deviation,
                "seeds": effect.seeds,
                "diverged": effect.diverged,
            }
            for effect in finding.effects
        ],
        "prediction": None if one is None else asdict(one),
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {name: getattr(estimate, name) for name in ("mean", "low", "high", "seeds", "values")}


def _interval(estimate: Interval) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _ends(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as lines of Markdown."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *cells)]


def _rounded(value: Any) -> Any:
    """Return the content with floats that are short enough to read and to compare."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
