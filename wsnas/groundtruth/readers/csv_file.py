"""CSV files for import: the names of their columns may be given."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.groundtruth.csv_layout import ACCURACY, ARCHITECTURE, GraphLayout, PlainLayout, has_graphs, repeats
from wsnas.groundtruth.csv_table import GZIP, parse_csv
from wsnas.groundtruth.rows import Column, Rows

if TYPE_CHECKING:
    from pathlib import Path

    from wsnas.groundtruth.csv_layout import Layout
    from wsnas.groundtruth.rows import Progress
    from wsnas.spaces import Space

TITLE = "a CSV file with the columns architecture and accuracy, or those that are named"
_HINT = "; others are named with --architecture-column and --accuracy-column"
_GRAPH_SPACE = "nb101"
_LONGEST_HEADER = 1 << 16


@dataclass(frozen=True, kw_only=True)
class CsvOptions:
    """How to read a CSV file; None leaves it to the file."""

    architecture_column: str | None = None
    accuracy_column: str | None = None
    percent: bool = False


def recognise(path: Path) -> bool:
    """Return whether the file is text, perhaps compressed, whose first line names two columns or more."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            compressed = file.read(len(GZIP)) == GZIP
        with gzip.open(path) if compressed else path.open("rb") as file:
            line = file.readline(_LONGEST_HEADER).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return False
    return "," in line and line.rstrip("\r\n").isprintable()


def read(path: Path, space: Space[Any], progress: Progress, options: CsvOptions) -> Rows:
    """Read a CSV file; its further columns of numbers are kept as they are.

    Raises:
        InputError: as `wsnas.groundtruth.csv_table.read_csv` does.
    """
    content = parse_csv(path, space, lambda names: _layout(names, space, options))
    progress(1.0)
    return Rows(
        architectures=[space.format(architecture) for architecture in content.accuracies],
        accuracies=np.array(list(content.accuracies.values()), np.float64),
        origin=f"{path.name}, {content.layout}",
        columns={
            name: Column(values=values, meaning=f"column {name} of {path.name}")
            for name, values in content.columns.items()
        },
    )


def _layout(names: list[str], space: Space[Any], options: CsvOptions) -> Layout:
    if space.name == _GRAPH_SPACE and options.architecture_column is None and has_graphs(names):
        named = options.accuracy_column
        columns = (named,) if named else repeats(names)
        return GraphLayout(accuracy_columns=columns, percent=options.percent)
    return PlainLayout(
        architecture_column=options.architecture_column or ARCHITECTURE,
        accuracy_column=options.accuracy_column or ACCURACY,
        percent=options.percent,
        hint=_HINT,
    )
