"""Verdicts as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studies.analysis.screen.intervals import CONFIDENCE
from studies.verdicts.ablation import digest
from studies.verdicts.claims import MARGIN
from studies.verdicts.wording import changes

if TYPE_CHECKING:
    from studies.analysis.estimates import Estimate
    from studies.verdicts.findings import ClaimFinding, Findings


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
        "reference": dict(question.reference),
        "reference_origin": question.origin,
        "margin": MARGIN,
        "confidence": CONFIDENCE,
        "comparisons": findings.comparisons,
        "runs": findings.runs,
        "seconds": round(findings.seconds),
        "architectures": findings.architectures,
        "seed_correlation": findings.seed_correlation,
        "reference_rankers": {
            name: _estimate(estimate) for name, estimate in findings.reference_rankers.items()
        },
        "noise_ceiling": None
        if findings.ceiling is None
        else {name: getattr(findings.ceiling, name) for name in ("mean", "low", "high", "source")},
        "study": None if findings.study is None else asdict(findings.study),
        "claims": [_claim(finding) for finding in findings.claims],
        "recipes": [
            {
                "recipe": digest(one.recipe),
                "changes": changes(one.recipe, question.reference),
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


def _rounded(value: Any) -> Any:
    """Return the content with floats that are short enough to read and to compare."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
