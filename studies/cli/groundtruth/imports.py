"""`wsnas groundtruth import`: official files and tables of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro


@dataclass(frozen=True, kw_only=True)
class ImportCommand:
    """Import a table: NAS-Bench-101, NAS-Bench-201 and NDS files as published, or a CSV file.

    Read are nasbench_only108.tfrecord and nasbench_full.tfrecord, NAS-Bench-201-v1_1-096897.pth,
    NATS-tss-v1_0-*-simple folders and archives, DARTS.json and DARTS_fix-w-d.json (also as
    nds_data.zip/DARTS.json), and CSV files. The table is then known by its name: --table NAME.
    """

    space: tyro.conf.Positional[str]
    """Search space."""
    file: tyro.conf.Positional[Path]
    """The file or folder."""
    name: str | None = None
    """What to call the table; the file's own name by default."""
    architecture_column: str | None = None
    """Column of a CSV file that holds the architectures; ``architecture`` by default."""
    accuracy_column: str | None = None
    """Column of a CSV file that holds the accuracies; ``accuracy`` by default."""
    percent: bool = False
    """The CSV file's accuracies are in percent, not fractions."""
    replace: bool = False
    """Replace another table of that name; studies that were made with it cannot go on then."""

    def run(self) -> int:
        """Import it."""
        from rich.console import Console

        from studies.config.commands import make_command
        from studies.search.steps import steps
        from wsnas.groundtruth import import_table
        from wsnas.spaces import get_space

        console = Console(highlight=False, soft_wrap=True)
        space = get_space(self.space)
        with steps(f"reading {self.file.name}", total=100, unit="%") as tell:
            table = import_table(
                space,
                self.file,
                name=self.name,
                architecture_column=self.architecture_column,
                accuracy_column=self.accuracy_column,
                percent=self.percent,
                replace=self.replace,
                progress=lambda share: tell(100 * share),
            )
        console.print(f"[b]{table.name}[/b]: {len(table):,} of {space.size:,} architectures of {space.name}")
        use = make_command("study", space=space.name, study=table.name, table=table.name)
        console.print(f"  {table.origin}\n  use it: {use}", markup=False)
        return 0
