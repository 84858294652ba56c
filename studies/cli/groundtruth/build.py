"""`wsnas groundtruth build`: a table of one's own, measured by stand-alone training."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import tyro

from studies.cli._options import GOES_ON, check_counts, check_numbers

if TYPE_CHECKING:
    from rich.console import Console

    from wsnas.standalone.job import Job, Unit

DEFAULT_SIZE = 240
CHECKED = 8
"""Architectures whose networks are built, but not trained, before anything is written."""


@dataclass(frozen=True, kw_only=True)
class BuildCommand:
    """Measure a table: architectures drawn uniformly are trained each on its own by one fixed protocol.

    Training images train and test images score; the validation images, which rank super-nets, play no
    part. Stop it at any time: the same command resumes. Other shells and hosts `join` its folder. A row
    is reproduced bit for bit by the same seed on the same CPU.
    """

    space: tyro.conf.Positional[str]
    """Search space."""
    size: int | None = None
    """Architectures; 240 by default, or the job's own. It may be raised later."""
    seeds: int | None = None
    """Trainings of each repeated architecture, 2 by default; the noise ceiling needs them."""
    repeated: int | None = None
    """How many architectures are trained that often, the others once; a quarter by default."""
    seed: int = 0
    """Source of the architectures and of their trainings' seeds."""
    workers: int | None = None
    """Worker processes; one for each core by default, one on a GPU."""
    folder: Path | None = None
    """Where the job is kept; runs/groundtruth/SPACE-SEED by default."""
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """A setting of the protocol, as name=value, such as epochs=20; may be given several times."""
    data_dir: Path | None = None
    """Folder of a data set that the package does not carry."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    hours: float | None = None
    """No training is begun after this many hours; the same command resumes."""
    only: int | None = None
    """Train just the architecture of this number again and compare it with the recorded row."""

    after_stop: ClassVar[str] = GOES_ON

    def run(self) -> int:
        """Measure."""
        from rich.console import Console

        from studies.cli.study import crew_size
        from studies.config.commands import make_command
        from wsnas.standalone.collect import collect
        from wsnas.standalone.job import is_done, open_job, read_job

        check_numbers(self, "size", "seeds", "workers", "hours")
        check_counts(self, "size", "seeds", "repeated")
        console = Console(highlight=False, soft_wrap=True)
        folder = self.folder or Path("runs/groundtruth") / f"{self.space}-{self.seed}"
        job = self._job(folder)
        if self.only is not None:
            return self._again(console, folder, job)
        self._check_place(job)
        job = open_job(folder, job)
        extra = ["--device", self.device]
        if self.data_dir is not None:
            extra += ["--data-dir", str(self.data_dir)]
        if self.hours is not None:
            extra += ["--deadline", str(time.time() + 3600 * self.hours)]
        units = list(job.units())
        left = sum(not is_done(folder, unit) for unit in units)
        plan = f"{len(units)} trainings of {job.size} architectures in {folder}, {left} to do"
        console.print(plan, markup=False)
        if left:
            workers = crew_size(None, self.device, self.workers, console)
            self._fill(folder, units, workers=workers, extra=extra)
        description = collect(folder, read_job(folder), name=folder.resolve().name)
        console.print(f"{folder}: {description.origin}", markup=False)
        if (ceiling := description.ceiling) is not None:
            console.print(
                f"noise ceiling {ceiling.mean:.3f} [{ceiling.low:.3f}, {ceiling.high:.3f}]", markup=False
            )
        console.print(
            f"use it: {make_command('study', space=self.space, study=folder.name, table=folder)}",
            markup=False,
        )
        return 0

    def _fill(self, folder: Path, units: list[Unit], *, workers: int, extra: list[str]) -> None:
        """Measure in several processes; each is what ``groundtruth join`` runs."""
        from studies.search.steps import steps
        from studies.workers.processes.supervisor import Command, supervise
        from wsnas.standalone.job import is_done

        command = Command(arguments=("groundtruth", "join", str(folder), *extra), folder=folder)
        todo = [unit for unit in units if not is_done(folder, unit)]
        with steps("measuring", total=len(todo), unit="trainings") as tell:
            supervise(
                command,
                processes=workers,
                go_on=True,
                show=lambda: tell(sum(is_done(folder, unit) for unit in todo)),
            )

    def _check_place(self, job: Job) -> None:
        """Find a wrong device, missing data and sizes that do not fit before anything is written."""
        from objectives.question.inputs import resolve_device
        from wsnas.data import load_images
        from wsnas.spaces import get_space
        from wsnas.standalone.measure import check

        device = resolve_device(self.device)
        images = load_images(job.protocol.data, resolution=job.protocol.resolution, data_dir=self.data_dir)
        first = replace(job, size=min(job.size, CHECKED), repeated=0).architectures()
        check(get_space(job.space), first, images, protocol=job.protocol, device=device)

    def _job(self, folder: Path) -> Job:
        from wsnas.standalone.job import Job, read_job
        from wsnas.standalone.protocol import space_protocol

        kept = read_job(folder) if (folder / "job.json").exists() else None
        size = self.size or (kept.size if kept else DEFAULT_SIZE)
        repeated = kept.repeated if kept and self.size is None else size // 4
        return Job(
            space=self.space,
            seed=self.seed,
            size=size,
            seeds=self.seeds or (kept.seeds if kept else 2),
            repeated=repeated if self.repeated is None else self.repeated,
            protocol=space_protocol(self.space, protocol_changes(self.set)),
        )

    def _again(self, console: Console, folder: Path, job: Job) -> int:
        from objectives.question.inputs import resolve_device
        from studies.workers.processes.capacity import limit_threads
        from wsnas.data import load_images
        from wsnas.errors import InputError, RunError
        from wsnas.spaces import get_space
        from wsnas.standalone.job import Unit, is_done, read_job, refuse_another
        from wsnas.standalone.measure import measure
        from wsnas.standalone.work import read_row

        kept = read_job(folder)
        refuse_another(folder, kept, job)
        job = kept
        unit = Unit(index=self.only or 0, repeat=0)
        if not 0 <= unit.index < job.size or not is_done(folder, unit):
            raise InputError(f"--only {self.only}: not among the measured of {job.size} in {folder}")
        images = load_images(job.protocol.data, resolution=job.protocol.resolution, data_dir=self.data_dir)
        images = images.to(resolve_device(self.device))
        limit_threads()
        architecture, seed = job.architectures()[unit.index], job.training_seed(unit)
        space = get_space(job.space)
        found = measure(space, architecture, images, protocol=job.protocol, seed=seed).accuracy
        recorded = read_row(folder, unit).accuracy
        compared = f"{space.format(architecture)}, seed {seed}: {found:.6f}, recorded {recorded:.6f}"
        console.print(compared, markup=False)
        if f"{found:.6f}" != f"{recorded:.6f}":
            raise RunError(f"architecture {unit.index}: the accuracies differ: another CPU or torch version?")
        return 0


def protocol_changes(entries: tuple[str, ...]) -> dict[str, Any]:
    """Read ``name=value`` entries, values as TOML or plain text."""
    from wsnas.errors import InputError, show
    from wsnas.files import parse_toml

    changes: dict[str, Any] = {}
    for entry in entries:
        name, equals, text = entry.partition("=")
        if not equals:
            raise InputError(f"--set {show(entry)}: give name=value, such as epochs=20")
        try:
            changes[name] = parse_toml(f"value = {text}")["value"]
        except ValueError:
            changes[name] = text
    return changes
