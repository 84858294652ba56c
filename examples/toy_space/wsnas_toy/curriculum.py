"""A curriculum over the space: small architectures first, then all (a training strategy for any space)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsnas.training.strategy import Strategy

if TYPE_CHECKING:
    from wsnas.spaces import Space
    from wsnas.training.paths import Paths
    from wsnas.training.protocol import Protocol

DRAWS = 8


class Curriculum(Strategy):
    """The largest size that is trained grows from the smallest to the largest architecture's."""

    def __init__(self, space: Space[Any], protocol: Protocol) -> None:
        super().__init__(space, protocol)
        self.share = protocol.get("curriculum_share", 0.5)

    def draw(self, paths: Paths) -> list[Any]:
        """Return what is sampled, the first of a few draws that is not too large, or the smallest."""
        smallest, largest = (paths.size_of(end) for end in (paths.smallest, paths.largest))
        limit = smallest + min(1.0, paths.progress / self.share) * (largest - smallest)

        def size(drawn: list[Any]) -> float:
            return max(paths.size_of(one) for one in drawn)

        draws = [paths.sampled() for _ in range(DRAWS)]
        return next((drawn for drawn in draws if size(drawn) <= limit), min(draws, key=size))


STRATEGY = Curriculum
