"""One architecture a step, uniform over the space's distinct functions (Yu et al., section on sampling)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsnas.training.strategy import Strategy

if TYPE_CHECKING:
    from wsnas.training.paths import Paths


class RandomA(Strategy):
    """Draws over functions."""

    def draw(self, paths: Paths) -> list[Any]:
        """Return one architecture."""
        return paths.draw(lambda space, rng: [space.sample_unique(rng)])


STRATEGY = RandomA
