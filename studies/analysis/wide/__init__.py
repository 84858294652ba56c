"""The screen of the whole space: which factors matter over it, and which of their values are better."""

from __future__ import annotations

from studies.analysis.wide.contrasts import Contrast
from studies.analysis.wide.divergence import DivergenceRate, divergence_rates
from studies.analysis.wide.effects import Comparison, FactorEffect, factor_effects
from studies.analysis.wide.encoding import Coding, Design, encode
from studies.analysis.wide.importance import FactorImportance, factor_importance
from studies.analysis.wide.interactions import Interaction, pair_interactions
from studies.analysis.wide.optuna_evaluators import EvaluatorResult, optuna_importances

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
