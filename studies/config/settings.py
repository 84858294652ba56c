"""What a study is about: everything that must not change when it is resumed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from objectives.question.asked import Question
from objectives.question.choices import choose_question
from objectives.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from objectives.domains import Value

Screen = Literal["changes", "sobol"]

SETTINGS = "settings"
"""User attribute of a study: its fingerprint."""
FORMAT = 2
"""Version of the settings and of the study's contents."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudySettings(Question):
    """A study's question. Its budget and its workers may change at any time and are not part of it."""

    screen: Screen = "changes"
    """How factors are screened: one change at a time around a reference, or a Sobol design of the space."""

    def baselines(self) -> tuple[Recipe, ...]:
        """Return the recipes that are tried first, each once.

        These are the baseline, the paper's best, and one that is known to rank well at this scale; values
        that this study does not offer are replaced by the baseline's.
        """
        paper = {factor.name: factor.paper_best for factor in self.factors if factor.paper_best is not None}
        return tuple(dict.fromkeys((self.baseline(), self._offered(paper), self.start())))

    def start(self) -> Recipe:
        """Return the recipe that is known to rank well at this scale; the baseline where none is."""
        return self._offered(self.sizes().start)

    def _offered(self, values: Mapping[str, Value]) -> Recipe:
        domains = {factor.name: factor.domain for factor in self.factors}
        kept = {name: value for name, value in values.items() if domains[name].contains(value)}
        return Recipe({**self.baseline(), **kept})

    def fingerprint(self) -> dict[str, Any]:
        """Return the settings as plain values, to be kept with the study."""
        sizes = self.sizes()
        return {
            "format": FORMAT,
            "space": self.space,
            "scale": self.scale,
            "data": self.data,
            "resolution": sizes.resolution,
            "ranking_images": sizes.ranking_images,
            "calibration_images": sizes.calibration_images,
            "count_passes": sizes.count_passes,
            "precision": sizes.precision,
            "score": sizes.score,
            "screen": self.screen,
            "confirmation_length": sizes.confirmation_length,
            "fresh_pool": sizes.fresh_pool,
            "rungs": list(sizes.rungs),
            "rung_pool": sizes.rung_pool,
            "snapshots": list(sizes.snapshots),
            "table": self.table,
            "table_sha256": self.table_sha256,
            "seed": self.seed,
            "factors": self.plain_factors(),
        }


def choose_settings(
    *,
    space: str,
    scale: str,
    data: str | None = None,
    table: str | None = None,
    seed: int = 0,
    only: Sequence[str] = (),
    fixed: Sequence[str] = (),
    domains: Path | None = None,
    screen: Screen = "changes",
    kept: Collection[str] | None = None,
) -> StudySettings:
    """Return the settings of a study, screened as `screen` says; see `choose_question` for all else."""
    question = choose_question(
        space=space,
        scale=scale,
        data=data,
        table=table,
        seed=seed,
        only=only,
        fixed=fixed,
        domains=domains,
        kept=kept,
    )
    return StudySettings(screen=screen, **{one.name: getattr(question, one.name) for one in fields(Question)})
