"""Flat rows as CSV, and as Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import importlib.util
import io
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError
from wsnas.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CSV, PARQUET = ".csv", ".parquet"
WITHOUT_PYARROW = "pyarrow is not installed, and Parquet needs it: pip install 'wsnas[parquet]'"


def has_parquet() -> bool:
    """Return whether Parquet can be written."""
    return importlib.util.find_spec("pyarrow") is not None


def columns_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the columns of rows that need not all have the same, in the order of their first use."""
    return list(dict.fromkeys(name for row in rows for name in row))


def csv_text(rows: Sequence[dict[str, Any]], columns: Sequence[str] = ()) -> str:
    """Return rows as CSV; a missing value is an empty cell, and `columns` head a table without rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=columns_of(rows) or list(columns))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def check_ending(path: Path) -> None:
    """Raise `InputError` where a file's name does not say which form it gets, or that form is not at hand."""
    if path.suffix.lower() not in (CSV, PARQUET):
        raise InputError(f"{str(path)!r}: a name that ends in {CSV} or {PARQUET} is wanted")
    if path.suffix.lower() == PARQUET and not has_parquet():
        raise InputError(f"{path}: {WITHOUT_PYARROW}")


def write_table(rows: Sequence[dict[str, Any]], path: Path, columns: Sequence[str] = ()) -> None:
    """Write rows to a file, as a whole or not at all: CSV or Parquet by its ending.

    Raises:
        InputError: see `check_ending`.
    """
    check_ending(path)
    if path.suffix.lower() == CSV:
        write_whole(path, csv_text(rows, columns))
        return
    import pyarrow
    import pyarrow.parquet

    names = columns_of(rows) or columns
    table = pyarrow.table({name: _column([row.get(name) for row in rows]) for name in names})
    content = io.BytesIO()
    pyarrow.parquet.write_table(table, content)
    write_whole(path, content.getvalue())


def _column(values: list[Any]) -> list[Any]:
    """Return values of one kind: mixed ones, such as the levels of several factors, become text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1:
        return values
    if kinds == {int, float}:
        return [None if value is None else float(value) for value in values]
    return [None if value is None else str(value) for value in values]
