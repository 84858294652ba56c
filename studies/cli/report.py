"""`wsnas report`: the answer so far, of one study or of all."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from studies.cli._options import StudyChoice

if TYPE_CHECKING:
    from studies.report.answer import Answer

OVERVIEW = "overview.html"


@dataclass(frozen=True, kw_only=True)
class ReportCommand(StudyChoice):
    """Show a study's answer so far and write report.html; nothing is trained."""

    figures: Path | None = None
    """Folder that also gets every picture as PNG and PDF."""
    json: bool = False
    """Print the answer as JSON for programs, and nothing else; no file is written."""
    all: bool = False
    """Write overview.html, one page across all studies of the storage, and the report.html of each."""

    def run(self) -> int:
        """Report."""
        from rich.console import Console

        from studies.report.finish import finish

        if self.json:
            return self._json()
        if self.all:
            return self._overview()
        opened = self.open()
        answer = finish(opened, folder=self.folder, place=None, console=Console())
        if self.figures is not None:
            from studies.report import save_figures

            save_figures(answer, self.figures, formats=("png", "pdf"))
        return 0

    def _json(self) -> int:
        import json

        from studies.report.gather import gather
        from studies.report.tables.answer_json import answer_dictionary
        from studies.verdicts import verdict_rows
        from wsnas.errors import InputError

        for option, given in (("all", self.all), ("figures", self.figures is not None)):
            if given:
                raise InputError(f"json {self.json}: it is printed alone, so leave out --{option}")
        opened = self.open()
        content = answer_dictionary(gather(opened), verdicts=verdict_rows(opened) or ())
        # Infinite and missing figures are no JSON.
        sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
        return 0

    def _overview(self) -> int:
        from rich.console import Console

        from studies.config.commands import shell_command, without_password
        from studies.config.places import CONFIRM_SUFFIX
        from studies.report import save_figures, write_html
        from studies.report.gather import gather
        from studies.report.page.overview import conclusion, render_overview, what_mattered
        from studies.schedule.study import open_study, study_names
        from wsnas.errors import InputError
        from wsnas.files import write_whole

        if self.study is not None:
            raise InputError(f"study {self.study!r}: --all shows every study, so leave out --study")
        self.warn_of_password()
        console = Console(highlight=False)
        page = self._page()
        answers: list[Answer] = []
        links: dict[str, str] = {}
        left_out: list[str] = []
        for name in study_names(self.address):
            if name.endswith(CONFIRM_SUFFIX):
                continue
            try:
                folder, answer = replace(self, study=name).folder, gather(open_study(self.address, name))
            except InputError as error:
                left_out.append(f"{name}: {error}")
                continue
            folder.mkdir(parents=True, exist_ok=True)
            write_html(answer, folder / "report.html")
            if self.figures is not None:
                save_figures(answer, self.figures / folder.name, formats=("png", "pdf"))
            answers.append(answer)
            links[name] = quote(f"{folder.name}/report.html")
        command = shell_command("report", all=True, storage=without_password(self.address.shown))
        page.parent.mkdir(parents=True, exist_ok=True)
        write_whole(page, render_overview(answers, links=links, command=command, left_out=left_out))
        for line in (conclusion(answers), what_mattered(answers), f"Overview: {page}"):
            console.print(line, markup=False, soft_wrap=True)
        for line in left_out:
            console.print(f"Left out: {line}", markup=False, soft_wrap=True)
        return 0

    def _page(self) -> Path:
        """Return where the page goes: beside the folders of the studies."""
        own = self.folder
        return own.with_name(f"{own.name.removesuffix(self.study_name)}{OVERVIEW}")
