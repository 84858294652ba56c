"""Tables of the user's own, as CSV files, by themselves or compressed by gzip."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from wsnas.errors import InputError, show_error
from wsnas.groundtruth.csv_layout import PlainLayout
from wsnas.groundtruth.judging import fault
from wsnas.groundtruth.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from wsnas.groundtruth.csv_layout import Layout
    from wsnas.spaces import Space

A = TypeVar("A")
GZIP = b"\x1f\x8b"
_COLUMN = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class CsvContent(Generic[A]):
    """What a CSV file holds."""

    accuracies: dict[A, float]
    """Fractions, in the order of the file."""
    columns: Mapping[str, NDArray[np.float64]]
    """The further columns that hold nothing but numbers; NaN where a field is empty."""
    layout: Layout
    """How its columns are laid out."""
    sha256: str
    """SHA-256 of the file."""


def read_csv(path: Path, space: Space[A]) -> Table[A]:
    """Read a table in UTF-8 whose first row names the columns `architecture`, `accuracy` and any others.

    Raises:
        InputError: the file cannot be read or is cut short, an architecture is not of the space or comes
            twice, or an accuracy is no fraction in [0, 1]; the message gives the line.
    """
    content = parse_csv(path, space, lambda names: PlainLayout())
    return Table(
        name=path.name,
        space=space.name,
        entries=tuple(content.accuracies),
        accuracies=np.array(list(content.accuracies.values()), np.float64),
        origin=str(path),
        sha256=content.sha256,
        encodings=space.encodings,
        columns=content.columns,
    )


def parse_csv(path: Path, space: Space[A], choose_layout: Callable[[list[str]], Layout]) -> CsvContent[A]:
    """Read a file as `read_csv` does, laid out as is chosen from the names of its columns."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"table {str(path)!r}: {error.strerror or error}") from error
    text = _read_text(content, path)
    # Without this a last accuracy that lost its digits would pass for a right one.
    if text and not text.endswith(("\n", "\r")):
        raise InputError(f"table {str(path)!r}: cut short, its last line must end with a newline")

    accuracies: dict[A, list[float]] = {}
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        names = list(reader.fieldnames or ())
        layout = choose_layout(names)
        layout.check(names)
        _check_once(names, layout)
        others = _Numbers([name for name in names if name not in layout.used])
        for row in reader:
            if None in row or None in row.values():
                raise InputError("must have as many fields as the first line")
            architecture, found = layout.architecture(row, space), layout.accuracies(row)
            if architecture in accuracies:
                raise InputError(f"{architecture} is there a second time")
            accuracies[architecture] = found
            others.take(row)
    except (InputError, csv.Error) as error:
        raise InputError(f"table {str(path)!r}, line {reader.line_num}: {show_error(error)}") from error
    if not accuracies:
        raise InputError(f"table {str(path)!r}: has no rows, must have at least one")
    for name, values in zip(layout.accuracy_columns, zip(*accuracies.values(), strict=True), strict=True):
        wrong = fault(values, of=f"column {name}")
        if wrong is not None:
            raise InputError(f"table {str(path)!r}: {wrong}")
    return CsvContent(
        accuracies={architecture: fmean(found) for architecture, found in accuracies.items()},
        columns=others.arrays(),
        layout=layout,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _check_once(names: list[str], layout: Layout) -> None:
    """Refuse a column of the architecture or the accuracy that is there twice, since one would win unseen."""
    for name in names:
        if name in layout.used and names.count(name) > 1:
            raise InputError(f"its columns are {list(names)}, must have {name} once")


class _Numbers:
    """Collects the columns that hold nothing but numbers."""

    def __init__(self, names: list[str]) -> None:
        self._found: dict[str, list[float]] = {name: [] for name in names if _COLUMN.fullmatch(name)}

    def take(self, row: Mapping[str, Any]) -> None:
        """Take a row's numbers; a column with anything else is given up."""
        for name in list(self._found):
            try:
                self._found[name].append(float(row[name] or "nan"))
            except ValueError:
                del self._found[name]

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the columns that are left and not empty."""
        arrays = {name: np.array(values, np.float64) for name, values in self._found.items()}
        return {name: values for name, values in arrays.items() if not np.isnan(values).all()}


def _read_text(content: bytes, path: Path) -> str:
    try:
        if content.startswith(GZIP):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"table {str(path)!r}: cut short or damaged ({error}): must be a CSV file"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"table {str(path)!r}: not UTF-8 text: must be a CSV file") from error
