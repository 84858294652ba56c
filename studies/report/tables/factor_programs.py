"""What is known of the factors as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studies.analysis import EvaluatorResult
    from studies.report.answer import Answer


def factors_json(answer: Answer, others: Sequence[EvaluatorResult]) -> str:
    """Return importance, effects, interactions and rates of divergence, and what Optuna's evaluators say."""
    content: dict[str, Any] = {
        "study": answer.name,
        "importance": [asdict(one) for one in answer.importance],
        "effects": [asdict(one) for one in answer.effects],
        "interactions": [asdict(one) for one in answer.interactions],
        "divergence": [asdict(one) for one in answer.divergence],
        "optuna": {one.name: {"importances": one.importances, "reason": one.reason} for one in others},
    }
    return json.dumps(content, indent=1) + "\n"
