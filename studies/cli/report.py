"""`wsnas report`: the answer so far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studies.cli._options import StudyChoice


@dataclass(frozen=True, kw_only=True)
class ReportCommand(StudyChoice):
    """Show a study's answer so far and write report.html; nothing is trained."""

    figures: Path | None = None
    """Folder that also gets every picture as PNG and PDF."""

    def run(self) -> int:
        """Report."""
        from rich.console import Console

        from studies.final import finish

        handle = self.open()
        answer = finish(handle, folder=self.folder, place=None, console=Console())
        if self.figures is not None:
            from studies.report import save_figures

            save_figures(answer, self.figures, formats=("png", "pdf"))
        return 0
