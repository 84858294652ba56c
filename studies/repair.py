"""Repair: what is stuck returns to the queue, and it is said what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.trial import TrialState

from studies import owners, tickets
from studies.storage import Exclusive
from studies.worker import open_checkpoints, sweep_checkpoints

if TYPE_CHECKING:
    from pathlib import Path

    from studies.study import Handle


def repair(handle: Handle, *, checkpoints: Path | None) -> list[str]:
    """Return stuck trials to the queue and remove what was left over.

    Stuck are trials whose worker is dead, or has been silent for longer than the study's grace, or is on
    another host and has never shown that it lives; and tickets that were given up.

    Returns:
        One line for each thing that was done.
    """
    done = []
    grace = handle.storage.grace_period or 0
    with Exclusive(handle.address, patience=handle.storage.patience):
        for study in (handle.study, handle.confirm):
            silence = handle.storage.silence(study._study_id)
            for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                owner = trial.user_attrs.get(owners.ATTRIBUTE)
                silent = silence.get(trial._trial_id)
                if silent is None and not owners.is_of_this_host(owner):
                    tickets.fail(study, trial)
                    done.append(f"trial {trial.number} of {study.study_name}: its worker never showed a sign")
                elif silent is not None and silent > grace:
                    tickets.fail(study, trial)
                    done.append(f"trial {trial.number} of {study.study_name}: silent for {silent:.0f} s")
            given_up = tickets.given_up(study)
            tickets.forgive(study)
            done += [
                f"ticket {number} of {study.study_name} gets another chance: {reason}"
                for number, reason in given_up.items()
            ]
            done += [
                f"trial {number} of {study.study_name} is enqueued again"
                for number in tickets.reclaim_lost(study)
            ]
    for study in (handle.study, handle.confirm):
        # A worker that died between the two may have left the mark out.
        lost = {trial.number: trial for trial in study.get_trials(deepcopy=False)}
        for number, successor in tickets.superseded_by(study).items():
            if number in lost and tickets.SUPERSEDED_BY not in lost[number].user_attrs:
                handle.storage.mark_finished(lost[number]._trial_id, tickets.SUPERSEDED_BY, successor)
    swept = sweep_checkpoints(handle, open_checkpoints(handle, checkpoints))
    if swept:
        done.append(f"{swept} checkpoint{'s' * (swept > 1)} of finished trials removed")
    return done
