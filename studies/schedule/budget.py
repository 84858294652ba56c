"""The budget, written down as tickets.

Every trial of the budget is enqueued in advance with a ticket number, a seed and a role. Optuna hands each
waiting trial to exactly one worker, so the budget is exact for any number of them; what is lost with a
worker is enqueued again under the same ticket (`studies.schedule.recovery`). A tune trial waits without
parameters: the sampler chooses them when it starts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optuna.trial import FrozenTrial, TrialState

from studies.schedule import attributes
from studies.storage.optuna_internals import fail_trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import optuna

    from objectives.domains import Value


EXTRA = "extra"
"""Phase of trials that somebody else enqueued; they count for nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """One trial of the budget, or beside it."""

    number: int
    """Position in the budget, from 0; negative beside it."""
    phase: str
    """``baseline``, ``tune``, ``selection``, ``screen``, ``recheck``, ``confirmation`` or ``extra``."""
    parameters: dict[str, Value]
    """The recipe; empty where the sampler is to choose."""
    seed: int
    """Seed of the run."""
    pool: str
    """Which pool is ranked."""
    prunable: bool = False
    """Whether the pruner may end it."""
    length: int = 1
    """How many times the recipe's epochs it trains."""
    change: str | None = None
    """Which change of the reference a trial of the screen measures, none where empty; else None."""
    seed_number: int | None = None
    """Which of its recipe's seeds this is, from 0; None where each trial has a recipe of its own."""

    def attributes(self) -> dict[str, Any]:
        """Return the user attributes that carry the ticket."""
        some = {attributes.CHANGE: self.change, attributes.SEED_NUMBER: self.seed_number}
        return {
            attributes.TICKET: self.number,
            attributes.PHASE: self.phase,
            attributes.SEED: self.seed,
            attributes.POOL: self.pool,
            attributes.PRUNABLE: self.prunable,
            attributes.LENGTH: self.length,
            **{name: value for name, value in some.items() if value is not None},
        }


def enqueue(study: optuna.Study, tickets: Iterable[Ticket]) -> None:
    """Enqueue tickets."""
    for ticket in tickets:
        study.enqueue_trial(ticket.parameters, user_attrs=ticket.attributes())


def free_numbers(study: optuna.Study) -> Iterator[int]:
    """Yield the numbers that no ticket has; in a study with a budget, those below it."""
    known = {trial.user_attrs[attributes.TICKET] for trial in holding(study)}
    budget = study.user_attrs.get(attributes.BUDGET)
    numbers = itertools.count() if budget is None else iter(range(budget))
    return (number for number in numbers if number not in known)


def set_budget(study: optuna.Study, budget: int) -> None:
    """Settle how many tickets count; the waiting trials of those beyond are taken back.

    Where the budget is raised again, such tickets are lost ones and return to the queue as these do.
    """
    study.set_user_attr(attributes.BUDGET, budget)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        if trial.user_attrs.get(attributes.TICKET, -1) >= budget:
            fail_trial(study, trial)


def holding(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that hold a ticket; failed ones of tickets beyond the budget do not."""
    budget = study.user_attrs.get(attributes.BUDGET)
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if attributes.TICKET in trial.user_attrs
        and attributes.DUPLICATE not in trial.user_attrs
        and (
            budget is None
            or trial.user_attrs[attributes.TICKET] < budget
            or trial.state is not TrialState.FAIL
        )
    ]


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """Return one finished trial for each ticket, those beside the budget included, by their numbers."""
    ended = (TrialState.COMPLETE, TrialState.PRUNED)
    trials: dict[int, FrozenTrial] = {}
    for trial in holding(study):
        if trial.state in ended:
            trials.setdefault(trial.user_attrs[attributes.TICKET], trial)
    return sorted(trials.values(), key=lambda trial: trial.number)


def counted(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that count: one finished trial for each ticket of the budget."""
    return [trial for trial in finished(study) if trial.user_attrs[attributes.TICKET] >= 0]


def extra(study: optuna.Study) -> list[FrozenTrial]:
    """Return the finished trials that somebody else enqueued, by number."""
    return [trial for trial in finished(study) if trial.user_attrs[attributes.TICKET] < 0]


def foreign(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that other programs have put into the study and run, or are running."""
    states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING, TrialState.FAIL)
    return [
        trial
        for trial in study.get_trials(deepcopy=False, states=states)
        if attributes.TICKET not in trial.user_attrs and trial.user_attrs.get(attributes.PHASE) != EXTRA
    ]


def refused(study: optuna.Study) -> dict[int, str]:
    """Return why enqueued trials could not be run, by their numbers."""
    return {
        trial.number: str(trial.user_attrs.get(attributes.ERROR))
        for trial in study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
        if attributes.TICKET not in trial.user_attrs and trial.user_attrs.get(attributes.PHASE) == EXTRA
    }


def open_tickets(study: optuna.Study) -> int:
    """Return how many trials with a ticket wait."""
    waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
    return sum(attributes.TICKET in trial.user_attrs for trial in waiting)


def taken(study: optuna.Study) -> int:
    """Return how many trials have been started so far, whatever became of them; it never falls."""
    return sum(trial.state is not TrialState.WAITING for trial in study.get_trials(deepcopy=False))
