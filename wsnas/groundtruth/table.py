"""A table of measured accuracies: what a ranking of architectures is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from wsnas.errors import InputError
from wsnas.groundtruth.judging import fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

A = TypeVar("A")


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """What a perfect ranker would reach: training an architecture twice gives two accuracies."""

    mean: float
    """Mean s-KdT of an independent measurement of the same architectures against the table."""
    low: float
    """Lower end of its 95 % interval over pools."""
    high: float
    """Upper end of its 95 % interval over pools."""
    source: str
    """What was measured, on how many pools of which size."""
    split_half: tuple[float, float, float] | None = None
    """s-KdT of one training against another with its 95 % interval, a lower bound; None where unknown."""


def read_ceiling(values: Any) -> Ceiling | None:
    """Return the ceiling that a table's description holds; `ValueError` or `TypeError` where it is none."""
    if values is None:
        return None
    ceiling = Ceiling(**values)
    half = None if ceiling.split_half is None else tuple(ceiling.split_half)
    numbers = (ceiling.mean, ceiling.low, ceiling.high, *(half or ()))
    taus = all(type(number) in (int, float) and -1 <= number <= 1 for number in numbers)
    if not taus or not isinstance(ceiling.source, str):
        raise ValueError("its ceiling is not numbers from -1 to 1 and a source")
    if half is not None and len(half) != 3:
        raise ValueError("its ceiling's split_half is not three numbers")
    return replace(ceiling, split_half=half)


@dataclass(frozen=True, eq=False, kw_only=True)
class Table(Generic[A]):
    """Accuracies of some or all architectures of a space, each trained on its own."""

    name: str
    """How users call the table: ``nb201-analog``, or the file's name."""
    space: str
    """Name of the space."""
    entries: Sequence[A]
    """The architectures in the table's order, each once."""
    accuracies: NDArray[np.float64]
    """Accuracy of each of `entries`, a fraction in [0, 1]; read-only."""
    origin: str
    """Where the accuracies come from."""
    sha256: str
    """SHA-256 of the file that they were read from, in hexadecimal."""
    ceiling: Ceiling | None = None
    """The noise ceiling; None where it is not known."""
    encodings: Callable[[A], Iterable[A]] = lambda architecture: ()
    """Other ways to write an architecture's network (`Space.encodings`)."""
    columns: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What else the source tells of each of `entries`, such as its depth; NaN where it does not."""

    def __post_init__(self) -> None:
        """Judge the accuracies, and guard the values against changes by those who share the table.

        Raises:
            InputError: architectures cannot be ranked by the accuracies.
        """
        wrong = fault(self.accuracies, architectures=self.entries)
        if wrong is not None:
            raise InputError(f"table {self.name!r}: {wrong}")
        for values in (self.accuracies, *self.columns.values()):
            values.flags.writeable = False

    def __len__(self) -> int:
        """Return how many architectures the table has."""
        return len(self.entries)

    def architectures(self) -> Sequence[A]:
        """Return the architectures, in the order of `accuracies`."""
        return self.entries

    def accuracy(self, architecture: A) -> float:
        """Return an architecture's accuracy, a fraction in [0, 1].

        Raises:
            InputError: the table lacks this architecture.
        """
        return float(self.accuracies[self.position(architecture)])

    def position(self, architecture: A) -> int:
        """Return where the architecture stands in `entries`.

        Raises:
            InputError: the table lacks this architecture.
        """
        position = self.find(architecture)
        if position is None:
            raise InputError(
                f"architecture {architecture}: not among the {len(self):,} of table {self.name!r}"
            )
        return position

    def find(self, architecture: A) -> int | None:
        """Return where the architecture stands in `entries`, or None.

        Where it does not stand there as it is written, any other of its encodings will do, the first one.
        """
        row = self._row(architecture)
        if row is not None:
            return row
        rows = (self._row(encoding) for encoding in self.encodings(architecture))
        return min((row for row in rows if row is not None), default=None)

    def _row(self, architecture: A) -> int | None:
        """Return where the architecture stands as it is written, or None."""
        return self._positions.get(architecture)

    @cached_property
    def _positions(self) -> dict[A, int]:
        return {architecture: position for position, architecture in enumerate(self.entries)}
