"""What rankings are judged by: tables of accuracies of architectures that were each trained on their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar, overload

from wsnas.errors import InputError, did_you_mean, show
from wsnas.groundtruth.csv_table import read_csv
from wsnas.groundtruth.importing import import_table, imported_names, tables_folder
from wsnas.groundtruth.mapped_table import open_table
from wsnas.groundtruth.measured_table import embedded_tables, is_measured, read_measured
from wsnas.groundtruth.npz_table import Embedded, read_npz
from wsnas.groundtruth.restriction import restrict, split_restriction, strata
from wsnas.groundtruth.table import Ceiling, Table
from wsnas.spaces import Space, get_space

__all__ = ["Ceiling", "Table", "embedded_names", "import_table", "load", "restrict", "strata", "table_names"]

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


def embedded_names(space: Space[Any] | str) -> list[str]:
    """Return the names of the tables of a space that the package carries, the default one first."""
    wanted = space if isinstance(space, str) else space.name
    whole = [name for name, embedded in _EMBEDDED.items() if embedded.space == wanted]
    return [*whole, *embedded_tables(wanted)]


def table_names(space: Space[Any] | str) -> list[str]:
    """Return the names of the embedded tables of a space, the default one first, then of imported ones."""
    embedded = embedded_names(space)
    imported = imported_names(space if isinstance(space, str) else space.name)
    return [*embedded, *(name for name in imported if name not in embedded)]


@overload
def load(space: Space[A], table: str | Path | None = None) -> Table[A]: ...
@overload
def load(space: str, table: str | Path | None = None) -> Table[Any]: ...
def load(space: Space[Any] | str, table: str | Path | None = None) -> Table[Any]:
    """Load a table of a space's accuracies.

    Args:
        space: the space or its name.
        table: name of an embedded or imported table; the path of a CSV file, perhaps compressed by gzip,
            with the columns `architecture` (the space's strings) and `accuracy` (fractions in [0, 1]); or
            the folder of one that `wsnas groundtruth build` made. By default the space's first embedded
            one. Conditions on its columns may follow in brackets, as in ``DARTS[depth=8..12,width=16]``:
            the table is then the part that meets them all.

    Raises:
        InputError: no such space, table or column, or the table is damaged or not of this space.
    """
    if isinstance(space, str):
        space = get_space(space)
    if table is None:
        table = _default(space)
    found = _find(space, table)
    if found is None:
        name, conditions = split_restriction(str(table))
        found = _find(space, name) if conditions else None
        if found is not None:
            return restrict(found, conditions)
        choices = ", ".join([*table_names(space), "the path of a CSV file"])
        raise InputError(
            f"unknown table {show(name)} for space {space.name!r}: give one of {choices}"
            f"{did_you_mean(name, table_names(space))}"
        )
    return found


def _default(space: Space[Any]) -> str:
    for name in embedded_names(space):
        return name
    choices = "".join(f"{name}, " for name in table_names(space))
    raise InputError(
        f"space {space.name!r}: has no embedded table, give {choices and 'one of ' + choices + 'or '}"
        "the path of a CSV file"
    )


def _find(space: Space[A], table: str | Path) -> Table[A] | None:
    """Load the table of this name or path, without conditions; None where there is none."""
    name = str(table)
    if name in embedded_names(space):
        if name in _EMBEDDED:
            return read_npz(name, _EMBEDDED[name], space)
        return read_measured(embedded_tables(space.name)[name], space)
    if name in imported_names(space.name):
        return open_table(tables_folder() / space.name / name, space)
    try:
        measured, exists = is_measured(Path(table)), Path(table).exists()
    except OSError as error:  # such as a name that is too long for any file
        raise InputError(f"table {show(name)}: {error.strerror or error}") from error
    if measured:
        return read_measured(Path(table), space)
    return read_csv(Path(table), space) if exists else None
