"""`wsnas study`: create or resume a study and work on it until its answer is complete."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from studies.cli._options import TuningChoice, check_counts, check_numbers

if TYPE_CHECKING:
    from rich.console import Console

    from studies.cli._options import WorkChoice
    from studies.config.settings import StudySettings
    from studies.schedule.study import OpenStudy

MOST_GRACE = 7 * 86400
"""A week."""


@dataclass(frozen=True, kw_only=True)
class StudyCommand(TuningChoice):
    """Create or resume a study: try recipes, choose the best, confirm it and show the answer."""

    action: tyro.conf.Positional[Literal["run", "plan", "repair"]] = "run"
    """run; plan: say what it is going to take and what it can tell apart, and begin nothing; repair: return
    what is stuck to the queue and say what was done."""
    trials: int | None = None
    """Budget of trials of tune and screen, baselines included; the study's own, or the scale's, by default.
    Raised later, it adds seeds to the screen."""
    tune_more: int = 0
    """Further trials that look for a better recipe, added to the budget of a study that exists."""
    screen: Literal["changes", "sobol"] = "changes"
    """changes: one change at a time around the best recipe. sobol: points all over the space, at least 4
    for each factor."""
    hours: float | None = None
    """No trial is started after this many hours; the same command resumes."""
    workers: int | None = None
    """Worker processes; by default one for each core, on a GPU as many as a card bears."""
    data: str | None = None
    """Images: fashion-clutter, fashion or cifar10; the scale's own by default."""
    table: str | None = None
    """Ground truth: a table's name or a CSV file; the space's own by default."""
    seed: int = 0
    """Source of all randomness."""
    factors: str = ""
    """Comma-separated factors to study; all others are held at their defaults."""
    fix: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """A factor to hold, as name=value; may be given several times."""
    domains: Path | None = None
    """TOML file with other domains for factors."""
    grace: int | None = None
    """Seconds of silence after which a worker on another host counts as dead; 60 by default."""

    @property
    def after_stop(self) -> str:
        """What to do once it was stopped."""
        return f"{self._again} goes on from here"

    @property
    def _again(self) -> str:
        return "the same command without --tune-more" if self.tune_more else "the same command"

    def run(self) -> int:
        """Run the study."""
        from rich.console import Console

        from objectives.question.inputs import check_place
        from studies.schedule import attributes
        from studies.schedule.plan import plan_trials, without_screen
        from studies.schedule.queue import open_beside
        from studies.schedule.stages import Stage, plan_next
        from studies.schedule.study import create_or_open, study_exists

        self._check()
        console = Console()
        if self.action == "repair":
            return self._repair(console)
        settings = self._settings()
        check_place(settings, self.place)
        if self.action == "plan":
            return self._plan(settings, console)
        self._check_new(settings)
        self.warn_of_password()
        if not study_exists(self.address, self.study_name):
            console.print("Measuring the size of each architecture of the pools, once.", highlight=False)
        opened = create_or_open(self.address, self.study_name, settings, grace=self.grace, tuning=self.tuning)
        self.own_folder()
        plan_trials(opened, budget=self.trials, tune_more=self.tune_more)
        if plan_next(opened).stage is Stage.DONE and not open_beside(opened):
            console.print(f"Study [b]{self.study_name}[/b] is complete; nothing is left to train.")
        else:
            kept = opened.study.user_attrs
            note = without_screen(settings, budget=kept[attributes.BUDGET], tune=kept[attributes.TUNE])
            if note is not None:
                console.print(note, highlight=False, soft_wrap=True, markup=False)
            if (larger := larger_scale(settings.scale, self.device)) is not None:
                console.print(larger, highlight=False, soft_wrap=True, markup=False)
            workers = crew_size(opened, self.device, self.workers, console)
            work_on(opened, self, workers=workers, hours=self.hours, console=console, again=self._again)
        return self._answer(opened, console)

    def _plan(self, settings: StudySettings, console: Console) -> int:
        from studies.report.words.budget_plan import budget_plan
        from studies.workers.processes.capacity import default_workers, expected_bytes

        workers = self.workers or default_workers(self.device)
        needed = expected_bytes(settings, self.device)
        for line in budget_plan(settings, trials=self.trials, workers=workers, worker_bytes=needed):
            console.print(line, highlight=False, soft_wrap=True, markup=False)
        return 0

    def _repair(self, console: Console) -> int:
        from studies.workers.repair import repair, restore

        done = restore(self.address, self.study_name)
        done += repair(self.open(), checkpoints=self.checkpoint_folder)
        for line in done or ["nothing is stuck"]:
            console.print(line, highlight=False, soft_wrap=True, markup=False)
        return 0

    def _answer(self, opened: OpenStudy, console: Console) -> int:
        from studies.report.finish import finish
        from studies.schedule.recovery import given_up
        from studies.workers.leftovers import sweep_checkpoints
        from wsnas.errors import RunError

        answer = finish(opened, folder=self.folder, place=self.place, console=console)
        sweep_checkpoints(opened, self.checkpoint_folder)
        lost = [*given_up(opened.study).values(), *given_up(opened.confirm).values()]
        if lost:
            raise RunError(f"{len(lost)} of the study's runs failed for good: {lost[0]}")
        if answer.trials and all(trial.diverged for trial in answer.trials):
            raise RunError("every trial diverged: lower the learning_rate with --fix or --domains")
        return 0

    def _settings(self) -> StudySettings:
        from objectives.factors import NAMES
        from objectives.provided import provided_factors
        from studies.config.settings import choose_settings
        from studies.schedule.study import kept_factors
        from wsnas.spaces import BUILT_IN

        # Only other packages' factors can have come or gone since a study was made, and which of ours the
        # super-nets of their spaces read.
        foreign = self.space not in BUILT_IN or provided_factors(NAMES)
        kept = kept_factors(self.address, self.study_name) if foreign else None
        return choose_settings(
            space=self.space,
            scale=self.scale,
            data=self.data,
            table=self.table,
            seed=self.seed,
            only=tuple(name.strip() for name in self.factors.split(",") if name.strip()),
            fixed=self.fix,
            domains=self.domains,
            screen=self.screen,
            kept=kept,
        )

    def _check(self) -> None:
        from studies.config.places import refuse_foreign_folder
        from wsnas.errors import InputError

        refuse_foreign_folder(self.folder)
        check_numbers(self, "trials", "workers", "hours", seed=0, tune_more=0)
        check_counts(self, "trials", "tune_more")
        if self.sampler or self.pruner:
            self.tuning.check()
        if self.grace is not None and not 2 <= self.grace <= MOST_GRACE:
            raise InputError(f"grace {self.grace}: at least 2 seconds are wanted, at most {MOST_GRACE}")

    def _check_new(self, settings: StudySettings) -> None:
        """Find pools and a budget that a new study cannot have before anything is written."""
        from objectives.question.inputs import check_pools, load_pools
        from studies.schedule.plan import settle_budget
        from studies.schedule.study import study_exists

        if study_exists(self.address, self.study_name):
            return
        check_pools(settings, load_pools(settings))
        if self.screen == "sobol" or self.tune_more > 0:
            settle_budget(settings, {}, budget=self.trials, tune_more=self.tune_more)


def larger_scale(scale: str, device: str) -> str | None:
    """Return what a GPU offers to who runs the scale for CPUs on it; None where there is nothing to say."""
    from objectives.question.inputs import resolve_device

    if scale != "mini" or resolve_device(device) == "cpu":
        return None
    return (
        "A GPU is here: --scale gpu has larger super-nets and four times the trials, for an expected half to"
        " one and a half hours of a card and 16 cores"
    )


def crew_size(opened: OpenStudy | None, device: str, asked: int | None, console: Console) -> int:
    """Return how many workers this machine gets; where fewer than asked for fit, say so."""
    from studies.workers.processes.capacity import default_workers, fitting_workers

    workers, fewer = fitting_workers(opened, asked or default_workers(device), device)
    if fewer is not None:
        console.print(fewer, highlight=False, soft_wrap=True, markup=False)
    return workers


def work_on(
    opened: OpenStudy,
    choice: WorkChoice,
    *,
    workers: int,
    hours: float | None,
    console: Console,
    again: str = "the same command",
) -> None:
    """Run workers until the study's answer is complete or the hours are over, and show how far they are.

    Args:
        opened: The study, with its trials planned.
        choice: Where its files go and on what it runs.
        workers: How many processes.
        hours: No trial is started after these.
        console: Where progress is shown.
        again: What resumes a study that was stopped.
    """
    from studies.cli.workers.progress import ProgressDisplay
    from studies.storage.retry import OUTAGE_SECONDS
    from studies.workers.launch import run_workers

    console.print(
        f"Study [b]{opened.name}[/b] in {choice.address}, {workers} worker{'s' * (workers > 1)}."
        f" Stop it at any time: {again} resumes.",
        highlight=False,
        soft_wrap=True,
    )
    opened.storage.retry_seconds = OUTAGE_SECONDS
    with ProgressDisplay(opened, workers=workers, console=console) as display:
        run_workers(
            opened,
            workers=workers,
            place=choice.place,
            folders=choice.folders,
            deadline=None if hours is None else time.time() + 3600 * hours,
            show=display,
        )
