"""What a study is about: everything that must not change when it is resumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from objectives.domains import Value, domain_to_json
from objectives.recipe import Recipe
from studies.config.scales import Scale, load_scale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from objectives.factors import Factor

Screen = Literal["changes", "sobol"]

FORMAT = 2
"""Version of the settings and of the study's contents."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudySettings:
    """A study's question. Its budget and its workers may change at any time and are not part of it."""

    space: str
    """Name of the search space."""
    scale: str
    """Name of the scale."""
    data: str
    """Name of the data set."""
    table: str
    """Name or file of the ground-truth table."""
    table_sha256: str
    """SHA-256 of the table's file."""
    seed: int
    """Source of all named streams of randomness, at least 0."""
    factors: tuple[Factor, ...]
    """The study's dimensions; a factor that is held has a single level."""
    screen: Screen = "changes"
    """How factors are screened: one change at a time around a reference, or a Sobol design of the space."""

    def sizes(self) -> Scale:
        """Return the scale's sizes."""
        return load_scale(self.scale, self.space)

    def baseline(self) -> Recipe:
        """Return the recipe in which every factor has its default."""
        return Recipe({factor.name: factor.default for factor in self.factors})

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
            "factors": {
                factor.name: {"domain": domain_to_json(factor.domain), "default": factor.default}
                for factor in self.factors
            },
        }
