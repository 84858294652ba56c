"""Verdicts as a page of Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.verdicts.wording import (
    CLAIM_HEADER,
    RECIPE_HEADER,
    claim_rows,
    method,
    parts_of,
    recipe_rows,
    study_note,
    summary,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studies.verdicts.findings import ClaimFinding, Findings


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
        *_grid(CLAIM_HEADER, claim_rows(findings)),
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
    lines += _grid(RECIPE_HEADER, recipe_rows(findings))
    lines += ["", "## The claims' sources"]
    lines += [
        f"- {one.claim.text} {one.claim.source[0].upper()}{one.claim.source[1:]}." for one in findings.claims
    ]
    return "\n".join(lines) + "\n"


def _sentence(finding: ClaimFinding) -> str:
    return f"{finding.verdict.capitalize()}. {'; '.join(parts_of(finding))}."


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as lines of Markdown."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *cells)]
