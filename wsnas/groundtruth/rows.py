"""What a reader finds in a file, before it becomes a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wsnas.errors import InputError
from wsnas.groundtruth.judging import fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Progress = Callable[[float], None]
    """Called now and then with the share of a file that was read."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A further number for each architecture."""

    values: NDArray[np.float64]
    """One per row; NaN where the file has none."""
    meaning: str
    """What it is, in words."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Architectures and what was measured of them, in the order of the file."""

    architectures: Sequence[str]
    """The canonical strings of the space, each once."""
    accuracies: NDArray[np.float64]
    """The accuracy of each, a fraction."""
    origin: str
    """What the accuracies are and how many rows were left out, in words."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """Further numbers by name."""

    @classmethod
    def of_numbers(
        cls,
        architectures: Sequence[str],
        numbers: ArrayLike,
        *,
        origin: str,
        meanings: dict[str, str],
    ) -> Rows:
        """Make rows of each architecture's accuracy and further numbers, in the order of their `meanings`."""
        accuracies, *columns = np.array(numbers, np.float64).T
        return cls(
            architectures=architectures,
            accuracies=accuracies,
            origin=origin,
            columns={
                name: Column(values=values, meaning=meaning)
                for (name, meaning), values in zip(meanings.items(), columns, strict=True)
            },
        )

    def check(self, place: str) -> None:
        """Raise `InputError` unless there are rows, each architecture once, that can be ranked by."""
        if not self.architectures:
            raise InputError(f"{place}: has no rows, must have at least one")
        wrong = fault(self.accuracies, architectures=self.architectures)
        if wrong is not None:
            raise InputError(f"{place}: {wrong}")
        seen: set[str] = set()
        for architecture in self.architectures:
            if architecture in seen:
                raise InputError(f"{place}: {architecture} is there a second time")
            seen.add(architecture)
