"""Sequences that are made item by item, and found by bisection."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

A = TypeVar("A")


class LazySequence(Sequence[A]):
    """What `make` makes of each value of an array, when it is asked for."""

    def __init__(self, values: NDArray[Any], make: Callable[[Any], A]) -> None:
        self._values = values
        self._make = make

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> A: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[A]: ...
    def __getitem__(self, index: int | slice) -> A | Sequence[A]:
        found = self._values[index]
        return LazySequence(found, self._make) if isinstance(index, slice) else self._make(found)


def find_sorted(values: NDArray[Any], wanted: Any) -> int | None:
    """Return the position of a value in an ascending array, or None."""
    position = bisect_left(values, wanted)
    return position if position < len(values) and values[position] == wanted else None
