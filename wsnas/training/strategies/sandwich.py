"""The sandwich rule: the largest architecture, the smallest, and what is sampled (Yu and Huang, 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsnas.training.strategy import Strategy

if TYPE_CHECKING:
    from wsnas.training.paths import Paths


class Sandwich(Strategy):
    """Trains both ends of the space in every step."""

    def draw(self, paths: Paths) -> list[Any]:
        """Return the largest and the smallest architecture before those that are sampled."""
        return [paths.largest, paths.smallest, *paths.sampled()]


STRATEGY = Sandwich
