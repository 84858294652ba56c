"""What a study does when: the order of its stages, whoever plans them and whatever becomes of a trial."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.trial import TrialState

from objectives.domains import Categorical
from studies.schedule import attributes, budget, recovery
from studies.schedule.confirmation import winner
from studies.schedule.queue import take
from studies.schedule.screen.measured import screen_runs
from studies.schedule.selection import candidates, reference
from studies.schedule.stages import Stage, half_of, plan_next, progress_of
from studies.schedule.study import open_study
from studies.storage.optuna_internals import fail_trial
from tests.studies.made_runs import DIVERGES, FAILS
from tests.studies.schedule.conftest import only

if TYPE_CHECKING:
    from objectives.recipe import Recipe
    from tests.studies.made_runs import MadeStudy
    from tests.studies.schedule.conftest import Make


def _screened(made: MadeStudy) -> list[tuple[int, str, float | None]]:
    """Return what the statistics of the screen rest on."""
    return [
        (run.user_attrs[attributes.TICKET], run.user_attrs[attributes.CHANGE], run.value)
        for run in screen_runs(made.opened)
    ]


def _better_with_two_cells(recipe: Recipe) -> float:
    """Return a quality that the known start lacks and that few of the other recipes have."""
    near = recipe["learning_rate_schedule"] == "constant" and recipe["channels"] == 8
    return 0.5 + 0.4 * (recipe["cells"] == 2) if near else 0.1


def test_a_study_tunes_selects_screens_tries_again_and_confirms(make: Make) -> None:
    made = make(budget=30)
    start = made.opened.settings.start()
    # Tune finds nothing better than the known start, so that the better change is the screen's to find.
    made.quality = lambda recipe: 0.5 if recipe == start else 0.1
    made.walk(Stage.SCREEN)
    assert reference(made.opened) == start
    made.quality = _better_with_two_cells
    made.walk()
    assert made.stages == list(Stage)
    assert progress_of(made.opened) == plan_next(made.opened)


def test_two_planners_give_out_each_ticket_once_below_the_budget(make: Make) -> None:
    made = make(_better_with_two_cells, budget=60)
    other = open_study(made.opened.address, "x")
    with ThreadPoolExecutor(2) as planners:
        while (stage := plan_next(made.opened).stage) is not Stage.DONE:
            made.end(half_of(made.opened, stage), most=7)
            planned = list(planners.map(plan_next, (made.opened, other)))
            assert planned[0].stage is planned[1].stage
    tickets = [trial.user_attrs[attributes.TICKET] for trial in made.opened.study.get_trials()]
    assert sorted(tickets) == list(range(60))
    again = [trial.user_attrs[attributes.TICKET] for trial in made.opened.confirm.get_trials()]
    assert sorted(again) == list(range(len(again)))


def test_what_all_runs_draw_from_is_told_apart_and_hangs_on_the_studys_seed_alone(make: Make) -> None:
    def seeds(name: str, seed: int) -> dict[tuple[object, ...], int]:
        made = make(_better_with_two_cells, budget=30, name=name, seed=seed)
        made.walk()
        keys = (attributes.PHASE, attributes.CHANGE, attributes.SEED_NUMBER)
        return {
            (*(trial.user_attrs.get(key) for key in keys), trial.number): trial.user_attrs[attributes.SEED]
            for trial in made.trials()
        }

    first, same, other = seeds("a", 0), seeds("b", 0), seeds("c", 1)
    assert first == same
    assert not set(first.values()) & set(other.values())
    # Recipes that are compared share their seeds in selection, recheck and confirmation alone.
    paired = {key: seed for key, seed in first.items() if key[0] in ("selection", "recheck", "confirmation")}
    streams = {(key[0], key[2]) for key in paired}
    assert len(set(first.values())) == len(first) - len(paired) + len(streams)


@pytest.mark.parametrize("stage", [Stage.SELECTION, Stage.SCREEN, Stage.RECHECK, Stage.CONFIRMATION])
def test_a_stage_waits_for_a_trial_that_is_lost_and_not_yet_back_in_the_queue(
    stage: Stage, make: Make
) -> None:
    made = make(budget=30)
    start = made.opened.settings.start()
    made.quality = lambda recipe: 0.5 if recipe == start else 0.1
    made.walk(Stage.SCREEN)
    made.quality = _better_with_two_cells
    if stage is Stage.SELECTION:
        made = make(budget=30, name="y")
    made.walk(stage)
    study = half_of(made.opened, stage)
    waiting = study.get_trials(states=(TrialState.WAITING,))
    made.end(study, most=len(waiting) - 1)
    # As a worker leaves it that was told to stop, or that died.
    fail_trial(study, waiting[-1])
    count = len(made.trials())
    for _ in range(2):
        assert plan_next(made.opened).stage is stage
    assert len(made.trials()) == count
    assert stage is not Stage.SELECTION or reference(made.opened) is None
    made.walk()
    assert not recovery.given_up(study)


def test_a_study_all_of_whose_trials_diverge_ends_without_an_answer(make: Make) -> None:
    made = make(lambda _: DIVERGES, budget=12)
    made.walk()
    assert candidates(made.opened) == []
    assert reference(made.opened) is winner(made.opened) is None
    assert made.trials("screen", "selection", "recheck", "confirmation") == []
    assert progress_of(made.opened).stage is Stage.DONE


def test_a_study_all_of_whose_trials_fail_ends_and_goes_on_once_that_is_mended(make: Make) -> None:
    made = make(lambda _: FAILS, budget=12)
    made.walk()
    assert progress_of(made.opened).stage is Stage.DONE
    assert len(recovery.given_up(made.opened.study)) == 4
    recovery.forgive(made.opened.study)
    made.quality = lambda _: 0.5
    made.walk()
    assert len(budget.counted(made.opened.study)) == 12
    assert winner(made.opened) is not None


@pytest.mark.parametrize("end", [FAILS, DIVERGES])
def test_a_change_that_never_ends_well_gets_its_first_seeds_once_more_and_then_none(
    end: str, make: Make
) -> None:
    made = make(lambda recipe: end if recipe["cells"] == 2 else 0.5, budget=60)
    made.walk()
    runs = [trial for trial in made.trials("screen") if trial.user_attrs[attributes.CHANGE] == "cells=2"]
    assert len(runs) == 4
    assert len(made.trials("screen")) == 40
    assert winner(made.opened) == reference(made.opened)


@pytest.mark.parametrize("end", [FAILS, DIVERGES])
def test_a_screen_whose_reference_never_ends_well_uses_up_its_budget_and_ends(end: str, make: Make) -> None:
    made = make(budget=60)
    made.walk(Stage.SCREEN)
    chosen = reference(made.opened)
    made.quality = lambda recipe: end if recipe == chosen else 0.5
    made.walk()
    assert len(made.trials("screen")) == 40
    assert len([one for one in made.trials("screen") if one.user_attrs[attributes.CHANGE] == ""]) == 8


def test_where_all_factors_are_held_the_screen_runs_the_reference(make: Make) -> None:
    held = tuple(
        factor.with_domain(Categorical((factor.default,)), factor.default) for factor in only("cells")
    )
    made = make(budget=20, factors=held)
    made.walk()
    screen = made.trials("screen")
    assert len(screen) == 13
    assert {trial.user_attrs[attributes.CHANGE] for trial in screen} == {""}


def test_a_trial_that_somebody_enqueued_runs_beside_the_budget_and_counts_for_nothing(make: Make) -> None:
    alone, made = make(budget=30, name="alone"), make(budget=30)
    made.opened.study.enqueue_trial({"cells": 2})
    assert take(made.opened, made.opened.study, unless=lambda: True) is None
    for study in (alone, made):
        study.walk()
    assert len(budget.counted(made.opened.study)) == 30
    (extra,) = made.trials(budget.EXTRA)
    assert extra.state is TrialState.COMPLETE
    assert budget.extra(made.opened.study)[0].number == extra.number
    assert _screened(made) == _screened(alone)


def test_a_trial_that_another_program_ran_is_told_and_counts_for_nothing(make: Make) -> None:
    alone, made = make(budget=30, name="alone"), make(budget=30)
    made.opened.study.add_trial(optuna.trial.create_trial(value=0.99))
    for study in (alone, made):
        study.walk()
    assert len(budget.counted(made.opened.study)) == 30
    assert [trial.value for trial in budget.foreign(made.opened.study)] == [0.99]
    assert not budget.foreign(alone.opened.study)
    assert _screened(made) == _screened(alone)
