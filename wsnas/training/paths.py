"""The source of paths: which architectures a step of training may draw, and how large they are."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.supernets.cost import measure_cost

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsnas.spaces import Space

_TRIED, _TRIED_IF_MEASURED = 500, 50
"""Neighbours that are tried on the way to the largest and the smallest architecture; fewer where each is a
network to be measured."""


class Paths:
    """Draws architectures of a space for which a super-net has weights."""

    def __init__(
        self,
        space: Space[Any],
        rng: np.random.Generator,
        *,
        accepts: Callable[[Any], bool],
        sample: Callable[[Paths], list[Any]],
    ) -> None:
        """Make a source.

        Args:
            space: Where architectures are drawn from.
            rng: The only source of randomness of what is drawn; its state is the run's to keep.
            accepts: Whether the super-net has weights for an architecture.
            sample: What the recipe's `path_sampling` draws.
        """
        self.space = space
        self.rng = rng
        self.progress = 0.0
        """Share of the training that is done, in [0, 1)."""
        self._accepts = accepts
        self._sample = sample
        self._sizes: dict[Any, float] = {}

    def draw(self, sample: Callable[[Space[Any], np.random.Generator], list[Any]]) -> list[Any]:
        """Return what `sample` draws, drawn anew until the super-net has weights for all of it."""
        while True:
            drawn = sample(self.space, self.rng)
            if all(map(self._accepts, drawn)):
                return drawn

    def sampled(self) -> list[Any]:
        """Draw what the recipe's `path_sampling` draws for one step; at least one architecture."""
        return self._sample(self)

    def size_of(self, architecture: Any) -> float:
        """Return an architecture's `Space.relative_size`, or its network's FLOPs where that is not known."""
        size = self.space.relative_size(architecture)
        if size is not None:
            return size
        if architecture not in self._sizes:
            self._sizes[architecture] = float(measure_cost(self.space, architecture).flops)
        return self._sizes[architecture]

    @cached_property
    def largest(self) -> Any:
        """The largest architecture that a climb over neighbours finds, the same in every run."""
        return self._climb(1.0)

    @cached_property
    def smallest(self) -> Any:
        """The smallest architecture whose operations have weights, found alike."""
        return self._climb(-1.0)

    def _climb(self, sign: float) -> Any:
        # Not the run's randomness: its other draws must not shift.
        rng = np.random.default_rng(0)
        best, score = None, -np.inf
        known = self.space.relative_size(self.space.sample(rng)) is not None
        for _ in range(_TRIED if known else _TRIED_IF_MEASURED):
            found = self.space.sample(rng) if best is None else self.space.mutate(best, rng)
            size = self.size_of(found) if self._accepts(found) else 0.0
            if size > 0 and sign * size >= score:
                best, score = found, sign * size
        return self.draw(lambda space, rng: [space.sample(rng)])[0] if best is None else best
