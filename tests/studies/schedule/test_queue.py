"""A trial is taken once, signed, and given back where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.trial import TrialState

from studies.schedule import attributes, queue
from studies.schedule.budget import EXTRA, refused
from studies.schedule.plan import plan_trials
from studies.schedule.queue import open_beside, take, waits_beside
from studies.schedule.study import create_or_open
from studies.storage import worker_identity
from studies.storage.optuna_internals import fail_trial, read_trial, trial_key
from studies.workers.status import study_status
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


def test_an_enqueued_recipe_is_completed_and_gets_a_ticket_beside_the_budget(opened: OpenStudy) -> None:
    opened.study.enqueue_trial({"epochs": 5}, user_attrs={"seed": 7, "note": "mine"})
    opened.study.enqueue_trial({})
    assert waits_beside(opened)
    while (trial := take(opened, opened.study)) is not None:
        parameters = {
            factor.name: factor.domain.suggest(trial, factor.name) for factor in opened.settings.factors
        }
        if trial.user_attrs.get("note") == "mine":
            assert parameters == {**opened.settings.baseline(), "epochs": 5}
            assert trial.user_attrs[attributes.SEED] == 7
    extra = [trial for trial in opened.study.trials if trial.user_attrs[attributes.PHASE] == EXTRA]
    assert [trial.user_attrs[attributes.TICKET] for trial in extra] == [-1, -2]
    assert extra[0].user_attrs[attributes.SEED] != extra[1].user_attrs[attributes.SEED]
    assert not waits_beside(opened)


@pytest.mark.parametrize(
    ("parameters", "kept", "words"),
    [
        ({"epochs": 10**6}, {}, "epochs 1000000 is not among its values: "),
        ({"epochs": "many"}, {}, "epochs 'many' is not among its values"),
        ({"bn_affine": 1}, {}, "bn_affine 1 is not among its values: "),
        ({"epoch": 4}, {}, "'epoch' is no factor of this study: there are "),
        ({}, {"seed": -1}, "seed -1: a whole number"),
        ({}, {"seed": "one"}, "seed 'one': a whole number"),
    ],
)
def test_an_enqueued_trial_that_cannot_be_run_is_failed_with_the_reason(
    opened: OpenStudy, parameters: dict[str, Any], kept: dict[str, Any], words: str
) -> None:
    opened.study.enqueue_trial(parameters, user_attrs=kept)
    take(opened, opened.study)
    failed = opened.study.trials[-1]
    assert failed.state is TrialState.FAIL
    assert words in failed.user_attrs[attributes.ERROR]
    assert words in refused(opened.study)[failed.number]
    assert words in " ".join(study_status(opened).reasons)
    plan_trials(opened, budget=2)
    take(opened, opened.study)
    assert opened.study.trials[-1].number == failed.number


def test_a_trial_enqueued_beside_the_confirmation_is_sent_to_the_study(opened: OpenStudy) -> None:
    opened.confirm.enqueue_trial({})
    assert take(opened, opened.confirm) is None
    assert "enqueue trials in study x" in opened.confirm.trials[-1].user_attrs[attributes.ERROR]


def test_an_extra_trial_that_was_lost_with_its_worker_runs_again(opened: OpenStudy) -> None:
    opened.study.enqueue_trial({"epochs": 5})
    while (trial := take(opened, opened.study)) is not None and trial.user_attrs[attributes.PHASE] != EXTRA:
        pass
    assert trial is not None
    assert open_beside(opened)
    fail_trial(opened.study, read_trial(opened.study, trial))
    assert open_beside(opened)
    assert not waits_beside(opened)
    again = take(opened, opened.study)
    assert again is not None
    assert again.user_attrs[attributes.TICKET] == -1
    assert again.suggest_int("epochs", 1, 10**5) == 5
