"""Paths of more even sizes: each step draws a size and trains the nearest of several samples.

Most samples are of much the same size, so that the ends of a space stay under-trained. AttentiveNAS (Wang et
al., 2021) draws the FLOPs first, too, and then an architecture that has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsnas.training.strategy import Strategy

if TYPE_CHECKING:
    from wsnas.training.paths import Paths

_DRAWS = 16
"""Samples of which the nearest is trained: with more, sizes are more even."""


class SizeBalanced(Strategy):
    """Draws sizes evenly between the smallest and the largest architecture's."""

    def draw(self, paths: Paths) -> list[Any]:
        """Return what is sampled, the one of several draws whose mean size is nearest to a drawn one."""
        wanted = paths.rng.uniform(paths.size_of(paths.smallest), paths.size_of(paths.largest))
        draws = [paths.sampled() for _ in range(_DRAWS)]
        return min(draws, key=lambda drawn: abs(sum(map(paths.size_of, drawn)) / len(drawn) - wanted))


STRATEGY = SizeBalanced
