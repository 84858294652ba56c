"""Imported tables: one array on disk, sorted by architecture, that is mapped into memory and not read.

A table is a folder with `rows.npy`, a structured array, and `table.json`, which tells what it is. Opening
one checks the array's hash but builds no object for its rows: architectures are parsed when asked for and
found by bisection.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from wsnas.errors import InputError, RunError, show, show_error
from wsnas.groundtruth.lazy import LazySequence, find_sorted
from wsnas.groundtruth.table import Table, read_ceiling

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from wsnas.groundtruth.rows import Rows
    from wsnas.spaces import Space

A = TypeVar("A")
ROWS, DESCRIPTION = "rows.npy", "table.json"
FORMAT = 1
_ARCHITECTURE, _ACCURACY = "architecture", "accuracy"
_WORD = 8
"""Architectures take whole words, so that the numbers behind them are aligned."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The file that a table was imported from."""

    name: str
    sha256: str


@dataclass(frozen=True, eq=False, kw_only=True)
class MappedTable(Table[A]):
    """A table whose rows stay on disk."""

    format: Callable[[A], str]
    """Writes an architecture."""
    texts: NDArray[np.bytes_]
    """Their canonical strings, ascending."""
    meanings: dict[str, str]
    """What each of `columns` is, in words."""
    source: Source
    """Where the rows came from."""

    def _row(self, architecture: A) -> int | None:
        return find_sorted(self.texts, self.format(architecture).encode())


def write_table(rows: Rows, folder: Path, *, space: str, source: Source, replace: bool = False) -> None:
    """Write a table; it appears in `folder` whole or not at all.

    Args:
        rows: What it holds.
        folder: Where it is kept; its name is the table's.
        space: The name of its architectures' space.
        source: Where they are from.
        replace: Whether a table with other rows may go, which studies may rest on.

    Raises:
        InputError: something else is there.
        RunError: the folder cannot be written.
    """
    texts = np.array([text.encode() for text in rows.architectures])
    width = -(-texts.itemsize // _WORD) * _WORD
    fields = [(_ARCHITECTURE, f"S{width}"), (_ACCURACY, "<f8"), *((name, "<f8") for name in rows.columns)]
    table = np.empty(len(texts), dtype=fields)
    order = np.argsort(texts, kind="stable")
    table[_ARCHITECTURE] = texts[order]
    table[_ACCURACY] = rows.accuracies[order]
    for name, column in rows.columns.items():
        table[name] = column.values[order]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as scratch:
            fresh = Path(scratch, "fresh")
            fresh.mkdir()
            np.save(fresh / ROWS, table)
            description = {
                "format": FORMAT,
                "space": space,
                "name": folder.name,
                "origin": rows.origin,
                "sha256": file_sha256(fresh / ROWS),
                "source": asdict(source),
                "columns": {name: column.meaning for name, column in rows.columns.items()},
                "ceiling": None,
            }
            _refuse_another(folder, str(description["sha256"]), replace=replace)
            (fresh / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
            _exchange(fresh, folder, Path(scratch, "old"))
    except OSError as error:
        raise RunError(f"table {str(folder)!r}: cannot be written ({error.strerror or error})") from error


def _refuse_another(folder: Path, sha256: str, *, replace: bool) -> None:
    """Raise `InputError` where the folder holds what must not go for a table with this hash."""
    if not folder.exists():
        return
    try:
        kept = json.loads((folder / DESCRIPTION).read_bytes())
        there, source = kept["sha256"], kept["source"]["name"]
    except OSError:
        raise InputError(f"{folder}: is there and is no table: give another name with --name") from None
    except (ValueError, LookupError, TypeError, RecursionError):
        return  # damaged: no study can rest on it
    if there != sha256 and not replace:
        raise InputError(
            f"table {folder.name!r}: is there with other rows (from {show(source)}), and studies may rest on"
            " them: keep both by another --name, or give --replace"
        )


def open_table(folder: Path, space: Space[A]) -> MappedTable[A]:
    """Open a table that `write_table` wrote.

    Raises:
        InputError: it is missing, damaged, of another space or of another version.
    """
    place = f"table {folder.name!r} in {str(folder.parent)!r}"
    try:
        description: dict[str, Any] = json.loads((folder / DESCRIPTION).read_bytes())
        if description["format"] != FORMAT:
            raise InputError(f"{place}: written by another version of wsnas: import it again")
        if description["space"] != space.name:
            raise InputError(f"{place}: is of space {show(description['space'])}, not {space.name!r}")
        if file_sha256(folder / ROWS) != description["sha256"]:
            raise InputError(f"{place}: damaged, its rows are not those that were written: import it again")
        rows = np.load(folder / ROWS, mmap_mode="r", allow_pickle=False).view(np.ndarray)
        columns = description["columns"]
        if not isinstance(description["origin"], str) or not isinstance(columns, dict):
            raise ValueError("its origin or its columns are missing")
        return MappedTable(
            name=folder.name,
            space=space.name,
            entries=LazySequence(rows[_ARCHITECTURE], lambda text: space.parse(text.decode())),
            accuracies=rows[_ACCURACY],
            origin=description["origin"],
            sha256=description["sha256"],
            ceiling=read_ceiling(description["ceiling"]),
            columns={name: rows[name] for name in columns},
            encodings=space.encodings,
            format=space.format,
            texts=rows[_ARCHITECTURE],
            meanings=columns,
            source=Source(**description["source"]),
        )
    except OSError as error:
        raise InputError(f"{place}: {error.strerror or error}: import it again") from error
    except InputError:
        raise
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(f"{place}: damaged ({show_error(error)}): import it again") from error


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal; the file is read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _exchange(fresh: Path, folder: Path, aside: Path) -> None:
    """Put a whole folder in the place of another; where that fails, the other stays."""
    if folder.exists():
        folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError:
        if aside.exists():
            aside.rename(folder)
        raise
