"""Tables of the user's own, as CSV files with the columns `architecture` and `accuracy`."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from wsnas.errors import InputError
from wsnas.groundtruth.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from wsnas.spaces import Space

A = TypeVar("A")
COLUMNS = ("architecture", "accuracy")


def read_csv(path: Path, space: Space[A]) -> Table[A]:
    """Read a table in UTF-8 whose first row names the columns; further columns are ignored.

    Raises:
        InputError: the file cannot be read or is cut short, an architecture is not of the space or comes
            twice, or an accuracy is no fraction in [0, 1]; the message gives the line.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"table {str(path)!r}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"table {str(path)!r}: not UTF-8 text: must be a CSV file") from error
    # Without this a last accuracy that lost its digits would pass for a right one.
    if text and not text.endswith(("\n", "\r")):
        raise InputError(f"table {str(path)!r}: cut short, its last line must end with a newline")

    accuracies: dict[A, float] = {}
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if not set(COLUMNS) <= set(reader.fieldnames or ()):
            raise InputError(
                f"its columns are {reader.fieldnames or []}, must include {' and '.join(COLUMNS)}"
            )
        for row in reader:
            architecture, accuracy = _parse_row(row, space)
            if architecture in accuracies:
                raise InputError(f"{row['architecture']} is there a second time")
            accuracies[architecture] = accuracy
    except (InputError, csv.Error) as error:
        raise InputError(f"table {str(path)!r}, line {reader.line_num}: {error}") from error
    if not accuracies:
        raise InputError(f"table {str(path)!r}: has no rows, must have at least one")
    return Table(
        name=path.name,
        space=space.name,
        entries=tuple(accuracies),
        accuracies=np.array(list(accuracies.values()), np.float64),
        origin=str(path),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _parse_row(row: dict[str | None, str | None], space: Space[A]) -> tuple[A, float]:
    if None in row or None in row.values():
        raise InputError("must have as many fields as the first line")
    architecture = space.parse(row["architecture"] or "")
    value = row["accuracy"] or ""
    try:
        accuracy = float(value)
    except ValueError:
        accuracy = float("nan")
    if not 0 <= accuracy <= 1:
        raise InputError(f"accuracy {value!r} must be a fraction from 0 to 1")
    return architecture, accuracy
