"""Settings of studies that need no table to be read."""

from __future__ import annotations

from typing import Any

from objectives.question.choices import choose_factors
from objectives.question.scales import load_scale
from studies.config.settings import StudySettings


def made_settings(space: str = "nb201", scale: str = "mini", **changes: Any) -> StudySettings:
    """Return those of a space at a scale, with all its factors but for changes."""
    given = {
        "data": "fashion-clutter",
        "table": f"{space}-analog",
        "table_sha256": "0123456789abcdef" * 4,
        "seed": 0,
        "factors": choose_factors(space=space, scale=load_scale(scale, space)),
    }
    return StudySettings(space=space, scale=scale, **{**given, **changes})
