from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from studies import owners, tickets
from studies.storage import open_storage


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    return optuna.create_study(storage=open_storage(f"sqlite:///{tmp_path}/study.db"), direction="maximize")


def _ticket(number: int, **parameters: float) -> tickets.Ticket:
    return tickets.Ticket(number=number, phase="screen", parameters=dict(parameters), seed=7, pool="trials")


def _run(study: optuna.Study) -> None:
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)


def test_tickets_are_enqueued_once(study: optuna.Study) -> None:
    for _ in range(2):
        tickets.enqueue(study, [_ticket(0, x=0.25), _ticket(1)])
    assert tickets.open_tickets(study) == 2
    _run(study)
    _run(study)
    assert study.trials[0].params == {"x": 0.25}
    assert len(tickets.counted(study)) == 2


def test_a_trial_of_a_dead_process_returns_with_its_parameters_and_seed(study: optuna.Study) -> None:
    tickets.enqueue(study, [_ticket(0)])
    trial = study.ask()
    drawn = trial.suggest_float("x", 0, 1)
    trial.set_user_attr(owners.ATTRIBUTE, f"{owners.this_process()}0")
    assert tickets.reclaim_lost(study) == 1
    assert tickets.reclaim_lost(study) == 0
    _run(study)
    assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.COMPLETE]
    assert study.trials[1].params == {"x": drawn}
    assert study.trials[1].user_attrs["seed"] == 7
    assert study.trials[1].user_attrs[tickets.SUPERSEDES] == 0
    assert len(tickets.counted(study)) == 1


def test_a_trial_of_a_living_process_is_left_alone(study: optuna.Study) -> None:
    tickets.enqueue(study, [_ticket(0)])
    study.ask().set_user_attr(owners.ATTRIBUTE, owners.this_process())
    assert tickets.reclaim_lost(study) == 0
    assert study.trials[0].state is TrialState.RUNNING


def test_errors_are_retried_and_then_given_up_with_their_reason(study: optuna.Study) -> None:
    def fail(trial: optuna.Trial) -> float:
        trial.set_user_attr("error", "RuntimeError: no luck")
        raise RuntimeError("no luck")

    tickets.enqueue(study, [_ticket(0, x=0.5)])
    for _ in range(tickets.MAX_ERRORS):
        study.optimize(fail, n_trials=1, catch=(RuntimeError,))
        tickets.reclaim_lost(study)
    assert tickets.open_tickets(study) == 0
    assert [trial.user_attrs["error"] for trial in tickets.given_up(study)] == ["RuntimeError: no luck"]


def test_a_lowered_budget_takes_back_what_waits_or_was_lost_and_a_raised_one_returns_it(
    study: optuna.Study,
) -> None:
    tickets.enqueue(study, [_ticket(number) for number in range(4)])
    for _ in range(3):
        trial = study.ask()
        trial.suggest_float("x", 0, 1)
        trial.set_user_attr(owners.ATTRIBUTE, f"{owners.this_process()}0")
    tickets.set_budget(study, 2)
    assert tickets.reclaim_lost(study) == 2
    assert tickets.open_tickets(study) == 2
    assert {trial.user_attrs["ticket"] for trial in tickets.holding(study)} == {0, 1}
    tickets.set_budget(study, 4)
    assert tickets.reclaim_lost(study) == 2
    assert tickets.open_tickets(study) == 4


def test_given_up_tickets_get_another_chance_when_they_are_forgiven(study: optuna.Study) -> None:
    def fail(trial: optuna.Trial) -> float:
        trial.set_user_attr("error", "OSError: disk full")
        raise OSError("disk full")

    tickets.enqueue(study, [_ticket(0, x=0.5)])
    for _ in range(tickets.MAX_ERRORS):
        study.optimize(fail, n_trials=1, catch=(OSError,))
        tickets.reclaim_lost(study)
    assert tickets.given_up(study)
    tickets.forgive(study)
    assert not tickets.given_up(study)
    assert tickets.reclaim_lost(study) == 1
    _run(study)
    assert len(tickets.counted(study)) == 1


def test_every_trial_that_is_taken_raises_the_count_of_taken_ones(study: optuna.Study) -> None:
    tickets.enqueue(study, [_ticket(number) for number in range(3)])
    counts = [tickets.taken(study)]
    for _ in range(2):
        study.ask()
        counts.append(tickets.taken(study))
    tickets.reclaim_lost(study)
    assert counts == [0, 1, 2]
    assert tickets.taken(study) == 2


def test_run_seeds_differ_by_study_stream_and_number_and_stay() -> None:
    seeds = {
        tickets.run_seed(*key)
        for key in [(0, "trial", 0), (0, "trial", 1), (0, "selection", 0), (1, "trial", 0)]
    }
    assert len(seeds) == 4
    assert tickets.run_seed(0, "trial", 0) == tickets.run_seed(0, "trial", 0)
