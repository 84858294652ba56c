"""A study of short trials that have several epochs each, so that they can be interrupted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from objectives.domains import Categorical, Range
from studies.config.settings import choose_settings

if TYPE_CHECKING:
    from studies.config.settings import StudySettings

_EPOCHS = {"epochs": (Range(4, 8, "integer"), 6), "batch_size": (Categorical((16, 32)), 32)}


@cache
def settings() -> StudySettings:
    study = choose_settings(space="nb201", scale="tiny")
    factors = tuple(
        factor.with_domain(*_EPOCHS[factor.name]) if factor.name in _EPOCHS else factor
        for factor in study.factors
    )
    return replace(study, factors=factors)
