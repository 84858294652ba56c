"""Tables that `wsnas groundtruth build` makes: a folder with every training as a row, and its description.

``table.csv`` has the columns `architecture`, `seed`, `accuracy` (a fraction), `seconds` and `device`; an
architecture has one row for each of its trainings, and its accuracy is their mean. ``table.json`` names the
space, tells how the trainings were done, and holds the SHA-256 of ``table.csv`` and the noise ceiling.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from wsnas.errors import InputError, show_error, show_text
from wsnas.groundtruth.judging import fault
from wsnas.groundtruth.table import Ceiling, Table, read_ceiling

if TYPE_CHECKING:
    from wsnas.spaces import Space

A = TypeVar("A")
FOLDER = Path(__file__).with_name("embedded")
ROWS, DESCRIPTION = "table.csv", "table.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What ``table.json`` says."""

    name: str
    """How users call the table."""
    space: str
    """Name of the space."""
    origin: str
    """How the accuracies were measured."""
    sha256: str
    """SHA-256 of ``table.csv``, in hexadecimal."""
    seed: int
    """The job's seed."""
    protocol: dict[str, Any]
    """Settings of the training."""
    ceiling: Ceiling | None
    """The noise ceiling; None where too few architectures were trained twice."""


def embedded_tables(space: str) -> dict[str, Path]:
    """Return the folders of the measured tables of a space that the package carries, by name."""
    found = {}
    for file in sorted(FOLDER.glob(f"*/{DESCRIPTION}")):
        if read_description(file.parent).space == space:
            found[file.parent.name] = file.parent
    return found


def is_measured(path: Path) -> bool:
    """Return whether a path is the folder of a measured table."""
    return (path / DESCRIPTION).is_file()


def read_description(folder: Path) -> Description:
    """Read what a folder's table is; `InputError` where that cannot be told."""
    file = folder / DESCRIPTION
    try:
        values = json.loads(file.read_text("utf-8"))
        ceiling = read_ceiling(values.pop("ceiling"))
        for name in ("name", "space", "origin", "sha256"):
            if not isinstance(values[name], str):
                raise TypeError(f"its {name} is no text")
        return Description(ceiling=ceiling, **values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            f"table {str(file)!r}: no description of a measured table ({show_error(error)})"
        ) from error


def read_measured(folder: Path, space: Space[A]) -> Table[A]:
    """Read a measured table.

    Raises:
        InputError: it is damaged, of another space, or a row is none.
    """
    description = read_description(folder)
    if description.space != space.name:
        raise InputError(
            f"table {str(folder)!r}: is of space {show_text(description.space)}, not of {space.name}"
        )
    file = folder / ROWS
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"table {str(file)!r}: {error.strerror or error}") from error
    if hashlib.sha256(content).hexdigest() != description.sha256:
        raise InputError(f"table {str(file)!r}: damaged, its SHA-256 must be {show_text(description.sha256)}")
    measured = _parse(content, file, space)
    trainings = [np.array(values) for values in measured.values()]
    for repeat in range(max(map(len, trainings))):
        several = [values[repeat] for values in trainings if len(values) > repeat]
        wrong = fault(several, of=f"training {repeat + 1}")
        if wrong is not None:
            raise InputError(f"table {str(file)!r}: {wrong}")
    return Table(
        name=description.name,
        space=space.name,
        entries=tuple(measured),
        # Whatever the order of the trainings, equal ones tie.
        accuracies=np.array([fmean(values) for values in trainings]),
        origin=description.origin,
        sha256=description.sha256,
        ceiling=description.ceiling,
        encodings=space.encodings,
        columns={
            "trainings": np.array([float(len(values)) for values in trainings]),
            "deviation": np.array(
                [values.std(ddof=1) if len(values) > 1 else np.nan for values in trainings]
            ),
        },
    )


def _parse(content: bytes, file: Path, space: Space[A]) -> dict[A, list[float]]:
    """Return the accuracies of each architecture's trainings."""
    measured: dict[A, list[float]] = {}
    reader = csv.DictReader(io.StringIO(content.decode("utf-8", "replace"), newline=""))
    try:
        for row in reader:
            if None in row.values():
                raise InputError("must have as many fields as the first line")
            accuracy = float(row["accuracy"])
            if not 0 <= accuracy <= 1:
                raise InputError(f"accuracy {accuracy:g} is no fraction from 0 to 1")
            measured.setdefault(space.parse(row["architecture"]), []).append(accuracy)
    except KeyError as error:
        raise InputError(f"table {str(file)!r}: has no column {error}") from error
    except (ValueError, TypeError, csv.Error) as error:
        raise InputError(f"table {str(file)!r}, line {reader.line_num}: {show_error(error)}") from error
    if not measured:
        raise InputError(f"table {str(file)!r}: has no rows")
    return measured
