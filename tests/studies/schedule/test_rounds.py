"""The screen's rounds: what runs next hangs on what the rounds before have shown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from optuna.trial import TrialState

from studies.schedule import attributes
from studies.schedule.readings import planned_recipe
from studies.schedule.screen.changes import changes_around
from studies.schedule.screen.measured import measure_screen
from studies.schedule.selection import reference
from studies.schedule.stages import Stage, plan_next
from tests.studies.schedule.conftest import FIRST_ROUND

if TYPE_CHECKING:
    from objectives.recipe import Recipe
    from tests.studies.made_runs import MadeStudy
    from tests.studies.schedule.conftest import Make


def _runs(made: MadeStudy) -> Counter[str]:
    """Return how many runs each change has, those of the reference under the empty name."""
    return Counter(trial.user_attrs[attributes.CHANGE] for trial in made.trials("screen"))


def _call(made: MadeStudy, name: str) -> str:
    screen = measure_screen(made.opened)
    assert screen is not None
    return next(one.effect.call for one in screen.changes if one.change.name == name)


def test_the_first_round_runs_the_reference_and_every_change_of_it(make: Make) -> None:
    made = make(budget=60)
    made.walk(Stage.SCREEN)
    recipe = reference(made.opened)
    assert recipe is not None
    changes = changes_around(made.opened.settings.factors, recipe)
    assert _runs(made) == {"": 8, **{change.name: 2 for change in changes}}
    assert sum(_runs(made).values()) == FIRST_ROUND
    assert [change.acts for change in changes] == [True] * 4 + [False]
    wanted = {"": recipe, **{change.name: change.parameters for change in changes}}
    for trial in made.trials("screen"):
        trained = planned_recipe(made.opened, trial)
        assert trained == wanted[trial.user_attrs[attributes.CHANGE]].effective(made.opened.settings.factors)
        assert trial.user_attrs[attributes.POOL] == "trials"
        assert trial.user_attrs[attributes.LENGTH] == 1


def test_a_small_budget_is_spread_over_recipes_before_any_has_its_second_seed(make: Make) -> None:
    made = make(budget=18)
    made.walk(Stage.SCREEN)
    assert _runs(made)[""] == 8
    assert sorted(_runs(made).values()) == [2, 2, 8]
    numbers = [trial.user_attrs[attributes.SEED_NUMBER] for trial in made.trials("screen")]
    assert numbers == sorted(numbers)


def test_nothing_is_enqueued_while_a_round_runs_and_the_next_follows_it(make: Make) -> None:
    made = make(budget=60)
    made.walk(Stage.SCREEN)
    for left in range(FIRST_ROUND - 1, -1, -1):
        plan_next(made.opened)
        assert sum(_runs(made).values()) == FIRST_ROUND
        assert len(made.opened.study.get_trials(states=(TrialState.WAITING,))) == left + 1
        made.end(made.opened.study, most=1)
    plan_next(made.opened)
    assert FIRST_ROUND < sum(_runs(made).values()) <= 40


def test_the_references_level_comes_from_runs_of_the_screen_only(make: Make) -> None:
    made = make(budget=60)
    made.walk(Stage.SCREEN)
    made.quality = lambda _: 0.9
    made.walk()
    screen = measure_screen(made.opened)
    assert screen is not None
    runs = (trial for trial in made.trials("screen") if trial.user_attrs[attributes.CHANGE] == "")
    values = [trial.value or 0.0 for trial in runs]
    assert screen.reference.taus.tolist() == pytest.approx(values)
    lucky = [trial.value or 0.0 for trial in made.trials("baseline", "tune", "selection")]
    assert min(values) > max(lucky)


def test_seeds_go_to_what_is_undecided_and_none_to_what_is_clear(make: Make) -> None:
    made = make(budget=60, scatter=0.3)
    made.walk(Stage.SCREEN)
    middle = reference(made.opened)
    assert middle is not None

    def one_is_clear_and_one_is_not(recipe: Recipe) -> float:
        clear = recipe["bn_affine"] != middle["bn_affine"]
        return 0.6 - 0.55 * clear - 0.12 * (recipe["cells"] != middle["cells"])

    made.quality = one_is_clear_and_one_is_not
    made.walk()
    clear, unclear = (f"{name}={_alternative(made, name)}" for name in ("bn_affine", "cells"))
    assert _call(made, clear) == "hurts"
    assert _runs(made)[clear] == 2
    assert _runs(made)[unclear] >= 4
    assert _runs(made)[""] > 8
    assert sum(_runs(made).values()) == 40


def _alternative(made: MadeStudy, factor: str) -> object:
    recipe = reference(made.opened)
    assert recipe is not None
    changes = changes_around(made.opened.settings.factors, recipe)
    return next(change.alternative for change in changes if change.factor == factor)
