"""One architecture a step, operations and topology drawn apart (Yu et al., section on sampling)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsnas.training.strategy import Strategy

if TYPE_CHECKING:
    from wsnas.training.paths import Paths


class RandomNAS(Strategy):
    """Draws operations and topology apart."""

    def draw(self, paths: Paths) -> list[Any]:
        """Return one architecture."""
        return paths.draw(lambda space, rng: [space.sample_apart(rng)])


STRATEGY = RandomNAS
