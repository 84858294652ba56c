"""What can be searched: chains of four layers, each one of four operations."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from wsnas.errors import InputError
from wsnas.spaces import Space

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

Chain = tuple[str, ...]
OPERATIONS = ("conv3x3", "conv1x1", "pool", "skip")
LAYERS = 4


class ToySpace(Space[Chain]):
    """The 256 chains; they are written as ``conv3x3-skip-pool-conv1x1``."""

    name = "toy"
    size = len(OPERATIONS) ** LAYERS

    def sample(self, rng: np.random.Generator) -> Chain:
        """Draw one of the 256 chains uniformly."""
        return tuple(OPERATIONS[index] for index in rng.integers(len(OPERATIONS), size=LAYERS))

    def sample_unique(self, rng: np.random.Generator) -> Chain:
        """Draw one of the 121 functions; skips come last in the chain that stands for it."""
        functions = sorted({self.identity(chain) for chain in self.enumerate()})
        layers = functions[rng.integers(len(functions))]
        return layers + ("skip",) * (LAYERS - len(layers))

    def mutate(self, architecture: Chain, rng: np.random.Generator) -> Chain:
        """Give one layer another operation."""
        layer = int(rng.integers(LAYERS))
        others = [operation for operation in OPERATIONS if operation != architecture[layer]]
        return (*architecture[:layer], others[rng.integers(len(others))], *architecture[layer + 1 :])

    def fair_paths(self, rng: np.random.Generator) -> list[Chain]:
        """Draw four chains that use each operation of each layer once."""
        orders = rng.permuted([list(range(len(OPERATIONS)))] * LAYERS, axis=1)
        return [tuple(OPERATIONS[index] for index in chain) for chain in orders.T]

    def parse(self, text: str) -> Chain:
        """Read a chain."""
        chain = tuple(text.split("-"))
        self.validate(chain)
        return chain

    def format(self, architecture: Chain) -> str:
        """Write a chain."""
        return "-".join(architecture)

    def validate(self, architecture: Chain) -> None:
        """Raise `InputError` unless there are four known operations."""
        if len(architecture) != LAYERS or not set(architecture) <= set(OPERATIONS):
            raise InputError(f"toy architecture {architecture!r}: four of {', '.join(OPERATIONS)} are wanted")

    def identity(self, architecture: Chain) -> Chain:
        """Return the layers that do something."""
        return tuple(operation for operation in architecture if operation != "skip")

    def enumerate(self) -> Iterator[Chain]:
        """Yield all chains."""
        return product(OPERATIONS, repeat=LAYERS)
