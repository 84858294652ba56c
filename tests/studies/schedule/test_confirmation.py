"""A change that helps is tried again before it is believed, and the winner is measured anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from studies.config.settings import StudySettings
from studies.schedule import attributes
from studies.schedule.confirmation import confirmed, contenders, winner
from studies.schedule.plan import plan_trials
from studies.schedule.readings import effective_recipe
from studies.schedule.screen.measured import measure_screen
from studies.schedule.selection import reference
from studies.schedule.stages import Stage
from tests.studies.schedule.conftest import FEW, only

if TYPE_CHECKING:
    from objectives.recipe import Recipe
    from tests.studies.made_runs import MadeStudy
    from tests.studies.schedule.conftest import Make


@pytest.fixture
def screening(make: Make) -> MadeStudy:
    """A study whose reference is settled, and in which `helps` makes other values of factors better."""
    made = make(budget=60)
    made.walk(Stage.SCREEN)
    return made


def _let_help(made: MadeStudy, *factors: str, gain: float = 0.4) -> None:
    """Let other values of some factors be better than the reference's."""
    middle = reference(made.opened)
    assert middle is not None
    made.quality = lambda recipe: 0.4 + gain * sum(recipe[name] != middle[name] for name in factors)


def _differing(made: MadeStudy, recipe: Recipe | None) -> set[str]:
    middle = reference(made.opened)
    assert recipe is not None
    assert middle is not None
    return {name for name, value in recipe.items() if value != middle[name]}


def test_where_nothing_helps_nothing_is_tried_again_and_the_reference_wins(screening: MadeStudy) -> None:
    screening.walk()
    assert contenders(screening.opened) == []
    assert Stage.RECHECK not in screening.stages
    assert winner(screening.opened) == reference(screening.opened)


def test_a_change_that_helps_is_tried_again_with_fresh_seeds_and_moves_the_winner(
    screening: MadeStudy,
) -> None:
    _let_help(screening, "cells")
    screening.walk()
    runs = screening.trials("recheck")
    assert len(runs) == screening.opened.settings.sizes().recheck_seeds
    earlier = screening.trials("baseline", "tune", "selection", "screen")
    seeds = {trial.user_attrs[attributes.SEED] for trial in runs}
    assert not seeds & {trial.user_attrs[attributes.SEED] for trial in earlier}
    assert _differing(screening, winner(screening.opened)) == {"cells"}
    screen = measure_screen(screening.opened)
    assert screen is not None
    assert screen.recipe == reference(screening.opened)


def test_a_change_that_does_not_help_again_moves_nothing(screening: MadeStudy) -> None:
    _let_help(screening, "cells")
    screening.walk(Stage.RECHECK)
    screening.quality = lambda _: 0.4
    screening.walk()
    assert [_differing(screening, one) for one in contenders(screening.opened)] == [{"cells"}]
    assert winner(screening.opened) == reference(screening.opened)


def test_of_several_that_help_all_at_once_are_tried_too(screening: MadeStudy) -> None:
    _let_help(screening, "cells", "channels", gain=0.3)
    screening.walk()
    found = [_differing(screening, one) for one in contenders(screening.opened)]
    assert len(found) == 3
    assert {frozenset(one) for one in found} == {
        frozenset({"cells"}),
        frozenset({"channels"}),
        frozenset({"cells", "channels"}),
    }
    assert _differing(screening, winner(screening.opened)) == {"cells", "channels"}


def test_more_seeds_may_call_a_change_helpful_after_all(screening: MadeStudy) -> None:
    screening.walk()
    _let_help(screening, "cells", gain=0.5)
    plan_trials(screening.opened, budget=200)
    screening.stages.clear()
    screening.walk()
    assert screening.stages[0] is Stage.SCREEN
    assert Stage.RECHECK in screening.stages
    assert _differing(screening, winner(screening.opened)) == {"cells"}
    confirmed_seeds = 2 * screening.opened.settings.sizes().confirmation_seeds
    assert len(screening.trials("confirmation")) >= confirmed_seeds


@pytest.mark.parametrize("screen", ["changes", "sobol"])
def test_a_better_recipe_of_more_tune_trials_wins_and_the_screens_reference_stays(
    screen: str, make: Make
) -> None:
    made = make(budget=30, screen=screen, factors=only(*FEW, "learning_rate"))
    made.walk()
    middle, before = reference(made.opened), measure_screen(made.opened)
    known = {effective_recipe(made.opened, trial) for trial in made.trials()}
    made.quality = lambda recipe: 0.5 if recipe in known else 0.9
    plan_trials(made.opened, budget=None, tune_more=8)
    made.walk()
    best = winner(made.opened)
    assert best not in known
    assert reference(made.opened) == middle
    after = measure_screen(made.opened)
    assert (before is None) == (after is None) == (screen == "sobol")
    if before is not None and after is not None:
        assert after.reference.taus.tolist() == before.reference.taus.tolist()


def test_winner_and_baseline_are_confirmed_with_the_same_fresh_seeds_on_fresh_architectures_and_for_longer(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(budget=12)
    longer = replace(made.opened.settings.sizes(), confirmation_length=3)
    monkeypatch.setattr(StudySettings, "sizes", lambda _: longer)
    made.walk()
    runs = made.trials("confirmation")
    best, baseline = winner(made.opened), made.opened.settings.baseline()
    assert best is not None
    assert {effective_recipe(made.opened, run) for run in runs} == {best, baseline}
    seeds = {
        recipe: [run.user_attrs[attributes.SEED] for run in confirmed(made.opened, recipe)]
        for recipe in (best, baseline)
    }
    assert seeds[best] == seeds[baseline]
    assert len(set(seeds[best])) == longer.confirmation_seeds
    assert {run.user_attrs[attributes.LENGTH] for run in runs} == {3}
    assert {run.user_attrs[attributes.POOL] for run in runs} == {"fresh"}
    others = made.trials("baseline", "tune", "selection", "screen", "recheck")
    assert {run.user_attrs[attributes.LENGTH] for run in others} == {1}
    assert not set(seeds[best]) & {run.user_attrs[attributes.SEED] for run in others}
