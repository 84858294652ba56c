"""The screen: what single changes do at a reference recipe, and where further seeds decide it."""

from __future__ import annotations

from studies.analysis.screen.allocation import Allocation, next_runs
from studies.analysis.screen.effects import (
    MARGIN,
    Call,
    ChangeEffect,
    SeedRuns,
    change_effects,
    seed_runs,
)
from studies.analysis.screen.importance import FactorSize, factor_sizes

__all__ = [
    "MARGIN",
    "Allocation",
    "Call",
    "ChangeEffect",
    "FactorSize",
    "SeedRuns",
    "change_effects",
    "factor_sizes",
    "next_runs",
    "seed_runs",
]
