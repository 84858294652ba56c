"""`wsnas groundtruth join`: one more worker for a table that is being measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import tyro

if TYPE_CHECKING:
    from wsnas.standalone.job import Unit
    from wsnas.standalone.measure import Measurement


@dataclass(frozen=True, kw_only=True)
class JoinCommand:
    """Work on a table that `wsnas groundtruth build` began, from any shell or host that sees its folder."""

    folder: tyro.conf.Positional[Path]
    """The build's folder."""
    data_dir: Path | None = None
    """Folder of a data set that the package does not carry."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    deadline: float | None = None
    """No training is begun after this moment, in seconds since 1970."""
    parent: int | None = None
    """Leave when this process is not the parent any more."""

    after_stop: ClassVar[str] = "what is measured is kept, and the training under way begins anew"

    def run(self) -> int:
        """Work until nothing is left to take."""
        from rich.console import Console

        from objectives.question.inputs import resolve_device
        from studies.workers.processes.capacity import limit_threads
        from studies.workers.processes.signals import leave_without
        from wsnas.data import load_images
        from wsnas.standalone.job import read_job
        from wsnas.standalone.work import work

        if self.parent is not None:
            leave_without(self.parent)
        limit_threads()
        job = read_job(self.folder)
        images = load_images(job.protocol.data, resolution=job.protocol.resolution, data_dir=self.data_dir)
        images = images.to(resolve_device(self.device))
        console = Console(highlight=False, soft_wrap=True)

        def done(unit: Unit, measurement: Measurement) -> None:
            console.print(f"{unit.name}: {measurement.accuracy:.4f} in {measurement.seconds:.1f} s")

        work(self.folder, job, images, done=done, deadline=self.deadline)
        return 0
