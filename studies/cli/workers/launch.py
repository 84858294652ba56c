"""`wsnas launch`: start workers on a cluster, or in the background of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from studies.cli._options import TuningChoice, check_numbers
from studies.storage.address import STORAGE_VARIABLE


@dataclass(frozen=True, kw_only=True)
class LaunchCommand(TuningChoice):
    """Start workers of an existing study as jobs; they outlive this shell and return when pre-empted."""

    slurm: bool = False
    """Submit a job array to Slurm; without it the workers run on this machine."""
    workers: int = 1
    """Jobs, each with one worker."""
    gpus: int = 1
    """GPUs for each worker under Slurm; 0 for workers on the CPU."""
    cpus: int = 2
    """CPU cores for each worker."""
    memory_gb: float = 8.0
    """Memory for each worker."""
    hours: float = 24.0
    """Time limit of a job; one that reaches it saves its trial and is queued again."""
    partition: str | None = None
    """Slurm's partition."""
    account: str | None = None
    """Slurm's account."""
    dry_run: bool = False
    """Print what would be submitted and submit nothing."""

    after_stop: ClassVar[str] = "workers that were submitted by then run on"

    def run(self) -> int:
        """Submit."""
        from studies.workers.leftovers import Folders
        from studies.workers.processes.slurm import Resources, WorkerJob, submit
        from wsnas.errors import InputError

        check_numbers(self, "workers", "cpus", "hours", "memory_gb", gpus=0)
        if self.slurm and self.address.path is not None:
            raise InputError(
                f"storage {self.address!r} serves one machine: give a cluster postgresql:// or mysql://"
            )
        workers = self.workers
        if self.dry_run:
            self.warn_of_password()
        else:
            opened = self.open_to_work()
            self.own_folder()
            if not self.slurm:
                from studies.workers.processes.capacity import fitting_workers

                workers, fewer = fitting_workers(opened, workers, self.device)
                sys.stdout.write("" if fewer is None else f"{fewer}\n")
        # By the environment, since a file or a command line would show a password.
        with _environment(STORAGE_VARIABLE, self.address.url):
            words = submit(
                WorkerJob(
                    study=self.study_name,
                    place=self.place,
                    folders=Folders(
                        study=self.folder.resolve(), checkpoints=self.checkpoint_folder.resolve()
                    ),
                    sampler=self.sampler,
                    pruner=self.pruner,
                ),
                workers=workers,
                resources=Resources(
                    hours=self.hours,
                    cpus=self.cpus,
                    gpus=self.gpus if self.slurm else 0,
                    memory_gb=self.memory_gb,
                    partition=self.partition,
                    account=self.account,
                ),
                logs=self.folder / "jobs",
                slurm=self.slurm,
                dry_run=self.dry_run,
            )
        sys.stdout.write(f"{words}\n")
        return 0


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set a variable of the environment for the block, and what jobs are submitted in it."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
