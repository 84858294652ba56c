"""The study that `make study SPACE=..` would make, for benchmarks that measure parts of it."""

from __future__ import annotations

from objectives.recipe import Recipe
from studies.config.choices import choose_factors
from studies.config.scales import load_scale
from studies.config.settings import StudySettings
from wsnas.groundtruth import load


def default_study(
    space: str, *, scale: str = "mini", data: str | None = None, table: str | None = None
) -> StudySettings:
    """Return the settings of a default study, with seed 0; other images or another table where given."""
    sizes, truth = load_scale(scale, space), load(space, table)
    return StudySettings(
        space=space,
        scale=scale,
        data=data or sizes.data,
        table=table or truth.name,
        table_sha256=truth.sha256,
        seed=0,
        factors=choose_factors(space=space, scale=sizes),
    )


def start_recipe(settings: StudySettings) -> Recipe:
    """Return the recipe that is known to rank well, from which such a study starts."""
    return Recipe({**settings.baseline(), **settings.sizes().start})
