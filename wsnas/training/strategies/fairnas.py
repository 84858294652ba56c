"""As many architectures a step as there are operations; together they use each once (Chu et al., 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsnas.training.strategy import Strategy

if TYPE_CHECKING:
    from wsnas.training.paths import Paths


class FairNAS(Strategy):
    """Draws every operation of every choice once."""

    def draw(self, paths: Paths) -> list[Any]:
        """Return as many architectures as a choice has operations."""
        return paths.draw(lambda space, rng: space.fair_paths(rng))


STRATEGY = FairNAS
