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
    from collections.abc import Iterable, Mapping, Sequence

    import optuna

    from objectives.domains import Value
    from studies.storage.patience import PatientStorage

MAX_RETRIES = 3
"""How often a ticket's trial is tried again after faults of the machine."""
MAX_KILLS = 10
"""How many attempts in a row may be killed before their first epoch until the ticket is given up."""
CARRIED = ("ticket", "phase", "seed", "pool", "prunable", "number", "origin")
"""User attributes that a retry takes over."""
BUDGET = "budget"
"""User attribute of a study: how many tickets count."""
FORGIVEN = "errors_forgiven_before"
"""User attribute of a study: errors of trials with a smaller number do not count any more."""
SUPERSEDES = "supersedes"
"""User attribute of a retry: the number of the lost trial that it stands for."""
ERROR, FAULT = "error", "fault"
"""User attributes of a failed trial: why, and whose fault it is (`studies.faults`)."""
SUPERSEDED_BY = "superseded_by"
"""User attribute of a lost trial: the number of the trial that stands for it."""
DUPLICATE = "duplicate"
"""User attribute of a trial that was enqueued twice and taken back."""
PACE = "pace"
"""User attribute of a trial: epochs done, epochs in all, images per second."""
INTERRUPTED = "interrupted"
"""User attribute of a failed trial that was saved and handed back."""

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
        and DUPLICATE not in trial.user_attrs
        and (budget is None or trial.user_attrs["ticket"] < budget or trial.state is not TrialState.FAIL)
    ]


def counted(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that count: one finished trial for each ticket."""
    finished = (TrialState.COMPLETE, TrialState.PRUNED)
    trials: dict[int, FrozenTrial] = {}
    for trial in holding(study):
        if trial.state in finished:
            trials.setdefault(trial.user_attrs["ticket"], trial)
    return sorted(trials.values(), key=lambda trial: trial.number)


def open_tickets(study: optuna.Study) -> int:
    """Return how many trials wait."""
    return len(study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))


def taken(study: optuna.Study) -> int:
    """Return how many trials have been started so far, whatever became of them; it never falls."""
    return sum(trial.state is not TrialState.WAITING for trial in study.get_trials(deepcopy=False))


def reclaim_lost(study: optuna.Study) -> list[int]:
    """Fail the running trials of workers that died, and enqueue lost tickets again.

    A worker of this host is known to be dead at once by its process, others by their silent heartbeat.
    Call it under `studies.storage.Exclusive`. A ticket is lost when none of its trials waits, runs or is
    finished; this also covers a worker that died between the end of a trial and its return to the queue.

    Returns:
        The numbers of the trials whose tickets were enqueued again.
    """
    import warnings

    import optuna

    # First, since a second trial of a ticket would stand for the one that is lost, without its recipe.
    drop_duplicates(study)
    one_machine = _storage(study).engine.dialect.name == "sqlite"
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if owners.is_dead(trial.user_attrs.get(owners.ATTRIBUTE), one_machine=one_machine):
            fail(study, trial)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)
    reclaimed = []
    for number, trials in _failed_tickets(study).items():
        if why_given_up(study, trials) is None:
            _enqueue_again(study, number, trials)
            reclaimed.append(trials[-1].number)
    return reclaimed


def drop_duplicates(study: optuna.Study) -> None:
    """Take back waiting trials whose ticket has an earlier trial that waits, runs or is finished.

    There are none, unless a worker stalled while it held the lock, or the database failed between an
    answer and its arrival.
    """
    for trials in _by_ticket(study).values():
        living = [trial for trial in trials if trial.state is not TrialState.FAIL]
        for trial in living:
            if trial.state is TrialState.WAITING and trial is not _holder(living):
                study._storage.set_trial_user_attr(trial._trial_id, DUPLICATE, True)
                fail(study, trial)


def is_duplicate(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Return whether another trial holds the ticket of a trial that was just taken."""
    trials = _by_ticket(study).get(trial.user_attrs["ticket"], [])
    living = [one for one in trials if one.state is not TrialState.FAIL]
    return bool(living) and _holder(living).number != trial.number


def _holder(living: Sequence[FrozenTrial]) -> FrozenTrial:
    """Return which of a ticket's living trials counts: a finished one, a running one, the first."""
    order = {TrialState.COMPLETE: 0, TrialState.PRUNED: 0, TrialState.RUNNING: 1, TrialState.WAITING: 2}
    return min(living, key=lambda trial: (order[trial.state], trial.number))


def given_up(study: optuna.Study) -> dict[int, str]:
    """Return the reason for each ticket that is not tried again, by its number."""
    reasons = {number: why_given_up(study, trials) for number, trials in _failed_tickets(study).items()}
    return {number: reason for number, reason in reasons.items() if reason is not None}


def why_given_up(study: optuna.Study, trials: Sequence[FrozenTrial]) -> str | None:
    """Return why a ticket with these failed trials is not tried again; None where it is.

    An error of the recipe would come again; faults of the machine are tried `MAX_RETRIES` times more;
    attempts that saved their state, or were lost with their worker, cost nothing unless their worker is
    killed again and again before the first epoch.
    """
    recent = [trial for trial in trials if trial.number >= study.user_attrs.get(FORGIVEN, 0)]
    errors = [trial for trial in recent if ERROR in trial.user_attrs]
    for trial in errors:
        if trial.user_attrs.get(FAULT) != "machine":
            return str(trial.user_attrs[ERROR])
    if len(errors) > MAX_RETRIES:
        return str(errors[-1].user_attrs[ERROR])
    last = recent[-MAX_KILLS:]
    signs = (ERROR, INTERRUPTED, PACE)
    if len(last) == MAX_KILLS and not any(sign in trial.user_attrs for trial in last for sign in signs):
        return f"its worker was killed {MAX_KILLS} times before the first epoch: does it need more memory?"
    return None


def forgive(study: optuna.Study) -> None:
    """Give tickets that were given up another chance: what broke them may have been mended since."""
    if given_up(study):
        study.set_user_attr(FORGIVEN, len(study.get_trials(deepcopy=False)))


def origin(number: int, attributes: Mapping[str, Any]) -> int:
    """Return the number of the first attempt at a trial."""
    return int(attributes.get("origin", number))


def unfinished_origins(study: optuna.Study) -> set[int]:
    """Return the first attempts of all trials that may go on."""
    finished = (TrialState.COMPLETE, TrialState.PRUNED)
    return {
        origin(trials[0].number, trials[0].user_attrs)
        for trials in _by_ticket(study).values()
        if not any(trial.state in finished for trial in trials)
    }


def superseded_by(study: optuna.Study) -> dict[int, int]:
    """Return for each interrupted attempt the attempt that followed it, by their numbers."""
    return {
        trial.user_attrs[SUPERSEDES]: trial.number
        for trial in study.get_trials(deepcopy=False)
        if SUPERSEDES in trial.user_attrs
    }


def _by_ticket(study: optuna.Study) -> dict[int, list[FrozenTrial]]:
    by_ticket: dict[int, list[FrozenTrial]] = {}
    for trial in holding(study):
        by_ticket.setdefault(trial.user_attrs["ticket"], []).append(trial)
    return by_ticket


def _failed_tickets(study: optuna.Study) -> dict[int, list[FrozenTrial]]:
    """Return the trials of each ticket that has failed ones only."""
    return {
        number: trials
        for number, trials in sorted(_by_ticket(study).items())
        if all(trial.state is TrialState.FAIL for trial in trials)
    }


def _enqueue_again(study: optuna.Study, number: int, trials: Sequence[FrozenTrial]) -> None:
    from optuna.trial import create_trial

    last = trials[-1]
    # What the sampler chose is part of the trial: the retry runs the same recipe. A trial that was lost
    # before it had asked for all parameters still has those that it was enqueued with.
    parameters = {**last.system_attrs.get("fixed_params", {}), **last.params}
    first = origin(last.number, last.user_attrs)
    carried = {name: last.user_attrs[name] for name in CARRIED if name in last.user_attrs}
    study.add_trial(
        create_trial(
            state=TrialState.WAITING,
            # Optuna's own names for a retry, and none of its pruners' notes: no rung counts twice.
            system_attrs={
                "fixed_params": parameters,
                "failed_trial": first,
                "retry_history": [*last.system_attrs.get("retry_history", []), last.number],
            },
            user_attrs={**carried, SUPERSEDES: last.number, "origin": first},
        )
    )
    successor = superseded_by(study).get(last.number)
    if successor is not None:
        _storage(study).mark_finished(last._trial_id, SUPERSEDED_BY, successor)
    _log.warning("trial %d was interrupted: its ticket %d is enqueued again", last.number, number)


def _storage(study: optuna.Study) -> PatientStorage:
    """Return a study's storage behind Optuna's cache."""
    from studies.storage.patience import PatientStorage

    storage = getattr(study._storage, "_backend", study._storage)
    assert isinstance(storage, PatientStorage)
    return storage


def fail(study: optuna.Study, trial: FrozenTrial) -> None:
    """End a trial that nobody runs; without effect where it has ended by itself."""
    from optuna.exceptions import UpdateFinishedTrialError

    try:
        study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL)
    except UpdateFinishedTrialError:
        _log.debug("trial %d ended by itself meanwhile", trial.number)
