"""A trial is taken once, signed, and given back where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.trial import TrialState

from studies.schedule import attributes, queue
from studies.schedule.plan import plan_trials
from studies.schedule.queue import take
from studies.schedule.study import create_or_open
from studies.storage import worker_identity
from studies.storage.optuna_internals import fail_trial, read_trial, trial_key
from tests.studies.short_study import settings

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy


@pytest.fixture
def opened(tmp_path: Path) -> OpenStudy:
    opened = create_or_open(f"sqlite:///{tmp_path}/wsnas.db", "x", settings())
    plan_trials(opened, budget=2)
    return opened


def test_a_taken_trial_is_signed_and_has_shown_a_heartbeat(opened: OpenStudy) -> None:
    trial = take(opened, opened.study)
    assert trial is not None
    kept = read_trial(opened.study, trial)
    assert (kept.state, kept.user_attrs[attributes.TICKET]) == (TrialState.RUNNING, 0)
    assert kept.user_attrs[attributes.OWNER] == worker_identity.this_process()
    assert trial_key(trial) in opened.storage.silence(opened.study._study_id)


def test_nothing_is_taken_where_nothing_waits_or_the_worker_is_to_stop(opened: OpenStudy) -> None:
    assert take(opened, opened.study, unless=lambda: True) is None
    assert take(opened, opened.confirm) is None
    assert {trial.state for trial in opened.study.trials} == {TrialState.WAITING}


def test_a_trial_that_another_worker_took_away_before_it_was_signed_is_left_to_it(
    opened: OpenStudy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first_heartbeat = opened.storage.first_heartbeat

    def stall(key: int) -> None:
        first_heartbeat(key)
        (running,) = opened.study.get_trials(states=(TrialState.RUNNING,))
        fail_trial(opened.study, running)

    monkeypatch.setattr(opened.storage, "first_heartbeat", stall)
    assert take(opened, opened.study) is None
    assert "runs elsewhere now" in caplog.text


def test_a_second_trial_of_a_ticket_is_ended_and_the_next_one_taken(
    opened: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def is_duplicate(_study: Any, trial: optuna.Trial) -> bool:
        asked.append(trial.number)
        return len(asked) == 1

    monkeypatch.setattr(queue, "is_duplicate", is_duplicate)
    trial = take(opened, opened.study)
    assert trial is not None
    assert asked == [0, trial.number]
    assert opened.study.trials[0].state is TrialState.FAIL


def test_optuna_runs_the_trial_that_was_taken_and_no_other(opened: OpenStudy) -> None:
    trial = take(opened, opened.study)
    assert trial is not None
    seen: list[int] = []

    def objective(given: optuna.Trial) -> float:
        seen.append(given.number)
        return 0.5

    opened.study.run(trial, objective)
    assert seen == [trial.number]
    assert [one.state for one in opened.study.trials] == [TrialState.COMPLETE, TrialState.WAITING]
