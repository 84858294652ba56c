"""`wsnas export`: all trials of a study as a table."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path

from studies.cli._options import StudyChoice


@dataclass(frozen=True, kw_only=True)
class ExportCommand(StudyChoice):
    """Write all finished trials, confirmations included, as CSV."""

    out: Path | None = None
    """File to write; standard output by default."""

    def run(self) -> int:
        """Export."""
        from studies.export import trial_rows
        from wsnas.files import write_whole

        rows = trial_rows(self.open())
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
        if self.out is None:
            sys.stdout.write(text.getvalue())
        else:
            write_whole(self.out, text.getvalue())
        return 0
