"""Recovery: trials that were lost with their worker return to the queue under their tickets."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from optuna.trial import FrozenTrial, TrialState

from studies.schedule import attributes
from studies.schedule.budget import holding
from studies.storage import worker_identity
from studies.storage.optuna_internals import (
    add_retry,
    backend_of,
    enqueued_parameters,
    fail_trial,
    set_attribute,
    trial_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import optuna

MAX_RETRIES = 3
"""How often a ticket's trial is tried again after faults of the machine."""
MAX_KILLS = 10
"""How many attempts in a row may be killed before their first epoch until the ticket is given up."""

_FINISHED = {TrialState.COMPLETE, TrialState.PRUNED}
_log = logging.getLogger(__name__)


def reclaim_lost(study: optuna.Study) -> list[int]:
    """Fail the running trials of workers that died, and enqueue lost tickets again.

    A worker of this host is known to be dead at once by its process, others by their silent heartbeat.
    Call it under `studies.storage.StorageLock`. A ticket is lost when none of its trials waits, runs or is
    finished; this also covers a worker that died between the end of a trial and its return to the queue.

    Returns:
        The numbers of the trials whose tickets were enqueued again.
    """
    import warnings

    import optuna

    # First, since a second trial of a ticket would stand for the one that is lost, without its recipe.
    drop_duplicates(study)
    one_machine = backend_of(study).engine.dialect.name == "sqlite"
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if worker_identity.is_dead(trial.user_attrs.get(attributes.OWNER), one_machine=one_machine):
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
                set_attribute(study, trial, attributes.DUPLICATE, True)
                fail(study, trial)


def is_duplicate(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Return whether another trial holds the ticket of a trial that was just taken."""
    trials = _by_ticket(study).get(trial.user_attrs[attributes.TICKET], [])
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


def under_way(study: optuna.Study, phase: str) -> bool:
    """Return whether a ticket of a phase waits, runs or is lost and yet to return to the queue.

    One that was given up is not, so that nothing waits for it.
    """
    for trials in _by_ticket(study).values():
        states = {trial.state for trial in trials}
        if trials[0].user_attrs.get(attributes.PHASE) != phase or states & _FINISHED:
            continue
        if states != {TrialState.FAIL} or why_given_up(study, trials) is None:
            return True
    return False


def why_given_up(study: optuna.Study, trials: Sequence[FrozenTrial]) -> str | None:
    """Return why a ticket with these failed trials is not tried again; None where it is.

    An error of the recipe would come again; faults of the machine are tried `MAX_RETRIES` times more;
    attempts that saved their state, or were lost with their worker, cost nothing unless their worker is
    killed again and again before the first epoch.
    """
    recent = [trial for trial in trials if trial.number >= study.user_attrs.get(attributes.FORGIVEN, 0)]
    errors = [trial for trial in recent if attributes.ERROR in trial.user_attrs]
    for trial in errors:
        if trial.user_attrs.get(attributes.FAULT) != "machine":
            return str(trial.user_attrs[attributes.ERROR])
    if len(errors) > MAX_RETRIES:
        return str(errors[-1].user_attrs[attributes.ERROR])
    last = recent[-MAX_KILLS:]
    signs = (attributes.ERROR, attributes.INTERRUPTED, attributes.PACE)
    if len(last) == MAX_KILLS and not any(sign in trial.user_attrs for trial in last for sign in signs):
        return f"its worker was killed {MAX_KILLS} times before the first epoch: does it need more memory?"
    return None


def forgive(study: optuna.Study) -> None:
    """Give tickets that were given up another chance: what broke them may have been mended since."""
    if given_up(study):
        study.set_user_attr(attributes.FORGIVEN, len(study.get_trials(deepcopy=False)))


def origin(number: int, kept: Mapping[str, Any]) -> int:
    """Return the number of the first attempt at a trial."""
    return int(kept.get(attributes.ORIGIN, number))


def unfinished_origins(study: optuna.Study) -> set[int]:
    """Return the first attempts of all trials that may go on."""
    return {
        origin(trials[0].number, trials[0].user_attrs)
        for trials in _by_ticket(study).values()
        if not any(trial.state in _FINISHED for trial in trials)
    }


def superseded_by(study: optuna.Study) -> dict[int, int]:
    """Return for each interrupted attempt the attempt that followed it, by their numbers."""
    return {
        trial.user_attrs[attributes.SUPERSEDES]: trial.number
        for trial in study.get_trials(deepcopy=False)
        if attributes.SUPERSEDES in trial.user_attrs
    }


def _by_ticket(study: optuna.Study) -> dict[int, list[FrozenTrial]]:
    by_ticket: dict[int, list[FrozenTrial]] = {}
    for trial in holding(study):
        by_ticket.setdefault(trial.user_attrs[attributes.TICKET], []).append(trial)
    return by_ticket


def _failed_tickets(study: optuna.Study) -> dict[int, list[FrozenTrial]]:
    """Return the trials of each ticket that has failed ones only."""
    return {
        number: trials
        for number, trials in sorted(_by_ticket(study).items())
        if all(trial.state is TrialState.FAIL for trial in trials)
    }


def _enqueue_again(study: optuna.Study, number: int, trials: Sequence[FrozenTrial]) -> None:
    last = trials[-1]
    # What the sampler chose is part of the trial: the retry runs the same recipe. A trial that was lost
    # before it had asked for all parameters still has those that it was enqueued with.
    parameters = {**enqueued_parameters(last), **last.params}
    first = origin(last.number, last.user_attrs)
    carried = {name: last.user_attrs[name] for name in attributes.CARRIED if name in last.user_attrs}
    add_retry(
        study,
        last,
        first=first,
        parameters=parameters,
        user_attrs={**carried, attributes.SUPERSEDES: last.number, attributes.ORIGIN: first},
    )
    successor = superseded_by(study).get(last.number)
    if successor is not None:
        backend_of(study).mark_finished(trial_key(last), attributes.SUPERSEDED_BY, successor)
    _log.warning("trial %d was interrupted: its ticket %d is enqueued again", last.number, number)


def fail(study: optuna.Study, trial: FrozenTrial) -> None:
    """End a trial that nobody runs; without effect where it has ended by itself."""
    from optuna.exceptions import UpdateFinishedTrialError

    try:
        fail_trial(study, trial)
    except UpdateFinishedTrialError:
        _log.debug("trial %d ended by itself meanwhile", trial.number)
