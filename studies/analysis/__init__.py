"""From finished trials to answers: which factors matter, and which of their values are better."""

from __future__ import annotations

from studies.analysis.contrasts import Contrast
from studies.analysis.divergence import DivergenceRate, divergence_rates
from studies.analysis.effects import Comparison, FactorEffect, factor_effects
from studies.analysis.encoding import Coding, Design, encode
from studies.analysis.importance import FactorImportance, factor_importance
from studies.analysis.interactions import Interaction, pair_interactions
from studies.analysis.optuna_evaluators import EvaluatorResult, optuna_importances

__all__ = [
    "Coding",
    "Comparison",
    "Contrast",
    "Design",
    "DivergenceRate",
    "EvaluatorResult",
    "FactorEffect",
    "FactorImportance",
    "Interaction",
    "divergence_rates",
    "encode",
    "factor_effects",
    "factor_importance",
    "optuna_importances",
    "pair_interactions",
]
