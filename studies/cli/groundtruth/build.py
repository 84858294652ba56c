"""`wsnas groundtruth build`: a table of one's own, measured by stand-alone training."""

from __future__ import annotations

import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

DEFAULT_SIZE = 240


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

    def run(self) -> int:
        """Measure."""
        from rich.console import Console

        from studies.cli.groundtruth._crew import run_crew
        from studies.cli.study import default_workers
        from wsnas.standalone.collect import collect
        from wsnas.standalone.job import is_done, open_job, read_job

        console = Console(highlight=False, soft_wrap=True)
        folder = self.folder or Path("runs/groundtruth") / f"{self.space}-{self.seed}"
        job = open_job(folder, self._job(folder))
        if self.only is not None:
            return self._again(console, folder)
        extra = ["--device", self.device]
        if self.data_dir is not None:
            extra += ["--data-dir", str(self.data_dir)]
        if self.hours is not None:
            extra += ["--deadline", str(time.time() + 3600 * self.hours)]
        units = list(job.units())
        left = sum(not is_done(folder, unit) for unit in units)
        console.print(f"{len(units)} trainings of {job.size} architectures in {folder}, {left} to do")
        if left:
            workers = self.workers or default_workers(self.device)
            run_crew(folder, job, workers=workers, extra=extra, console=Console(stderr=True))
        description = collect(folder, read_job(folder), name=folder.name)
        console.print(f"{folder}: {description.origin}", markup=False)
        if (ceiling := description.ceiling) is not None:
            console.print(
                f"noise ceiling {ceiling.mean:.3f} [{ceiling.low:.3f}, {ceiling.high:.3f}]", markup=False
            )
        console.print(f"use it with TABLE={folder}", markup=False)
        return 0

    def _job(self, folder: Path) -> Any:
        from wsnas.standalone.job import Job
        from wsnas.standalone.protocol import space_protocol

        size = self.size or DEFAULT_SIZE
        return Job(
            space=self.space,
            seed=self.seed,
            size=size,
            seeds=self.seeds or 2,
            repeated=size // 4 if self.repeated is None else self.repeated,
            protocol=space_protocol(self.space, _settings(self.set)),
        )

    def _again(self, console: Any, folder: Path) -> int:
        from studies.context import resolve_device
        from wsnas.data import load_images
        from wsnas.errors import InputError, RunError
        from wsnas.spaces import get_space
        from wsnas.standalone.job import Unit, is_done, read_job
        from wsnas.standalone.measure import measure
        from wsnas.standalone.work import read_row

        job = read_job(folder)
        unit = Unit(index=self.only or 0, repeat=0)
        if not 0 <= unit.index < job.size or not is_done(folder, unit):
            raise InputError(f"--only {self.only}: not among the measured of {job.size} in {folder}")
        images = load_images(job.protocol.data, resolution=job.protocol.resolution, data_dir=self.data_dir)
        images = images.to(resolve_device(self.device))
        architecture, seed = job.architectures()[unit.index], job.training_seed(unit)
        found = measure(get_space(job.space), architecture, images, protocol=job.protocol, seed=seed).accuracy
        recorded = float(read_row(folder, unit).split(",")[2])
        console.print(f"{architecture}, seed {seed}: {found:.6f}, recorded {recorded:.6f}", markup=False)
        if abs(found - recorded) >= 1e-6:
            raise RunError("the accuracies differ: another CPU, torch version or number of threads")
        return 0


def _settings(entries: tuple[str, ...]) -> dict[str, Any]:
    from wsnas.errors import InputError

    changes: dict[str, Any] = {}
    for entry in entries:
        name, equals, text = entry.partition("=")
        if not equals:
            raise InputError(f"--set {entry!r}: give name=value, such as epochs=20")
        try:
            changes[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            changes[name] = text
    return changes
