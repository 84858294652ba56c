"""A study of short trials that have several epochs each, so that they can be interrupted."""

from __future__ import annotations

from functools import cache

from objectives.domains import Categorical, Range
from studies.config.choices import choose_factors
from studies.config.scales import load_scale
from studies.config.settings import StudySettings
from wsnas.groundtruth import load

_EPOCHS = {"epochs": (Range(4, 8, "integer"), 6), "batch_size": (Categorical((16, 32)), 32)}


@cache
def settings() -> StudySettings:
    scale, table = load_scale("tiny", "nb201"), load("nb201", None)
    return StudySettings(
        space="nb201",
        scale="tiny",
        data=scale.data,
        table=table.name,
        table_sha256=table.sha256,
        seed=0,
        factors=tuple(
            factor.with_domain(*_EPOCHS[factor.name]) if factor.name in _EPOCHS else factor
            for factor in choose_factors(space="nb201", scale=scale)
        ),
    )
