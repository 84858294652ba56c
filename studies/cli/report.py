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
    from studies.report.own.study import OwnStudy


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
        from studies.report.own.study import OwnStudy

        if self.json:
            return self._json()
        if self.all:
            return self._overview()
        opened = self.open_any()
        if isinstance(opened, OwnStudy):
            return self._own(opened)
        answer = finish(opened, folder=self.own_folder_if_writable(), place=None, console=Console())
        if self.figures is not None:
            from studies.report import save_figures

            save_figures(answer, self.figures, formats=("png", "pdf"))
        return 0

    def _own(self, own: OwnStudy) -> int:
        from rich.console import Console

        from studies.report.own.terminal import print_own
        from wsnas.errors import InputError

        if self.figures is not None:
            raise InputError(f"figures {str(self.figures)!r}: such a study has its page only")
        folder = self.own_folder_if_writable()
        page = None if folder is None else folder / "report.html"
        if page is not None:
            own.write_report(page)
        print_own(own, Console(), page=page)
        return 0

    def _json(self) -> int:
        import json

        from studies.report.gather import gather
        from studies.report.own.study import OwnStudy
        from studies.report.own.tables import own_dictionary
        from studies.report.tables.answer_json import answer_dictionary
        from studies.verdicts import verdict_rows
        from wsnas.errors import InputError

        for option, given in (("all", self.all), ("figures", self.figures is not None)):
            if given:
                raise InputError(f"json {self.json}: it is printed alone, so leave out --{option}")
        opened = self.open_any()
        content = (
            own_dictionary(opened)
            if isinstance(opened, OwnStudy)
            else answer_dictionary(gather(opened), verdicts=verdict_rows(opened) or ())
        )
        # Infinite and missing figures are no JSON.
        sys.stdout.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
        return 0

    def _overview(self) -> int:
        from rich.console import Console

        from studies.config.commands import shell_command, without_password
        from studies.config.places import CONFIRM_SUFFIX, overview_page
        from studies.report import save_figures, write_html
        from studies.report.gather import gather
        from studies.report.page.overview import TITLE, conclusion, render_overview, what_mattered
        from studies.schedule.study import open_study, study_names
        from wsnas.errors import InputError, show_error, show_text
        from wsnas.files import can_write, make_folder, write_whole

        if self.study is not None:
            raise InputError(f"study {self.study!r}: --all shows every study, so leave out --study")
        self.warn_of_password()
        console = Console(highlight=False)
        page = overview_page(database=self.address.database, shown=self.address.shown)
        if page.exists() and TITLE not in page.read_text("utf-8", "replace"):
            raise InputError(f"{page}: the overview goes there, and wsnas did not make it: move it away")
        kept = can_write(page.parent)
        answers: list[Answer] = []
        links: dict[str, str] = {}
        left_out: list[str] = []
        for name in study_names(self.address):
            if name.endswith(CONFIRM_SUFFIX):
                continue
            # Whatever is wrong with one study, others' answers do not wait for it.
            try:
                answer = gather(open_study(self.address, name))
                one = replace(self, study=name)
                if kept:
                    write_html(answer, one.own_folder() / "report.html")
                if self.figures is not None:
                    save_figures(answer, self.figures / one.folder.name, formats=("png", "pdf"))
            except Exception as error:
                left_out.append(f"{show_text(name)}: {show_error(error)}")
                continue
            answers.append(answer)
            links[name] = quote(f"{one.folder.name}/report.html")
        told = f"No page is written, since {page.parent} can only be read."
        if kept:
            command = shell_command("report", all=True, storage=without_password(self.address.shown))
            make_folder(page.parent)
            write_whole(page, render_overview(answers, links=links, command=command, left_out=left_out))
            told = f"Overview: {page}"
        for line in (conclusion(answers), what_mattered(answers), told):
            console.print(line, markup=False, soft_wrap=True)
        for line in left_out:
            console.print(f"Left out: {line}", markup=False, soft_wrap=True)
        return 0
