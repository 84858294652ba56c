"""Workers as jobs of a cluster, through submitit."""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, RunError

if TYPE_CHECKING:
    from pathlib import Path

    from objectives.question.inputs import Place
    from studies.workers.leftovers import Folders

SAVE_SECONDS = 60
"""How long a job may take to leave when it is pre-empted; schedulers give it a little more."""
MOST_RETURNS = 1000
"""How often a job whose time is up is queued again."""
NOTICE_SECONDS = 90
"""How long before the end Slurm is asked to send its signal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """What each worker gets."""

    hours: float
    """Time limit of a job; one that reaches it saves its trial and is queued again."""
    cpus: int
    """CPU cores."""
    gpus: int
    """GPUs; 0 for a worker on the CPU."""
    memory_gb: float
    """Memory."""
    partition: str | None
    """Slurm's partition; its default where None."""
    account: str | None
    """Slurm's account; the user's own where None."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerJob:
    """A job that works on a study. Its storage's address comes through the environment, never in a file."""

    study: str
    """Name of the study."""
    place: Place
    """Data folder and device."""
    folders: Folders
    """Where files go; the checkpoints' is one that all jobs see."""
    sampler: str | None = None
    """Name of the sampler that the study was made with; None for the one of wsnas."""
    pruner: str | None = None
    """Name of the pruner, likewise."""

    def __call__(self) -> str:
        """Work until the study is done; when pre-empted, save and let the scheduler queue the job again."""
        from studies.schedule.study import open_study
        from studies.schedule.tune.tuning import Tuning
        from studies.storage.address import chosen_address
        from studies.storage.retry import OUTAGE_SECONDS
        from studies.workers.processes.signals import StopRequest
        from studies.workers.runner import TrialRunner
        from studies.workers.worker import work

        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s: %(message)s")
        preempted = _preemption_signal()
        stop = StopRequest(leave_seconds=SAVE_SECONDS)
        with stop.listening(preempted):
            opened = open_study(
                chosen_address(),
                self.study,
                retry_seconds=OUTAGE_SECONDS,
                tuning=Tuning(sampler=self.sampler, pruner=self.pruner),
            )
            work(opened, TrialRunner(opened, place=self.place, folders=self.folders, stop=stop))
        if preempted in stop.heard:
            # The trial is handed back; now submitit's own handler queues the job again.
            os.kill(os.getpid(), preempted)
        return "done" if stop.signal is None else f"stopped by {stop.signal.name}"

    def checkpoint(self) -> Any:
        """Return what submitit queues again: the same job."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def submit(
    job: WorkerJob, *, workers: int, resources: Resources, logs: Path, slurm: bool, dry_run: bool
) -> str:
    """Submit workers as a job array of Slurm, or start them on this machine, and say what was done.

    Args:
        job: The job; all are alike.
        workers: How many.
        resources: What each gets.
        logs: Folder of submitit's files and of the logs.
        slurm: Whether Slurm runs them.
        dry_run: Return what would be submitted, and submit nothing.

    Raises:
        InputError: submitit is not installed, or there is no Slurm.
        RunError: the scheduler refused.
    """
    try:
        import submitit
    except ImportError as error:
        raise InputError("launch: it needs an extra: pip install 'wsnas[slurm]'") from error
    if dry_run:
        return _script(workers, resources, logs) if slurm else _local_words(workers, resources, logs)
    try:
        executor = submitit.AutoExecutor(
            folder=logs, cluster="slurm" if slurm else "local", slurm_max_num_timeout=MOST_RETURNS
        )
    except RuntimeError as error:
        raise InputError(f"launch --slurm: {error}") from error
    only = _slurm_only(resources, workers, prefix=True) if slurm else {}
    executor.update_parameters(**_common(resources), **only)
    try:
        with executor.batch():
            jobs = [executor.submit(job) for _ in range(workers)]
    except submitit.core.utils.FailedJobError as error:
        raise RunError(f"the scheduler refused: {error}".splitlines()[0]) from error
    return f"{len(jobs)} workers submitted: {', '.join(job.job_id for job in jobs[:3])}" + (
        ", .." if len(jobs) > 3 else ""
    )


def _preemption_signal() -> signal.Signals:
    return signal.Signals[f"SIG{os.environ.get('SUBMITIT_PREEMPT_SIGNAL', 'USR2')}"]


def _common(resources: Resources) -> dict[str, Any]:
    return {
        "name": "wsnas",
        "timeout_min": max(1, round(60 * resources.hours)),
        "cpus_per_task": resources.cpus,
        "gpus_per_node": resources.gpus,
        "mem_gb": resources.memory_gb,
    }


def _slurm_only(resources: Resources, workers: int, *, prefix: bool) -> dict[str, Any]:
    options = {
        "array_parallelism": workers,
        "partition": resources.partition,
        "account": resources.account,
        "signal_delay_s": NOTICE_SECONDS,
    }
    start = "slurm_" if prefix else ""
    return {start + name: value for name, value in options.items() if value is not None}


def _script(workers: int, resources: Resources, logs: Path) -> str:
    """Return the script that sbatch would get, also on a machine without Slurm."""
    import submitit

    class Anywhere(submitit.SlurmExecutor):
        @classmethod
        def affinity(cls) -> int:
            return 1

    executor = Anywhere(folder=logs)
    options = executor._convert_parameters(_common(resources))
    executor.update_parameters(**options, **_slurm_only(resources, workers, prefix=False))
    executor.parameters["map_count"] = workers
    return executor._make_submission_file_text(executor._submitit_command_str, "dry-run")


def _local_words(workers: int, resources: Resources, logs: Path) -> str:
    return f"{workers} workers on this machine for at most {resources.hours:g} h each, logs in {logs}"
