"""Where a CSV file keeps an architecture and its accuracy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, show

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wsnas.spaces import Space

ARCHITECTURE, ACCURACY = "architecture", "accuracy"
_GRAPH, _OPERATIONS, _HASH = "adj_upper", "ops", "hash"
_REPEAT = re.compile(r"test108_r[0-9]+")


@dataclass(frozen=True, kw_only=True)
class PlainLayout:
    """One column with the space's strings, another with accuracies."""

    architecture_column: str = ARCHITECTURE
    accuracy_column: str = ACCURACY
    percent: bool = False
    hint: str = ""
    """What to do where the columns are missing."""

    def __str__(self) -> str:
        """Say where the accuracy is from."""
        return f"column {self.accuracy_column}"

    @property
    def used(self) -> Collection[str]:
        """Return the two columns, and the names that only they may have in a table."""
        return {ARCHITECTURE, ACCURACY, self.architecture_column, self.accuracy_column}

    def check(self, names: Sequence[str]) -> None:
        """Raise `InputError` unless the file has the two columns."""
        if not {self.architecture_column, self.accuracy_column} <= set(names):
            raise InputError(
                f"its columns are {list(names)}, must include {self.architecture_column} and"
                f" {self.accuracy_column}{self.hint}"
            )

    def architecture(self, row: Mapping[str, Any], space: Space[Any]) -> Any:
        """Return the architecture whose string stands in the column."""
        return space.parse(row[self.architecture_column])

    def accuracies(self, row: Mapping[str, Any]) -> list[float]:
        """Return the accuracy in the column."""
        return [_fraction(row[self.accuracy_column], percent=self.percent)]

    @property
    def accuracy_columns(self) -> tuple[str, ...]:
        """Return the column of the accuracy."""
        return (self.accuracy_column,)


@dataclass(frozen=True, kw_only=True)
class GraphLayout:
    """Cells of NAS-Bench-101 as graphs: `adj_upper`, `ops` and, where it is there, the module's `hash`.

    `adj_upper` is the adjacency matrix above its diagonal, row by row; `ops` are the operations in short,
    joined by dashes. The accuracy is the mean of `test108_r1`, `test108_r2`, .., unless a column is named.
    """

    accuracy_columns: tuple[str, ...]
    percent: bool = False
    used: Collection[str] = frozenset({ARCHITECTURE, ACCURACY, _GRAPH, _OPERATIONS})

    def __str__(self) -> str:
        """Say where the accuracy is from."""
        return f"mean of {', '.join(self.accuracy_columns)}"

    def check(self, names: Sequence[str]) -> None:
        """Raise `InputError` unless the file has the columns of the accuracy."""
        missing = [name for name in self.accuracy_columns if name not in names]
        if missing or not self.accuracy_columns:
            wanted = ", ".join(missing) or "test108_r1, .., or a column named by --accuracy-column"
            raise InputError(f"its columns are {list(names)}, must include {wanted}")

    def architecture(self, row: Mapping[str, Any], space: Space[Any]) -> Any:
        """Return the cell; its hash must be the one in the line."""
        cell = space.parse("-".join(filter(None, (row[_GRAPH], row[_OPERATIONS]))))
        told = row.get(_HASH)
        if told and space.identity(cell) != told:
            raise InputError(f"the hash {show(told)} is not that of its cell {cell}")
        return cell

    def accuracies(self, row: Mapping[str, Any]) -> list[float]:
        """Return the accuracy in each of the columns."""
        return [_fraction(row[name], percent=self.percent) for name in self.accuracy_columns]


Layout = PlainLayout | GraphLayout
"""Finds an architecture and its accuracies, one for each of `accuracy_columns`, in the fields of a line.

`used` are the columns that hold either, or could be mistaken for them.
"""


def has_graphs(names: Collection[str]) -> bool:
    """Return whether columns with these names hold cells of NAS-Bench-101 as graphs."""
    return ARCHITECTURE not in names and {_GRAPH, _OPERATIONS} <= set(names)


def repeats(names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns with the test accuracies of trainings of 108 epochs."""
    return tuple(name for name in names if _REPEAT.fullmatch(name))


def _fraction(text: str, *, percent: bool) -> float:
    most, unit = (100, "percentage") if percent else (1, "fraction")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= most:
        raise InputError(f"accuracy {show(text)} must be a {unit} from 0 to {most}")
    return value / most
