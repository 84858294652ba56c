"""Parts of a table: the architectures whose columns lie in given ranges, such as one depth and width.

A table's name may carry them: ``DARTS[depth=8..12,width=16]``.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from wsnas.errors import InputError, did_you_mean, show, show_text
from wsnas.groundtruth.lazy import LazySequence, find_sorted
from wsnas.groundtruth.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

A = TypeVar("A")
_RESTRICTED = re.compile(r"(.+)\[([^\[\]]*)\]")
_FORM = "COLUMN=VALUE or COLUMN=LOW..HIGH, joined by commas"


@dataclass(frozen=True, order=True)
class Condition:
    """Keeps the rows whose column lies between two values, both included."""

    column: str
    low: float
    high: float

    def __str__(self) -> str:
        """Return the condition as `parse_conditions` reads it."""
        if self.low == self.high:
            return f"{self.column}={self.low!r}".removesuffix(".0")
        low = "" if math.isinf(self.low) else f"{self.low!r}".removesuffix(".0")
        high = "" if math.isinf(self.high) else f"{self.high!r}".removesuffix(".0")
        return f"{self.column}={low}..{high}"


@dataclass(frozen=True, eq=False, kw_only=True)
class RestrictedTable(Table[A]):
    """Some rows of another table."""

    base: Table[A]
    """The table that the rows are taken from."""
    positions: NDArray[np.int64]
    """Which rows, ascending."""

    def _row(self, architecture: A) -> int | None:
        wanted = self.base._row(architecture)  # another encoding may stand elsewhere in the base
        return None if wanted is None else find_sorted(self.positions, wanted)


def split_restriction(text: str) -> tuple[str, list[Condition]]:
    """Return a table's name and the conditions in brackets behind it, if any.

    Raises:
        InputError: what stands in the brackets is not a list of conditions.
    """
    match = _RESTRICTED.fullmatch(text)
    return (match[1], parse_conditions(match[2])) if match else (text, [])


def parse_conditions(text: str) -> list[Condition]:
    """Read conditions such as ``depth=8..12,width=16``; either end of a range may be left out.

    Raises:
        InputError: the text is no such list.
    """
    return sorted(_parse_condition(part.strip(), text) for part in text.split(","))


def restrict(table: Table[A], conditions: Iterable[Condition]) -> Table[A]:
    """Return the part of a table that meets all conditions; its name and its hash tell of them.

    Raises:
        InputError: the table lacks a column, or no architecture meets the conditions.
    """
    conditions = sorted(conditions)
    shown = ",".join(map(str, conditions))
    kept = np.ones(len(table), np.bool_)
    for condition in conditions:
        values = column(table, condition.column)
        kept &= (values >= condition.low) & (values <= condition.high)
    positions = np.flatnonzero(kept)
    if not positions.size:
        raise InputError(f"table {table.name!r}: none of its {len(table):,} architectures has {shown}")
    return RestrictedTable(
        name=f"{table.name}[{shown}]",
        space=table.space,
        entries=LazySequence(positions, lambda position: table.entries[int(position)]),
        accuracies=table.accuracies[positions],
        origin=f"{table.origin}; only those with {shown}",
        sha256=hashlib.sha256(f"{table.sha256} {shown}".encode()).hexdigest(),
        columns={name: values[positions] for name, values in table.columns.items()},
        encodings=table.encodings,
        base=table,
        positions=positions,
    )


def column(table: Table[Any], name: str) -> NDArray[np.float64]:
    """Return a table's column; `InputError` where it has none of this name."""
    values = table.columns.get(name)
    if values is None:
        choices = ", ".join(table.columns) or "it has none"
        raise InputError(
            f"table {table.name!r}: has no column {show(name)}, choose one of: {choices}"
            f"{did_you_mean(name, table.columns)}"
        )
    return values


def strata(table: Table[A], name: str, architectures: Iterable[A]) -> NDArray[np.float64]:
    """Return the values of a column for some architectures, to rank each among its like.

    Raises:
        InputError: the table lacks the column or an architecture.
    """
    positions = [table.position(architecture) for architecture in architectures]
    return column(table, name)[positions]


def _parse_condition(part: str, text: str) -> Condition:
    name, equals, value = (piece.strip() for piece in part.partition("="))
    low, dots, high = value.partition("..")
    try:
        if not (name and equals and value.strip(".")):
            raise ValueError
        if not dots:
            low = high = value
        condition = Condition(name, float(low or "-inf"), float(high or "inf"))
        if not condition.low <= condition.high:
            raise ValueError
    except ValueError:
        raise InputError(f"condition {show(part)} in [{show_text(text)}]: must be {_FORM}") from None
    return condition
