"""`wsnas search`: random search with the winner's super-net."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studies.cli._options import StudyChoice


@dataclass(frozen=True, kw_only=True)
class SearchCommand(StudyChoice):
    """Rank random architectures with the confirmed best super-net; no ground truth is used to pick."""

    size: int | None = None
    """Architectures to rank; the scale's own by default."""
    data_dir: Path | None = None
    """Folder of cifar10's binary archive."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""

    def run(self) -> int:
        """Search."""
        from rich.console import Console
        from rich.table import Table

        from studies.context import Place
        from studies.final import search
        from wsnas.errors import InputError

        if self.size is not None and self.size < 1:
            raise InputError(f"size {self.size}: a number above 0 is wanted")
        place = Place(data_dir=self.data_dir, device=self.device)
        outcome = search(self.open(), folder=self.folder, place=place, size=self.size)
        if outcome is None:
            raise InputError(f"study {self.study_name!r} has no confirmed recipe yet: `wsnas study` goes on")
        table = Table("architecture", "super-net", "truth", f"rank of {outcome.table_size}")
        for found in outcome.found:
            table.add_row(
                found.architecture,
                f"{found.supernet_accuracy:.3f}",
                f"{100 * found.truth:.2f} %",
                str(found.rank),
            )
        Console().print(table)
        return 0
