"""The stages of a study and which of them it is in, told from the database alone.

Any worker may ask: whoever finds a stage finished plans the next one, under the storage's lock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from optuna.trial import TrialState

from studies.schedule import attributes, confirmation
from studies.schedule.budget import counted, holding
from studies.schedule.recovery import given_up

if TYPE_CHECKING:
    import optuna

    from studies.schedule.study import OpenStudy
    from studies.schedule.ticket_study import TicketStudy


class Stage(Enum):
    """What a study does next."""

    TRIALS = "trials"
    """Baselines, screen and tune."""
    SELECTION = "selection"
    """Candidates are run again with fresh seeds."""
    CONFIRMATION = "confirmation"
    """Winner and baseline are measured on fresh architectures."""
    DONE = "done"
    """The answer is complete."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a stage is."""

    stage: Stage
    """The stage."""
    total: int
    """Runs of the stage in all."""
    done: int
    """Runs that are finished, pruned ones included."""
    pruned: int
    """Runs that the pruner ended."""
    running: int
    """Runs under way."""
    given_up: int
    """Runs that ended in an error too often."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do in the stage."""
        return self.done + self.given_up >= self.total


def half_of(opened: OpenStudy, stage: Stage) -> TicketStudy:
    """Return the half of a study whose trials are those of a stage."""
    return opened.study if stage is Stage.TRIALS else opened.confirm


def progress_of(opened: OpenStudy) -> Progress:
    """Return the progress of the stage under way; a stage that is not planned yet has 0 runs."""
    return _walk(opened, plan=False)


def plan_next(opened: OpenStudy) -> Progress:
    """Return the progress of the stage under way; where one is finished, plan the next."""
    return _walk(opened, plan=True)


def _walk(opened: OpenStudy, *, plan: bool) -> Progress:
    progress = _progress(opened.study, Stage.TRIALS)
    if not progress.finished:
        return progress
    for stage, plan_stage in (
        (Stage.SELECTION, confirmation.plan_selection),
        (Stage.CONFIRMATION, confirmation.plan_confirmation),
    ):
        if plan:
            plan_stage(opened)
        progress = _progress(opened.confirm, stage)
        if not progress.finished or (progress.total == 0 and not plan):
            return progress
    return replace(progress, stage=Stage.DONE, running=0)


def _progress(study: optuna.Study, stage: Stage) -> Progress:
    whole = stage is Stage.TRIALS
    trials = [trial for trial in holding(study) if whole or trial.user_attrs[attributes.PHASE] == stage.value]
    numbers = {trial.user_attrs[attributes.TICKET] for trial in trials}
    # Until all of the budget is enqueued the stage is not over, whatever is finished of it.
    planned = max(1, study.user_attrs.get(attributes.BUDGET, 0)) if whole else 0
    ended = {trial.user_attrs[attributes.TICKET]: trial for trial in counted(study)}
    return Progress(
        stage=stage,
        total=max(len(numbers), planned),
        done=len(numbers & ended.keys()),
        pruned=sum(ended[number].state is TrialState.PRUNED for number in numbers & ended.keys()),
        running=sum(trial.state is TrialState.RUNNING for trial in trials),
        given_up=len(numbers & given_up(study).keys()),
    )
