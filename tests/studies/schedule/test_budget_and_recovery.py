from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from objectives.question.asked import run_seed
from studies.schedule import attributes, budget, recovery
from studies.storage import open_storage, worker_identity


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    return optuna.create_study(storage=open_storage(f"sqlite:///{tmp_path}/study.db"), direction="maximize")


def _ticket(number: int, **parameters: float) -> budget.Ticket:
    return budget.Ticket(number=number, phase="screen", parameters=dict(parameters), seed=7, pool="trials")


def _take(study: optuna.Study) -> optuna.Trial:
    """Take a trial as a worker that dies at once does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return study.ask()


def _run(study: optuna.Study) -> None:
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)


def _lose(study: optuna.Study) -> float:
    """Leave a trial to a process that is dead; return the parameter that it drew."""
    trial = _take(study)
    trial.set_user_attr(attributes.OWNER, f"{worker_identity.this_process()}0")
    return trial.suggest_float("x", 0, 1)


def test_tickets_wait_with_their_recipes_and_count_once_they_are_finished(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(0, x=0.25), _ticket(1)])
    assert budget.open_tickets(study) == 2
    assert list(zip(range(2), budget.free_numbers(study), strict=False)) == [(0, 2), (1, 3)]
    assert budget.counted(study) == []
    _run(study)
    _run(study)
    assert study.trials[0].params == {"x": 0.25}
    assert len(budget.counted(study)) == 2


def test_a_trial_of_a_dead_process_returns_with_its_parameters_and_seed(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(0)])
    drawn = _lose(study)
    assert recovery.reclaim_lost(study) == [0]
    assert recovery.reclaim_lost(study) == []
    _run(study)
    assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.COMPLETE]
    assert study.trials[1].params == {"x": drawn}
    assert study.trials[1].user_attrs["seed"] == 7
    assert study.trials[1].user_attrs[attributes.SUPERSEDES] == 0
    reopened = optuna.load_study(study_name=study.study_name, storage=study._storage._backend.url)
    assert reopened.trials[0].user_attrs[attributes.SUPERSEDED_BY] == 1
    assert len(budget.counted(study)) == 1


def test_a_retry_keeps_what_the_trial_measured(study: optuna.Study) -> None:
    ticket = replace(_ticket(0, x=0.5), change="x=0.5", seed_number=2, length=3, prunable=True)
    budget.enqueue(study, [ticket])
    _lose(study)
    recovery.reclaim_lost(study)
    retry = study.trials[-1]
    assert ticket.attributes().items() <= retry.user_attrs.items()
    assert {"change", "number", "length"} <= ticket.attributes().keys()
    assert retry.system_attrs["fixed_params"] == ticket.parameters


def test_a_trial_of_a_living_process_is_left_alone(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(0)])
    _take(study).set_user_attr(attributes.OWNER, worker_identity.this_process())
    assert recovery.reclaim_lost(study) == []
    assert study.trials[0].state is TrialState.RUNNING


def _fail_with(study: optuna.Study, reason: str, fault: str) -> None:
    def fail(trial: optuna.Trial) -> float:
        trial.set_user_attr(attributes.ERROR, reason)
        trial.set_user_attr(attributes.FAULT, fault)
        raise RuntimeError(reason)

    study.optimize(fail, n_trials=1, catch=(RuntimeError,))


@pytest.mark.parametrize(
    ("lose", "attempts", "reason"),
    [
        pytest.param(
            partial(_fail_with, reason="OutOfMemoryError: no luck", fault="machine"),
            1 + recovery.MAX_RETRIES,
            "OutOfMemoryError: no luck",
            id="a fault of the machine",
        ),
        pytest.param(
            partial(_fail_with, reason="ValueError: no such thing", fault="recipe"),
            1,
            "ValueError: no such thing",
            id="an error of the recipe",
        ),
        pytest.param(_take, recovery.MAX_KILLS, "memory", id="killed before the first epoch"),
    ],
)
def test_a_trial_is_tried_so_often_and_then_given_up_with_its_reason(
    lose: Callable[[optuna.Study], object], attempts: int, reason: str, study: optuna.Study
) -> None:
    budget.enqueue(study, [_ticket(0, x=0.5)])
    for attempt in range(attempts):
        assert budget.open_tickets(study) == 1, attempt
        lose(study)
        retried = recovery.reclaim_lost(study)
    assert not retried
    assert budget.open_tickets(study) == 0
    assert reason in recovery.given_up(study)[0]


def test_a_trial_that_gets_further_each_time_is_never_given_up(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(0, x=0.5)])
    for attempt in range(2 * recovery.MAX_KILLS):
        assert budget.open_tickets(study) == 1, attempt
        trial = _take(study)
        if attempt % 3 == 0:
            trial.set_user_attr(attributes.PACE, [attempt, 100, 1.0])
        recovery.reclaim_lost(study)
    assert not recovery.given_up(study)


def test_a_retry_keeps_the_first_attempt_as_origin_under_optunas_names_and_its_own(
    study: optuna.Study,
) -> None:
    from optuna.storages import RetryHeartbeatStaleTrialCallback as Retry

    budget.enqueue(study, [_ticket(0, x=0.5)])
    for _ in range(3):
        _take(study).suggest_float("x", 0, 1)
        recovery.reclaim_lost(study)
    last = study.trials[-1]
    assert last.number == 3
    assert recovery.origin(last.number, last.user_attrs) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert Retry.retried_trial_number(last) == 0
        assert Retry.retry_history(last) == [0, 1, 2]


def test_a_retry_has_no_reports_and_no_rungs_of_the_lost_attempt(study: optuna.Study) -> None:
    study.pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1)
    budget.enqueue(study, [_ticket(0, x=0.5)])
    trial = _take(study)
    trial.report(0.5, 1)
    trial.should_prune()
    assert any("completed_rung" in name for name in study.trials[0].system_attrs)
    recovery.reclaim_lost(study)
    assert not study.trials[1].intermediate_values
    assert not any("completed_rung" in name for name in study.trials[1].system_attrs)


def test_a_ticket_that_was_enqueued_twice_is_run_once(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(0, x=0.5), _ticket(1, x=0.5)])
    study.enqueue_trial({"x": 0.5}, user_attrs=_ticket(0, x=0.5).attributes())
    recovery.drop_duplicates(study)
    assert budget.open_tickets(study) == 2
    first = _take(study)
    study.enqueue_trial({"x": 0.5}, user_attrs=_ticket(0, x=0.5).attributes())
    assert not recovery.is_duplicate(study, first)
    second = _take(study)
    assert not recovery.is_duplicate(study, second)
    third = _take(study)
    assert third.user_attrs["ticket"] == 0
    assert recovery.is_duplicate(study, third)


def test_a_lowered_budget_takes_back_what_waits_or_was_lost_and_a_raised_one_returns_it(
    study: optuna.Study,
) -> None:
    budget.enqueue(study, [_ticket(number) for number in range(4)])
    for _ in range(3):
        _lose(study)
    budget.set_budget(study, 2)
    assert len(recovery.reclaim_lost(study)) == 2
    assert budget.open_tickets(study) == 2
    assert {trial.user_attrs["ticket"] for trial in budget.holding(study)} == {0, 1}
    budget.set_budget(study, 4)
    assert len(recovery.reclaim_lost(study)) == 2
    assert budget.open_tickets(study) == 4


def test_given_up_tickets_get_another_chance_when_they_are_forgiven(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(0, x=0.5)])
    _fail_with(study, "ValueError: broken", "recipe")
    recovery.reclaim_lost(study)
    assert recovery.given_up(study)
    recovery.forgive(study)
    assert not recovery.given_up(study)
    assert len(recovery.reclaim_lost(study)) == 1
    _run(study)
    assert len(budget.counted(study)) == 1


def test_every_trial_that_is_taken_raises_the_count_of_taken_ones(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(number) for number in range(3)])
    counts = [budget.taken(study)]
    for _ in range(2):
        _take(study)
        counts.append(budget.taken(study))
    recovery.reclaim_lost(study)
    assert counts == [0, 1, 2]
    assert budget.taken(study) == 2


def test_run_seeds_differ_by_study_stream_and_number_and_stay() -> None:
    seeds = {
        run_seed(*key) for key in [(0, "trial", 0), (0, "trial", 1), (0, "selection", 0), (1, "trial", 0)]
    }
    assert len(seeds) == 4
    assert run_seed(0, "trial", 0) == run_seed(0, "trial", 0)


def test_a_trial_that_was_enqueued_twice_and_dropped_is_no_parent_of_a_retry(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(0)])
    study.enqueue_trial({}, user_attrs=_ticket(0).attributes())
    drawn = _lose(study)
    recovery.reclaim_lost(study)
    retry = study.trials[-1]
    assert retry.user_attrs[attributes.SUPERSEDES] == 0
    assert recovery.origin(retry.number, retry.user_attrs) == 0
    assert retry.system_attrs["fixed_params"] == {"x": drawn}


def test_of_two_finished_trials_with_one_ticket_one_counts(study: optuna.Study) -> None:
    budget.enqueue(study, [_ticket(0, x=0.5)])
    _run(study)
    study.add_trial(study.trials[0])
    assert [trial.number for trial in budget.counted(study)] == [0]
