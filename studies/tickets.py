"""Tickets: a study's budget, written down as waiting trials.

Every trial of the budget is enqueued in advance with a ticket number, a seed and a role. Optuna hands each
waiting trial to exactly one worker, so the budget is exact for any number of them; what is lost with a
worker is enqueued again under the same ticket. A tune trial waits without parameters: the sampler chooses
them when it starts.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from studies import owners

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import optuna

    from objectives.domains import Value

MAX_ERRORS = 3
"""How often a ticket's trial may end in an error before it is given up."""
CARRIED = ("ticket", "phase", "seed", "pool", "prunable", "number")
"""User attributes that a retry takes over."""
BUDGET = "budget"
"""User attribute of a study: how many tickets count."""
FORGIVEN = "errors_forgiven_before"
"""User attribute of a study: errors of trials with a smaller number do not count any more."""
SUPERSEDES = "supersedes"
"""User attribute of a retry: the number of the lost trial that it stands for."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """One trial of the budget."""

    number: int
    """Position in the budget, from 0."""
    phase: str
    """``baseline``, ``screen``, ``tune``, ``selection`` or ``confirmation``."""
    parameters: dict[str, Value]
    """The recipe; empty where the sampler is to choose."""
    seed: int
    """Seed of the run."""
    pool: str
    """Which pool is ranked."""
    prunable: bool = False
    """Whether the pruner may end it."""

    def attributes(self) -> dict[str, Any]:
        """Return the user attributes that carry the ticket."""
        return {
            "ticket": self.number,
            "phase": self.phase,
            "seed": self.seed,
            "pool": self.pool,
            "prunable": self.prunable,
        }


def run_seed(study_seed: int, stream: str, number: int) -> int:
    """Return a run's seed: the study's seed, the use it is for, and a number make it, nothing else."""
    import zlib

    entropy = (study_seed, zlib.crc32(stream.encode()), number)
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def enqueue(study: optuna.Study, tickets: Iterable[Ticket]) -> None:
    """Enqueue those tickets that have no trial yet."""
    known = {trial.user_attrs["ticket"] for trial in holding(study)}
    for ticket in tickets:
        if ticket.number not in known:
            study.enqueue_trial(ticket.parameters, user_attrs=ticket.attributes())


def set_budget(study: optuna.Study, budget: int) -> None:
    """Settle how many tickets count; the waiting trials of those beyond are taken back.

    Where the budget is raised again, such tickets are lost ones and return to the queue as these do.
    """
    study.set_user_attr(BUDGET, budget)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        if trial.user_attrs.get("ticket", -1) >= budget:
            study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL)


def holding(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that hold a ticket; failed ones of tickets beyond the budget do not."""
    budget = study.user_attrs.get(BUDGET)
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if "ticket" in trial.user_attrs
        and (budget is None or trial.user_attrs["ticket"] < budget or trial.state is not TrialState.FAIL)
    ]


def counted(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that count: finished ones that hold a ticket."""
    finished = (TrialState.COMPLETE, TrialState.PRUNED)
    return [trial for trial in holding(study) if trial.state in finished]


def open_tickets(study: optuna.Study) -> int:
    """Return how many trials wait."""
    return len(study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))


def taken(study: optuna.Study) -> int:
    """Return how many trials have been started so far, whatever became of them; it never falls."""
    return sum(trial.state is not TrialState.WAITING for trial in study.get_trials(deepcopy=False))


def reclaim_lost(study: optuna.Study) -> int:
    """Fail the running trials of processes that died on this host, and enqueue lost tickets again.

    Call it under `storage.exclusive`. A ticket is lost when none of its trials waits, runs or is finished;
    this also covers a worker that died between the end of a trial and its return to the queue.

    Returns:
        How many tickets were enqueued again.
    """
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if owners.is_dead(trial.user_attrs.get(owners.ATTRIBUTE)):
            _fail(study, trial)
    reclaimed = 0
    for number, trials in _failed_tickets(study).items():
        if _errors(study, trials) < MAX_ERRORS:
            _enqueue_again(study, number, trials)
            reclaimed += 1
    return reclaimed


def given_up(study: optuna.Study) -> list[FrozenTrial]:
    """Return the last trial of each ticket that ended in an error too often."""
    return [trials[-1] for trials in _failed_tickets(study).values() if _errors(study, trials) >= MAX_ERRORS]


def forgive(study: optuna.Study) -> None:
    """Give tickets that were given up another chance: what broke them may have been mended since."""
    if given_up(study):
        study.set_user_attr(FORGIVEN, len(study.get_trials(deepcopy=False)))


def _failed_tickets(study: optuna.Study) -> dict[int, list[FrozenTrial]]:
    """Return the trials of each ticket that has failed ones only."""
    by_ticket: dict[int, list[FrozenTrial]] = {}
    for trial in holding(study):
        by_ticket.setdefault(trial.user_attrs["ticket"], []).append(trial)
    return {
        number: trials
        for number, trials in sorted(by_ticket.items())
        if all(trial.state is TrialState.FAIL for trial in trials)
    }


def _errors(study: optuna.Study, trials: Sequence[FrozenTrial]) -> int:
    forgiven = study.user_attrs.get(FORGIVEN, 0)
    return sum("error" in trial.user_attrs and trial.number >= forgiven for trial in trials)


def _enqueue_again(study: optuna.Study, number: int, trials: Sequence[FrozenTrial]) -> None:
    last = trials[-1]
    # What the sampler chose is part of the trial: the retry runs the same recipe. A trial that was lost
    # before it had asked for any parameter still has those that it was enqueued with.
    parameters = last.params or last.system_attrs.get("fixed_params", {})
    carried = {name: last.user_attrs[name] for name in CARRIED if name in last.user_attrs}
    study.enqueue_trial(parameters, user_attrs={**carried, SUPERSEDES: last.number})
    _log.warning("trial %d was interrupted: its ticket %d is enqueued again", last.number, number)


def _fail(study: optuna.Study, trial: FrozenTrial) -> None:
    from optuna.exceptions import UpdateFinishedTrialError

    try:
        study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL)
    except UpdateFinishedTrialError:
        _log.debug("trial %d ended by itself meanwhile", trial.number)
