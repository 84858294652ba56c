"""`wsnas verdicts`: the paper's claims, confirmed, refuted or undecided by a study's screen."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.cli._options import BEGINS_ANEW, GOES_ON, TuningChoice, check_counts, check_numbers

if TYPE_CHECKING:
    from rich.console import Console

    from studies.schedule.study import OpenStudy


@dataclass(frozen=True, kw_only=True)
class VerdictsCommand(TuningChoice):
    """Judge each claim of the paper by a study's screen, and write verdicts.md and verdicts.json.

    Nothing is trained unless --more asks for it.
    """

    more: int = 0
    """Further trials of the study before that; seeds go where they decide. Stop it at any time: the same
    command resumes, and adds nothing before the study is complete."""
    hours: float | None = None
    """With --more: no trial is started after this many hours."""
    workers: int | None = None
    """With --more: worker processes; one for each core by default, one on a GPU."""
    json: bool = False
    """Print JSON for programs."""

    @property
    def after_stop(self) -> str:
        """What to do once it was stopped."""
        return GOES_ON if self.more else BEGINS_ANEW

    def run(self) -> int:
        """Judge."""
        from rich.console import Console

        from studies.verdicts import gather
        from studies.verdicts.page import to_json, to_markdown
        from studies.verdicts.terminal import print_findings
        from wsnas.files import write_whole

        check_numbers(self, "workers", "hours", more=0)
        check_counts(self, "more")
        console = Console(highlight=False, soft_wrap=True, stderr=self.json)
        opened = self._opened()
        findings = gather(opened)
        if self.more:
            self._add(opened, console)
            findings = gather(opened)
        folder = self.own_folder_if_writable()
        if self.json:
            sys.stdout.write(to_json(findings))
        else:
            print_findings(findings, console)
        if folder is not None:
            page, figures = folder / "verdicts.md", folder / "verdicts.json"
            write_whole(page, to_markdown(findings, command=self._command()))
            write_whole(figures, to_json(findings))
            console.print(f"Written: {page}, {figures}", markup=False)
        return 0

    def _opened(self) -> OpenStudy:
        from studies.config.commands import make_command
        from wsnas.errors import InputError

        try:
            return self.open_to_work() if self.more else self.open()
        except InputError as error:
            first = make_command("study", space=self.space, scale=self.scale, **self.shown_choice)
            raise InputError(f"{error} (verdicts want a study: first `{first}`)") from None

    def _add(self, opened: OpenStudy, console: Console) -> None:
        """Raise the budget of a complete study, and work on what is to do."""
        from objectives.question.inputs import check_place
        from studies.cli.study import crew_size, work_on
        from studies.schedule import attributes
        from studies.schedule.budget import counted
        from studies.schedule.plan import plan_trials
        from studies.schedule.stages import Stage, plan_next, progress_of
        from studies.workers.status import about

        check_place(opened.settings, self.place)
        complete = progress_of(opened).stage is Stage.DONE
        kept = opened.study.user_attrs
        plan_trials(opened, budget=kept[attributes.BUDGET] + self.more if complete else None)
        plan_next(opened)
        workers = crew_size(opened, self.device, self.workers, console)
        trials = counted(opened.study)
        lengths = [trial.duration.total_seconds() for trial in trials if trial.duration is not None]
        left = opened.study.user_attrs[attributes.BUDGET] - len(trials)
        seconds = left * sum(lengths) / len(lengths) / workers if lengths else None
        time = "for a time that is not known yet" if seconds is None else about(seconds)
        told = "" if complete else " The study was not complete, so these are its own and nothing is added."
        console.print(
            f"{left} runs to do, {time}; then what helps is tried again, and a new winner confirmed.{told}",
            markup=False,
        )
        work_on(opened, self, workers=workers, hours=self.hours, console=console)
        console.print("The study's own command brings its report up to date.", markup=False)

    def _command(self) -> str:
        """Return what makes the page again; with --more it would train."""
        from studies.config.commands import shell_command

        return shell_command("verdicts", space=self.space, scale=self.scale, **self.shown_choice)
