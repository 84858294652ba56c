"""The study that `make study SPACE=..` would make, for benchmarks that measure parts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.recipe import Recipe
from studies.config.choices import choose_settings

if TYPE_CHECKING:
    from studies.config.settings import StudySettings


def default_study(
    space: str, *, scale: str = "mini", data: str | None = None, table: str | None = None
) -> StudySettings:
    """Return the settings of a default study, with seed 0; other images or another table where given."""
    return choose_settings(space=space, scale=scale, data=data, table=table)


def start_recipe(settings: StudySettings) -> Recipe:
    """Return the recipe that is known to rank well, from which such a study starts."""
    return Recipe({**settings.baseline(), **settings.sizes().start})
