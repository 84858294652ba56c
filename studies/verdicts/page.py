"""Verdicts as a page of Markdown, and as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studies.analysis.intervals import CONFIDENCE
from studies.analysis.screen import MARGIN
from studies.config.commands import as_code
from studies.verdicts.wording import method, rows_of, summary

if TYPE_CHECKING:
    from studies.verdicts.findings import ClaimFinding, Findings


def to_markdown(findings: Findings, *, command: str) -> str:
    """Return a page that a person reads; `command` is what makes it."""
    settings = findings.settings
    rows = [
        (one.claim.text, one.verdict, *row)
        for one in findings.claims
        for row in rows_of(one) or [(one.reason, "-", "-")]
    ]
    header = ("claim", "verdict", "judged by", "s-KdT", "rests on")
    cautions = [f"- {one.claim.factor}: {one.claim.caution}." for one in findings.claims if one.claim.caution]
    sources = [
        f"- {one.claim.text} {one.claim.source[0].upper()}{one.claim.source[1:]}." for one in findings.claims
    ]
    lines = [
        f"# Verdicts on {settings.space}, {settings.scale} scale",
        "",
        f"Made by {as_code(command)}; do not edit. The figures for programs stand beside it as JSON.",
        "",
        f"{summary(findings)} Figures: mean s-KdT at the first level minus that at the second (of the last"
        " claim: the first tau minus the second), with simultaneous intervals.",
        "",
        *(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows)),
        "",
        "## How it was measured",
        *(f"- {line}" for line in method(findings)),
        "",
        "## What the comparisons hold equal",
        *cautions,
        "",
        "## The claims' sources",
        *sources,
    ]
    return "\n".join(lines) + "\n"


def to_json(findings: Findings) -> str:
    """Return all figures for programs."""
    settings, screen = findings.settings, findings.screen
    content = {
        "space": settings.space,
        "scale": settings.scale,
        "study": findings.study,
        "data": settings.data,
        "table": settings.table,
        "table_sha256": settings.table_sha256,
        "study_seed": settings.seed,
        "score": settings.sizes().score,
        "reference": None if screen is None else dict(screen.recipe),
        "reference_taus": None if screen is None else screen.reference.taus.tolist(),
        "margin": MARGIN,
        "confidence": CONFIDENCE,
        "changes": None if screen is None else len(screen.changes),
        "runs": findings.runs,
        "seconds": round(findings.seconds),
        "architectures": findings.architectures,
        "claims": [_claim(finding) for finding in findings.claims],
    }
    return json.dumps(content, indent=1) + "\n"


def _claim(finding: ClaimFinding) -> dict[str, Any]:
    claim, one = finding.claim, finding.prediction
    return {
        "name": claim.name,
        "claim": claim.text,
        "kind": claim.kind,
        "factor": claim.factor or None,
        "source": claim.source,
        "verdict": finding.verdict,
        "reason": finding.reason or None,
        "comparisons": [asdict(comparison) for comparison in finding.comparisons],
        "prediction": None if one is None else asdict(one),
    }
