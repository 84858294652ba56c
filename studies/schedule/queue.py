"""The queue of waiting trials: who takes one, and under which lock."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from objectives.question.asked import run_seed
from objectives.question.inputs import TRIALS
from studies.schedule import attributes
from studies.schedule.budget import EXTRA, Ticket, holding, open_tickets, taken
from studies.schedule.recovery import fail, is_duplicate, reclaim_lost, under_way
from studies.storage import worker_identity
from studies.storage.optuna_internals import (
    enqueued_parameters,
    read_trial,
    set_attribute,
    set_enqueued_parameters,
    trial_key,
)
from wsnas.errors import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import optuna
    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy
    from studies.schedule.ticket_study import TicketStudy

_log = logging.getLogger(__name__)


def take(
    opened: OpenStudy, study: TicketStudy, *, unless: Callable[[], bool] = lambda: False
) -> optuna.Trial | None:
    """Take the next waiting trial of one of a study's halves for this process; None where none waits.

    What was lost with other workers returns to the queue first. The trial has shown its first heartbeat and
    is signed before the lock is released, in this order: one that is not signed is reclaimed at once, one
    that is signed on another host is reclaimed by its silent heartbeat.

    Args:
        opened: The study.
        study: Its half.
        unless: Asked under the lock, which may be long in coming: whether to take nothing after all.
    """
    with opened.lock():
        _adopt(opened, study)
        reclaim_lost(study)
        while open_tickets(study) and not unless():
            # A seed for each trial taken: no worker, resumed or joined, draws what another has drawn.
            seed = run_seed(opened.settings.seed, "sampler", taken(study))
            study.sampler, study.pruner = opened.tuning.parts(seed, opened.settings.sizes())
            trial = study.next_waiting()
            if trial is None:
                return None
            opened.storage.first_heartbeat(trial_key(trial))
            try:
                trial.set_user_attr(attributes.OWNER, worker_identity.this_process())
            except UpdateFinishedTrialError:
                # Stalled for so long that a server took the lock away and another worker the trial.
                _log.warning("trial %d was silent for too long and runs elsewhere now", trial.number)
                return None
            if not is_duplicate(study, trial):
                return trial
            fail(study, read_trial(study, trial))
    return None


def waits_beside(opened: OpenStudy) -> bool:
    """Return whether a trial waits that somebody else has enqueued: it may run in any stage."""
    waiting = opened.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
    return any(trial.user_attrs.get(attributes.PHASE, EXTRA) == EXTRA for trial in waiting)


def open_beside(opened: OpenStudy) -> bool:
    """Return whether such a trial waits, runs, or was lost with its worker: the study is not over before."""
    return waits_beside(opened) or under_way(opened.study, EXTRA)


def _adopt(opened: OpenStudy, study: TicketStudy) -> None:
    """Give each trial that somebody else has enqueued a ticket beside the budget, or fail it with the reason.

    A parameter that is missing takes the default; the seed is the trial's attribute ``seed``, if it has one.
    Call it under the storage's lock.
    """
    for trial in study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        if attributes.TICKET in trial.user_attrs:
            continue
        asked = enqueued_parameters(trial)
        refused = _why_not(opened, study, asked, trial.user_attrs)
        kept: Mapping[str, Any] = {attributes.ERROR: refused, attributes.PHASE: EXTRA}
        if refused is None:
            set_enqueued_parameters(study, trial, {**opened.settings.baseline(), **asked})
            kept = _ticket(opened, study, trial).attributes()
        # The ticket comes last: a trial that has one has all that it needs.
        for name in sorted(kept, key=lambda name: name == attributes.TICKET):
            set_attribute(study, trial, name, kept[name])
        if refused is not None:
            _log.warning("trial %d cannot be run: %s", trial.number, refused)
            fail(study, trial)


def _ticket(opened: OpenStudy, study: TicketStudy, trial: FrozenTrial) -> Ticket:
    lowest = min((one.user_attrs[attributes.TICKET] for one in holding(study)), default=0)
    seed = trial.user_attrs.get(attributes.SEED, run_seed(opened.settings.seed, EXTRA, trial.number))
    return Ticket(number=min(lowest, 0) - 1, phase=EXTRA, parameters={}, seed=seed, pool=TRIALS)


def _why_not(
    opened: OpenStudy, study: TicketStudy, asked: Mapping[str, Any], kept: Mapping[str, Any]
) -> str | None:
    """Return in one line why a trial that somebody else has enqueued cannot be run; None where it can."""
    if study.study_name != opened.study.study_name:
        return f"enqueue trials in study {opened.name}, not beside its confirmation"
    domains = {factor.name: factor.domain for factor in opened.settings.factors}
    for name, value in asked.items():
        if name not in domains:
            return f"{show(name)} is no factor of this study: there are {', '.join(domains)}"
        if not domains[name].contains(value):
            return f"{name} {show(value)} is not among its values: {domains[name]}"
    seed = kept.get(attributes.SEED, 0)
    if type(seed) is not int or not 0 <= seed < 2**32:
        return f"seed {show(seed)}: a whole number from 0 to {2**32 - 1} is wanted"
    return None
