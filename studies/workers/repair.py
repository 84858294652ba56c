"""Repair: what is stuck returns to the queue, and it is said what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.trial import TrialState

from studies.schedule import attributes, recovery
from studies.storage import worker_identity
from studies.storage.optuna_internals import study_key, trial_key
from studies.workers.leftovers import sweep_checkpoints

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy


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
