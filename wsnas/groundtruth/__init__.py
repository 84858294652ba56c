"""What rankings are judged by: tables of accuracies of architectures that were each trained on their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar, overload

from wsnas.errors import InputError
from wsnas.groundtruth.csv_table import read_csv
from wsnas.groundtruth.npz_table import Embedded, read_npz
from wsnas.groundtruth.table import Ceiling, Table
from wsnas.spaces import Space, get_space

__all__ = ["Ceiling", "Table", "load", "table_names"]

A = TypeVar("A")

_EMBEDDED = {
    "nb201-analog": Embedded(
        space="nb201",
        sha256="7ca1c1434c43c33cf8e6bff9628722b003684693955743d19dec5de96325c48d",
        ceiling=Ceiling(
            mean=0.931,
            low=0.915,
            high=0.944,
            source="the benchmark's own CIFAR-10 test accuracies after 200 epochs, as a ranker of this table;"
            " 1,000 random pools of 200 architectures",
        ),
    ),
}
"""Tables that the package carries; the first one of a space is its default."""


def table_names(space: Space[Any] | str) -> list[str]:
    """Return the names of the embedded tables of a space, the default one first."""
    wanted = space if isinstance(space, str) else space.name
    return [name for name, embedded in _EMBEDDED.items() if embedded.space == wanted]


@overload
def load(space: Space[A], table: str | Path | None = None) -> Table[A]: ...
@overload
def load(space: str, table: str | Path | None = None) -> Table[Any]: ...
def load(space: Space[Any] | str, table: str | Path | None = None) -> Table[Any]:
    """Load a table of a space's accuracies.

    Args:
        space: the space or its name.
        table: name of an embedded table, or the path of a CSV file with the columns `architecture` (the
            space's strings) and `accuracy` (fractions in [0, 1]); by default the space's first embedded one.

    Raises:
        InputError: no such space or table, or the table is damaged or not of this space.
    """
    if isinstance(space, str):
        space = get_space(space)
    names = table_names(space)
    if table is None:
        if not names:
            raise InputError(f"space {space.name!r}: has no embedded table, give the path of a CSV file")
        table = names[0]
    if table in names:
        name = str(table)
        return read_npz(name, _EMBEDDED[name], space)
    if Path(table).exists():
        return read_csv(Path(table), space)
    choices = ", ".join([*names, "the path of a CSV file"])
    raise InputError(f"unknown table {str(table)!r} for space {space.name!r}: give one of {choices}")
