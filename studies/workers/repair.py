"""Repair: what is stuck returns to the queue, a lost half is made again, and it is said what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.trial import TrialState

from studies.config.fingerprint import from_fingerprint
from studies.config.places import CONFIRM_SUFFIX
from studies.config.settings import SETTINGS
from studies.schedule import attributes, recovery
from studies.schedule.study import KEY, create_half, create_or_open, find, new_key
from studies.schedule.tune.tuning import PARTS, Tuning
from studies.storage import StorageLock, open_storage, worker_identity
from studies.storage.optuna_internals import study_key, trial_key
from studies.workers.leftovers import sweep_checkpoints
from wsnas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy
    from studies.storage import Address


def restore(address: Address, name: str) -> list[str]:
    """Make a study's missing half again, where the other one says what it was about.

    Runs that were lost with it are run again, by the same seeds, where the study goes on.

    Returns:
        What was done and what is lost, a line each; none where both halves or none are there.

    Raises:
        InputError: what is left does not say what the study was about.
    """
    storage = open_storage(address, create=False)
    half = name + CONFIRM_SUFFIX
    with StorageLock(address):
        study, confirm = find(storage, name), find(storage, half)
        if study is not None and confirm is None and SETTINGS in study.user_attrs:
            create_half(storage, name, study.user_attrs[SETTINGS], study.user_attrs.get(PARTS, {}))
            # It may be a copy, whose checkpoints and weights must not be those of the original.
            study.set_user_attr(KEY, new_key())
            return [f"{half} was gone and is made again: selections and confirmations are lost and run anew"]
    if study is not None or confirm is None:
        return []
    kept = confirm.user_attrs.get(SETTINGS)
    if kept is None:
        raise InputError(
            f"study {name!r} in {address!r} is gone, and {half!r} does not say what it was about:"
            " begin a new one under another STUDY"
        )
    create_or_open(address, name, from_fingerprint(kept), tuning=Tuning(**confirm.user_attrs.get(PARTS, {})))
    runs = len(confirm.get_trials(deepcopy=False))
    return [f"{name} was gone and is made again: its trials are lost, {runs} runs of {half} are kept"]


def repair(opened: OpenStudy, *, checkpoints: Path | None) -> list[str]:
    """Return stuck trials to the queue and remove what was left over.

    Stuck are trials whose worker is dead, or has been silent for longer than the study's grace, or is on
    another host and has never shown that it lives; and tickets that were given up.

    Returns:
        One line for each thing that was done.
    """
    done = []
    grace = opened.storage.grace_period or 0
    with opened.lock():
        for study in (opened.study, opened.confirm):
            silence = opened.storage.silence(study_key(study))
            for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                owner = trial.user_attrs.get(attributes.OWNER)
                silent = silence.get(trial_key(trial))
                if silent is None and not worker_identity.is_of_this_host(owner):
                    recovery.fail(study, trial)
                    done.append(f"trial {trial.number} of {study.study_name}: its worker never showed a sign")
                elif silent is not None and silent > grace:
                    recovery.fail(study, trial)
                    done.append(f"trial {trial.number} of {study.study_name}: silent for {silent:.0f} s")
            given_up = recovery.given_up(study)
            recovery.forgive(study)
            done += [
                f"ticket {number} of {study.study_name} gets another chance: {reason}"
                for number, reason in given_up.items()
            ]
            done += [
                f"trial {number} of {study.study_name} is enqueued again"
                for number in recovery.reclaim_lost(study)
            ]
    for study in (opened.study, opened.confirm):
        # A worker that died between the two may have left the mark out.
        lost = {trial.number: trial for trial in study.get_trials(deepcopy=False)}
        for number, successor in recovery.superseded_by(study).items():
            if number in lost and attributes.SUPERSEDED_BY not in lost[number].user_attrs:
                opened.storage.mark_finished(trial_key(lost[number]), attributes.SUPERSEDED_BY, successor)
    swept = sweep_checkpoints(opened, checkpoints)
    if swept:
        done.append(f"{swept} checkpoint{'s' * (swept > 1)} of finished trials removed")
    return done
