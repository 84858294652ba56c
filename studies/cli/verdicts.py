"""`wsnas verdicts`: the paper's claims, confirmed, refuted or undecided by an ablation."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studies.cli._options import StorageChoice, check_numbers

if TYPE_CHECKING:
    from rich.console import Console

    from studies.schedule.study import OpenStudy
    from studies.verdicts.findings import Findings
    from studies.verdicts.store import Question
    from studies.verdicts.study_effects import StudyEffects


@dataclass(frozen=True, kw_only=True)
class VerdictsCommand(StorageChoice):
    """Judge each claim of the paper by a one-factor ablation around the best recipe.

    The reference recipe is --recipe, else the confirmed winner of --study, else the scale's own. Stop it at
    any time: the same command resumes, and more --seeds may be asked for later. Other shells join by the same
    command.
    """

    space: str = "nb201"
    """Search space, or all for all three."""
    scale: str = "mini"
    """How big runs are: mini or paper."""
    seeds: int = 3
    """Fresh seeds for each recipe; the reference recipe gets three times as many."""
    claims: str = ""
    """Comma-separated names of the claims to train for, as in SPACE.json; all by default."""
    workers: int | None = None
    """Worker processes; one for each core by default, one on a GPU; with 0 nothing is trained."""
    hours: float | None = None
    """No training is begun after this many hours (for each space); the same command resumes."""
    recipe: Path | None = None
    """Recipe file such as best.toml to ablate around; it also names scale, data and table."""
    study: str | None = None
    """Study whose winner is the reference and whose effects are shown beside; SPACE-SCALE by default."""
    trials: Path | None = None
    """Trials of a study, as `wsnas export` writes them, whose effects are shown beside the verdicts."""
    data: str | None = None
    """Images: fashion-clutter, fashion or cifar10; the scale's own by default."""
    data_dir: Path | None = None
    """Folder of a data set that the package does not carry."""
    table: str | None = None
    """Ground truth: a table's name or a CSV file; the space's own by default."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    folder: Path | None = None
    """Where runs are kept; runs/verdicts/SPACE-SCALE by default."""
    out: Path | None = None
    """Folder that also gets SPACE.md and SPACE.json; the runs' own by default."""
    json: bool = False
    """Print JSON for programs."""

    def run(self) -> int:
        """Judge."""
        from rich.console import Console

        from wsnas.errors import InputError
        from wsnas.spaces import get_space

        check_numbers(self, "hours", seeds=1, workers=0)
        alone = [name for name in ("recipe", "study", "trials", "table", "folder") if getattr(self, name)]
        if self.space == "all" and alone:
            raise InputError(f"--{alone[0]} is of one space: name it instead of --space all")
        console = Console(highlight=False, soft_wrap=True, stderr=self.json)
        for space in ("nb201", "nb101", "darts") if self.space == "all" else (get_space(self.space).name,):
            self._judge(space, console)
        return 0

    def _judge(self, space: str, console: Console) -> None:
        from studies.verdicts.findings import gather
        from studies.verdicts.page import to_markdown
        from studies.verdicts.programs import to_json
        from studies.verdicts.store import open_folder
        from studies.verdicts.terminal import print_findings
        from wsnas.files import write_whole

        folder = self.folder or Path("runs/verdicts") / f"{space}-{self.scale}"
        opened = self._opened(space)
        question = self._question(space, folder, opened)
        open_folder(folder, question)
        if self.workers != 0:
            self._train(folder, console)
        findings = gather(folder, study=self._beside(question, opened))
        out = self.out or folder
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / f"{space}.json", to_json(findings))
        write_whole(out / f"{space}.md", to_markdown(findings, command=self._command(space, findings)))
        if self.json:
            sys.stdout.write(to_json(findings))
        else:
            print_findings(findings, console)
        console.print(f"Written: {out / f'{space}.md'}, {out / f'{space}.json'}", markup=False)

    def _opened(self, space: str) -> OpenStudy | None:
        from studies.schedule.study import open_study, study_names
        from wsnas.errors import InputError

        name = self.study or f"{space}-{self.scale}"
        address = self.address
        self.warn_of_password()
        if self.study is None:
            try:
                known = study_names(address)
            except InputError:
                if self.storage is not None:
                    raise
                known = []  # no study has been made yet
            if name not in known:
                return None
        return open_study(address, name)

    def _question(self, space: str, folder: Path, opened: OpenStudy | None) -> Question:
        """Return what is asked: a folder that is there keeps its reference, unless another one is named."""
        from studies.verdicts import reference_recipe
        from studies.verdicts.store import read_question
        from wsnas.errors import InputError

        if self.recipe is not None:
            return reference_recipe.from_file(self.recipe, space=space, table=self.table)
        named = self.study or self.data or self.table
        if named is None and (folder / "ablation.json").exists():
            return read_question(folder)
        if opened is not None and (found := reference_recipe.from_study(opened)) is not None:
            return found
        if self.study is not None:
            raise InputError(f"study {self.study!r} has no confirmed recipe yet: `wsnas study` goes on")
        return reference_recipe.from_scale(space, self.scale, data=self.data, table=self.table)

    def _beside(self, question: Question, opened: OpenStudy | None) -> StudyEffects | None:
        from studies.verdicts.study_effects import exported_effects, study_effects

        if self.trials is not None:
            return exported_effects(self.trials, question.settings.factors)
        return None if opened is None else study_effects(opened)

    def _train(self, folder: Path, console: Console) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from studies.cli.study import default_workers
        from studies.config.inputs import Place, resolve_device
        from studies.verdicts.cost import seconds_by_probe, seconds_left
        from studies.verdicts.run import Crew, planned, run_crew, todo
        from studies.verdicts.store import read_question

        question = read_question(folder)
        claims = tuple(name.strip() for name in self.claims.split(",") if name.strip())
        ablation = planned(question, claims)
        runs = ablation.runs(self.seeds)
        left = todo(folder, runs)
        console.print(
            f"{question.settings.space}: {len(ablation.recipes())} recipes around {question.origin},"
            f" {len(runs)} trainings in {folder}, {len(left)} to do",
            markup=False,
        )
        if not left:
            return
        crew = Crew(
            workers=min(self.workers or default_workers(self.device), len(left)),
            place=Place(data_dir=self.data_dir, device=resolve_device(self.device)),
            deadline=None if self.hours is None else time.time() + 3600 * self.hours,
            claims=claims,
        )
        seconds = seconds_left(folder, runs, left)
        if seconds is None:
            seconds = seconds_by_probe(question, crew.place, left)
        many = f"{crew.workers} worker{'s' * (crew.workers > 1)}"
        console.print(
            f"This takes about {seconds / 60 / crew.workers:.0f} minutes with {many}.", markup=False
        )
        columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        shown = Console(stderr=True)
        with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
            task = bar.add_task("", total=len(runs))
            run_crew(
                folder,
                seeds=self.seeds,
                crew=crew,
                show=lambda: bar.update(task, completed=len(runs) - len(todo(folder, left))),
            )

    def _command(self, space: str, findings: Findings) -> str:
        named = f"--space {space} --scale {findings.question.settings.scale} --seeds {self.seeds}"
        for name in ("claims", "recipe", "trials", "study"):
            if value := getattr(self, name):
                named += f" --{name} {value}"
        return f"wsnas verdicts {named}"
