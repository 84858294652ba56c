"""`wsnas groundtruth import`: from a file that a benchmark publishes to a table that opens at once."""

from __future__ import annotations

import hashlib
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wsnas.cache import cache_folder
from wsnas.errors import InputError
from wsnas.groundtruth.mapped_table import (
    DESCRIPTION,
    MappedTable,
    Source,
    file_sha256,
    open_table,
    write_table,
)
from wsnas.groundtruth.readers import NAMES, csv_file
from wsnas.groundtruth.readers.csv_file import CsvOptions
from wsnas.spaces import Space, get_space

if TYPE_CHECKING:
    from types import ModuleType

    from wsnas.groundtruth.rows import Progress

A = TypeVar("A")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_SUFFIX = re.compile(r"\.(tfrecord|pth|json|csv|tar|gz|pbz2|pickle)$")


def import_table(
    space: Space[A] | str,
    file: str | Path,
    *,
    name: str | None = None,
    architecture_column: str | None = None,
    accuracy_column: str | None = None,
    percent: bool = False,
    replace: bool = False,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> MappedTable[A]:
    """Import a file as a table of a space.

    Args:
        space: The space or its name.
        file: A file, folder or archive that a reader knows; what it is is told by its content. A file inside
            NDS's archive is written as ``nds_data.zip/DARTS.json``.
        name: How to call the table; by default the file's name without its endings.
        architecture_column: For a CSV file, the column with the space's strings.
        accuracy_column: For a CSV file, the column with the accuracies.
        percent: For a CSV file, whether its accuracies are percentages and not fractions.
        replace: Whether a table of the same name with other rows is replaced, once the new one is whole.
        folder: Where tables are kept, by default `tables_folder`.
        progress: Called now and then with the share that was read.

    Returns:
        The table, opened; `origin` tells what was read and what was left out.

    Raises:
        InputError: no such file, or it is cut short, damaged, of another space or of an unknown format; or
            another table of that name is there.
        RunError: the table cannot be written.
    """
    if isinstance(space, str):
        space = get_space(space)
    path = Path(file)
    options = CsvOptions(
        architecture_column=architecture_column, accuracy_column=accuracy_column, percent=percent
    )
    name = _check_name(default_name(path) if name is None else name, space.name)
    try:
        reader = _recognise(path)
        report = progress or (lambda done: None)
        if reader is csv_file:
            rows = csv_file.read(path, space, report, options)
        elif space.name != reader.SPACE:
            raise InputError(f"{path}: is {reader.TITLE}, of space {reader.SPACE!r}, not {space.name!r}")
        elif options != CsvOptions():
            raise InputError(f"{path}: is {reader.TITLE}: columns and percent are for CSV files")
        else:
            rows = reader.read(path, space, report)
        source = Source(name=path.name, sha256=_source_sha256(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    rows.check(str(path))
    target = (folder or tables_folder()) / space.name / name
    write_table(rows, target, space=space.name, source=source, replace=replace)
    return open_table(target, space)


def tables_folder() -> Path:
    """Return the folder that keeps imported tables, one folder per space."""
    return cache_folder() / "tables"


def imported_names(space: str, *, folder: Path | None = None) -> list[str]:
    """Return the names of a space's imported tables."""
    place = (folder or tables_folder()) / space
    found = place.glob(f"*/{DESCRIPTION}") if _NAME.fullmatch(space) else ()
    return sorted(path.parent.name for path in found if _NAME.fullmatch(path.parent.name))


def default_name(path: Path) -> str:
    """Return how a file's table is called: its name without endings, other characters as dashes."""
    name = path.name
    while _SUFFIX.search(name):
        name = _SUFFIX.sub("", name)
    name = re.sub(r"[^A-Za-z0-9_.+-]+", "-", name).strip(".+-")
    if not name:
        raise InputError(f"{str(path)!r}: gives no name for the table: give one with --name")
    return name


def _check_name(name: str, space: str) -> str:
    from wsnas.groundtruth import embedded_names  # not above: that module imports this one

    if _NAME.fullmatch(name) is None:
        raise InputError(f"name {name!r}: must be letters, digits and any of _ . + - after the first")
    if name in embedded_names(space):
        raise InputError(f"name {name!r}: is that of a table that wsnas carries: give another with --name")
    return name


def _recognise(path: Path) -> ModuleType:
    """Return the first of the readers that knows the file."""
    if not path.exists() and not path.parent.is_file():
        raise InputError(f"{path}: No such file or directory")
    readers = [import_module(f"wsnas.groundtruth.readers.{name}") for name in NAMES]
    for reader in readers:
        if reader.recognise(path):
            return reader
    titles = "; ".join(reader.TITLE for reader in readers)
    raise InputError(f"{path}: of no known format, must be one of: {titles}")


def _source_sha256(path: Path) -> str:
    """Return the SHA-256 of the file, or of the names and hashes of a folder's files."""
    path = path if path.exists() else path.parent
    if not path.is_dir():
        return file_sha256(path)
    digest = hashlib.sha256()
    for member in sorted(path.iterdir()):
        if member.is_file():
            digest.update(f"{member.name} {_source_sha256(member)}\n".encode())
    return digest.hexdigest()
