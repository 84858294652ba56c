"""The recipe around which factors move: a file's, a study's confirmed winner, or the scale's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.recipe import Recipe
from studies.config.choices import choose_settings
from studies.verdicts.store import Question
from wsnas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy


def from_file(path: Path, *, space: str, table: str | None = None) -> Question:
    """Return the question around a recipe file such as ``best.toml``.

    Args:
        path: The file; it names scale and data, too.
        space: The space that was asked for.
        table: Ground truth instead of the file's.
    """
    from studies.report import read_recipe

    header, recipe = read_recipe(path)
    if header["space"] != space:
        raise InputError(f"recipe file {path}: is of {header['space']}, {space} was asked for")
    settings = choose_settings(
        space=space, scale=header["scale"], data=header["data"], table=table or header["table"]
    )
    return Question(settings=settings, reference=recipe, origin=f"the recipe file {path}")


def from_study(opened: OpenStudy) -> Question | None:
    """Return the question around a study's confirmed winner; None where it has none yet."""
    from studies.schedule.confirmation import winner

    best = winner(opened)
    if best is None:
        return None
    settings = opened.settings
    return Question(settings=settings, reference=best, origin=f"the confirmed winner of study {opened.name}")


def from_scale(space: str, scale: str, *, data: str | None = None, table: str | None = None) -> Question:
    """Return the question around the recipe that is known to rank well at a scale, or its baseline."""
    settings = choose_settings(space=space, scale=scale, data=data, table=table)
    recipe = Recipe({**settings.baseline(), **settings.sizes().start})
    known = bool(settings.sizes().start)
    origin = "the scale's recipe that is known to rank well" if known else "the baseline recipe"
    return Question(settings=settings, reference=recipe, origin=origin)
