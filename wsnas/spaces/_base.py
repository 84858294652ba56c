"""What a search space offers to the rest of the program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    import numpy as np

A = TypeVar("A")
"""The type of a space's architectures: immutable and hashable."""


class Space(ABC, Generic[A]):
    """A search space over architectures of type `A`."""

    name: str
    """How users call the space, e.g. ``nb201``."""
    size: int
    """How many architectures the space has."""

    comparable_part: str | None = None
    """What `comparable` architectures have in common, in words; None where all of them are."""

    unused_factors: tuple[str, ...] = ()
    """Names of heuristics, such as ``path_dropout``, that its super-net ignores; studies leave them out."""

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> A:
        """Draw one of the `size` architectures uniformly."""

    def sample_unique(self, rng: np.random.Generator) -> A:
        """Draw uniformly over the classes of `identity` and return one member, the same each time."""
        return self.sample(rng)

    def sample_apart(self, rng: np.random.Generator) -> A:
        """Draw operations and topology apart until they make an architecture of the space."""
        return self.sample(rng)

    def mutate(self, architecture: A, rng: np.random.Generator) -> A:
        """Draw a neighbour: another architecture of the space that differs in a small way.

        This fall-back knows nothing of neighbours and draws any other architecture, with which evolution is
        no better than random search; a space that is to be evolved says what a small change is.
        """
        while True:
            drawn = self.sample(rng)
            if drawn != architecture:
                return drawn

    @abstractmethod
    def fair_paths(self, rng: np.random.Generator) -> list[A]:
        """Draw architectures that together use every operation of every choice once (FairNAS)."""

    def comparable(self, architecture: A) -> bool:
        """Return whether every mapping can rank the architecture; trials are compared on such alone."""
        return True

    @abstractmethod
    def parse(self, text: str) -> A:
        """Read an architecture from its canonical string.

        Raises:
            InputError: the text is no architecture of this space; the message says why.
        """

    @abstractmethod
    def format(self, architecture: A) -> str:
        """Return the one canonical string of an architecture."""

    @abstractmethod
    def validate(self, architecture: A) -> None:
        """Raise `InputError` where the architecture is not part of the space."""

    def identity(self, architecture: A) -> Hashable:
        """Return a value that is equal for architectures that compute the same function: else the string."""
        return self.format(architecture)

    def relative_size(self, architecture: A) -> float | None:
        """Return how much the architecture's own operations weigh, roughly and up to a common factor.

        It is 0 where none has weights. Training strategies go by it; they measure networks where it is None.
        """
        return None

    def encodings(self, architecture: A) -> Iterable[A]:
        """Return the ways to write the architecture's network, up to the names of its nodes.

        Architectures may be written in several ways and a table has one of them. This fall-back is for
        spaces whose canonical string is the same for all ways.
        """
        return (self.parse(self.format(architecture)),)

    def enumerate(self) -> Iterator[A]:
        """Yield every architecture lazily, in a fixed order.

        Raises:
            InputError: the space is too large, or does not say how.
        """
        raise InputError(f"space {self.name!r} cannot be enumerated")
