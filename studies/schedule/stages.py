"""The stages of a study and which of them it is in, told from the database alone.

Any worker may ask: whoever finds a stage finished plans the next one, under the storage's lock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from optuna.trial import TrialState

from studies.schedule import attributes
from studies.schedule.budget import counted, holding
from studies.schedule.confirmation import CONFIRMATION, RECHECK, plan_confirmation, plan_recheck, settled
from studies.schedule.plan import BASELINE, TUNE
from studies.schedule.recovery import given_up
from studies.schedule.screen.measured import SCREEN
from studies.schedule.screen.rounds import plan_screen, screen_budget
from studies.schedule.selection import SELECTION, plan_selection, reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from studies.schedule.study import OpenStudy
    from studies.schedule.ticket_study import TicketStudy


class Stage(Enum):
    """What a study does next."""

    TUNE = TUNE
    """Baselines, and recipes that the sampler looks for."""
    SELECTION = SELECTION
    """Candidates are run again with fresh seeds; one becomes the reference."""
    SCREEN = SCREEN
    """Factors are moved around the reference, or all over the space."""
    RECHECK = RECHECK
    """Changes that help are tried again."""
    CONFIRMATION = CONFIRMATION
    """Winner and baseline are measured on fresh architectures."""
    DONE = "done"
    """The answer is complete."""


_PLANNERS: dict[Stage, Callable[[OpenStudy], None]] = {
    Stage.TUNE: lambda _: None,
    Stage.SELECTION: plan_selection,
    Stage.SCREEN: plan_screen,
    Stage.RECHECK: plan_recheck,
    Stage.CONFIRMATION: plan_confirmation,
}
"""What plans each stage, in their order; tune is planned with the budget."""


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
    return opened.study if stage in (Stage.TUNE, Stage.SCREEN) else opened.confirm


def progress_of(opened: OpenStudy) -> Progress:
    """Return the progress of the stage under way; a stage that is not planned yet has 0 runs."""
    return _walk(opened, plan=False)


def plan_next(opened: OpenStudy) -> Progress:
    """Return the progress of the stage under way; where one is finished, plan the next."""
    return _walk(opened, plan=True)


def _walk(opened: OpenStudy, *, plan: bool) -> Progress:
    progress = None
    for stage, plan_stage in _PLANNERS.items():
        if plan:
            plan_stage(opened)
        progress = _progress(opened, stage)
        if not progress.finished or not (plan or _planned(opened, progress)):
            return progress
    assert progress is not None
    return replace(progress, stage=Stage.DONE, running=0)


def _planned(opened: OpenStudy, progress: Progress) -> bool:
    """Return whether a stage has been planned, which may have found nothing to do."""
    if progress.stage is Stage.RECHECK:
        return settled(opened)
    known = reference(opened) is not None
    if progress.stage is Stage.SCREEN and known:
        return True
    # Without a reference nothing follows: all that was tried has failed or diverged.
    return progress.total > 0 or (not known and settled(opened))


def _progress(opened: OpenStudy, stage: Stage) -> Progress:
    study = half_of(opened, stage)
    phases = (BASELINE, TUNE) if stage is Stage.TUNE else (stage.value,)
    trials = [trial for trial in holding(study) if trial.user_attrs[attributes.PHASE] in phases]
    numbers = {trial.user_attrs[attributes.TICKET] for trial in trials}
    ended = {trial.user_attrs[attributes.TICKET]: trial for trial in counted(study)}
    return Progress(
        stage=stage,
        # Until all of the budget is enqueued the stage is not over, whatever is finished of it.
        total=max(len(numbers), _budget(opened, stage)),
        done=len(numbers & ended.keys()),
        pruned=sum(ended[number].state is TrialState.PRUNED for number in numbers & ended.keys()),
        running=sum(trial.state is TrialState.RUNNING for trial in trials),
        given_up=len(numbers & given_up(study).keys()),
    )


def _budget(opened: OpenStudy, stage: Stage) -> int:
    kept = opened.study.user_attrs
    if stage is Stage.TUNE:
        return max(1, min(int(kept.get(attributes.TUNE, 0)), int(kept.get(attributes.BUDGET, 0))))
    return screen_budget(opened) if stage is Stage.SCREEN and reference(opened) is not None else 0
