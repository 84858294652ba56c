"""Where a study stands: its workers, its trials by state, what is left and when it will end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optuna.trial import TrialState

from objectives.memory import PEAK
from studies.schedule import attributes, recovery
from studies.schedule.budget import counted, refused
from studies.schedule.screen.measured import SCREEN
from studies.schedule.screen.rounds import screen_budget
from studies.schedule.stages import Stage, progress_of
from studies.storage import worker_identity
from studies.storage.optuna_internals import study_key, trial_key
from studies.workers.leftovers import open_checkpoints
from studies.workers.states_only import states_only

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.trial import FrozenTrial

    from studies.schedule.stages import Progress
    from studies.schedule.study import OpenStudy


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerLine:
    """A worker that holds a trial."""

    host: str
    """Name of its machine."""
    process: str
    """Its process number there."""
    device: str
    """What it trains on."""
    trial: int
    """Number of its trial."""
    phase: str
    """What the trial is for."""
    epoch: float | None
    """Epochs done; None before the first."""
    epochs: float | None
    """Epochs in all; None before the first is done."""
    images_per_second: float | None
    """How fast it trains; None before the first epoch is done."""
    silent_seconds: float | None
    """Since when it has not shown that it lives; None where it never has."""
    alive: bool
    """Whether it counts as alive: its process is there, or it was not silent for longer than the grace."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyStatus:
    """Where a study stands."""

    name: str
    """The study."""
    progress: Progress
    """The stage under way."""
    states: dict[str, int]
    """Trials of study and confirmation by state; attempts that another one followed are not among them."""
    retries: int
    """Attempts that were started again."""
    reasons: tuple[str, ...]
    """Why runs are not tried again."""
    workers: tuple[WorkerLine, ...]
    """Workers that hold a trial, dead ones included."""
    budget: int
    """Trials of tune and screen in all, baselines included."""
    budget_left: int
    """Those of them that are not finished."""
    seconds_left: float | None
    """Expected seconds to the end of the study with the present workers; None where nothing is known."""
    checkpoint_files: int
    """Checkpoints on the disk of this host."""
    checkpoint_bytes: int
    """Their size."""
    peak_memory_bytes: int | None
    """Most memory that a finished trial took (`objectives.memory`); None where none is known."""

    @property
    def stale(self) -> int:
        """How many trials are held by workers that count as dead."""
        return sum(not worker.alive for worker in self.workers)


def study_status(opened: OpenStudy, *, checkpoints: Path | None = None) -> StudyStatus:
    """Look at a study without changing it."""
    opened = states_only(opened)
    halves = (opened.study, opened.confirm)
    trials = [trial for study in halves for trial in study.get_trials(deepcopy=False)]
    replaced = sum(len(recovery.superseded_by(study)) for study in halves)
    states = Counter(trial.state.name.lower() for trial in trials)
    states["fail"] -= replaced
    workers = _workers(opened)
    ended = len(counted(opened.study))
    budget = int(opened.study.user_attrs.get(attributes.BUDGET, 0))
    progress = progress_of(opened)
    sizes = [size for one in open_checkpoints(opened, checkpoints).values() for size in one.sizes()]
    return StudyStatus(
        name=opened.name,
        progress=progress,
        states={state: number for state, number in sorted(states.items()) if number > 0},
        retries=replaced,
        reasons=tuple(
            reason
            for study in halves
            for reason in (*recovery.given_up(study).values(), *refused(study).values())
        ),
        workers=workers,
        budget=budget,
        budget_left=max(0, budget - ended),
        seconds_left=seconds_left(opened, progress, workers=max(1, sum(line.alive for line in workers))),
        checkpoint_files=len(sizes),
        checkpoint_bytes=sum(sizes),
        peak_memory_bytes=max(
            (int(trial.user_attrs[PEAK]) for trial in trials if PEAK in trial.user_attrs), default=None
        ),
    )


def seconds_left(opened: OpenStudy, progress: Progress, *, workers: int) -> float | None:
    """Estimate the seconds to the study's end, selection and confirmation included.

    The mean length of finished trials is taken for all others, confirmation's by so many times the epochs;
    None before the first has finished. What is tried again is not known before and left out.
    """
    trials = counted(opened.study)
    lengths = [trial.duration.total_seconds() for trial in trials if trial.duration is not None]
    if progress.stage is Stage.DONE:
        return 0.0
    if not lengths:
        return None
    sizes = opened.settings.sizes()
    screened = sum(trial.user_attrs[attributes.PHASE] == SCREEN for trial in trials)
    stages = {
        Stage.TUNE: 0,
        Stage.SELECTION: sizes.candidates * sizes.selection_seeds,
        Stage.SCREEN: max(0, screen_budget(opened) - screened),
        Stage.RECHECK: 0,
        Stage.CONFIRMATION: 2 * sizes.confirmation_seeds * sizes.confirmation_length,
    }
    later = sum(list(stages.values())[1 + list(stages).index(progress.stage) :])
    length = sizes.confirmation_length if progress.stage is Stage.CONFIRMATION else 1
    now = length * (progress.total - progress.done - progress.given_up - 0.5 * progress.running)
    return float(now + later) * sum(lengths) / len(lengths) / workers


def duration(seconds: float | None) -> str:
    """Return seconds as a person says them."""
    if seconds is None:
        return "?"
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(1, round(seconds / 60))} min"


def about(seconds: float) -> str:
    """Return seconds as a person says them of what is not known well."""
    return "less than 1 min" if seconds < 60 else f"about {duration(seconds)}"


def time_left(seconds: float | None) -> str:
    """Return what is left as a person says it."""
    return "time left not known yet" if seconds is None else f"{about(seconds)} left"


def _workers(opened: OpenStudy) -> tuple[WorkerLine, ...]:
    lines = []
    for study in (opened.study, opened.confirm):
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        silence = opened.storage.silence(study_key(study)) if running else {}
        lines += [_line(opened, trial, silence.get(trial_key(trial))) for trial in running]
    return tuple(lines)


def _line(opened: OpenStudy, trial: FrozenTrial, silent: float | None) -> WorkerLine:
    owner = trial.user_attrs.get(attributes.OWNER)
    host, process = worker_identity.host_and_process(owner)
    epoch, epochs, speed = trial.user_attrs.get(attributes.PACE, (None, None, None))
    grace = opened.storage.grace_period or 0
    dead = worker_identity.is_dead(owner, one_machine=not opened.address.is_server)
    return WorkerLine(
        host=host,
        process=process,
        device=trial.user_attrs.get("device", "?"),
        trial=trial.number,
        phase=trial.user_attrs.get("phase", "?"),
        epoch=epoch,
        epochs=epochs,
        images_per_second=speed,
        silent_seconds=silent,
        alive=not dead and silent is not None and silent <= grace,
    )
