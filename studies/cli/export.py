"""`wsnas export`: the tables of a study as CSV and Parquet."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studies.cli._options import StudyChoice

if TYPE_CHECKING:
    from studies.report.own.study import OwnStudy
    from studies.report.tables.catalogue import Row
    from studies.schedule.study import OpenStudy

_TRIALS = "trials"


@dataclass(frozen=True, kw_only=True)
class ExportCommand(StudyChoice):
    """Write a table of a study, all finished trials by default, or every table into a folder."""

    table: str = _TRIALS
    """Which table: trials (confirmations included), curves, measured, ranking, screen, recipe or search; of
    a wide screen also importance, effects, interactions and divergence; of a study by the objective alone
    trials, curves, front, importance and effects."""
    out: Path | None = None
    """File to write, which ends in .csv or .parquet; CSV on standard output by default."""
    into: Path | None = None
    """Folder that gets every table as CSV, and as Parquet where pyarrow is installed."""

    def run(self) -> int:
        """Export."""
        from studies.report.own.study import OwnStudy
        from studies.report.own.tables import OWN_TABLES
        from studies.report.tables.catalogue import TABLES
        from studies.report.tables.files import (
            CSV,
            PARQUET,
            WITHOUT_PYARROW,
            check_ending,
            csv_text,
            has_parquet,
            write_table,
        )
        from wsnas.errors import InputError, one_of
        from wsnas.files import own_folder

        if self.table not in (*TABLES, *OWN_TABLES):
            raise InputError(f"table {self.table!r}: {one_of(self.table, TABLES)}")
        if self.into is None:
            if self.out is not None:
                check_ending(self.out)
            opened = self.open_any()
            (rows,) = self._rows(opened, [self.table]).values()
            if self.out is None:
                sys.stdout.write(csv_text(rows, _columns(self.table, opened)))
            else:
                write_table(rows, self.out, _columns(self.table, opened))
            return 0
        if self.out is not None or self.table != _TRIALS:
            raise InputError(f"into {str(self.into)!r}: it gets every table, so leave out --out and --table")
        opened = self.open_any()
        tables = self._rows(opened, list(OWN_TABLES if isinstance(opened, OwnStudy) else TABLES))
        endings = (CSV, PARQUET) if has_parquet() else (CSV,)
        own_folder(self.into, *(f"{name}{ending}" for name in tables for ending in endings))
        for name, rows in tables.items():
            for ending in endings:
                write_table(rows, self.into / f"{name}{ending}", _columns(name, opened))
        sys.stdout.write(f"{len(tables)} tables in {self.into}: {', '.join(tables)}\n")
        if PARQUET not in endings:
            sys.stdout.write(f"As CSV only: {WITHOUT_PYARROW}\n")
        return 0

    def _rows(self, opened: OpenStudy | OwnStudy, names: list[str]) -> dict[str, list[Row]]:
        from studies.report.gather import gather
        from studies.report.own.study import OwnStudy
        from studies.report.tables.catalogue import TABLES
        from studies.report.tables.trial_rows import trial_rows
        from wsnas.errors import InputError, one_of

        if isinstance(opened, OwnStudy):
            return {name: opened.table(name) for name in names}
        if unknown := set(names) - TABLES.keys():
            raise InputError(f"table {unknown.pop()!r}: {one_of(names[0], TABLES)}")
        if names == [_TRIALS]:
            # Thousands of trials need no analysis to be written.
            return {_TRIALS: trial_rows(opened)}
        answer = gather(opened)
        return {name: TABLES[name](opened, answer) for name in names}


def _columns(name: str, opened: OpenStudy | OwnStudy) -> tuple[str, ...]:
    """Return the columns of a table while it has no rows."""
    from studies.report.own.study import OwnStudy
    from studies.report.own.tables import own_columns
    from studies.report.tables.catalogue import columns

    return own_columns(name, opened) if isinstance(opened, OwnStudy) else columns(name, opened)
