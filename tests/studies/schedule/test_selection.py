"""The recipe around which the screen moves factors: how it is chosen, and that it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from studies.schedule import attributes
from studies.schedule.plan import plan_trials
from studies.schedule.readings import effective_recipe
from studies.schedule.selection import better, candidates, reference, selected
from studies.schedule.stages import Stage
from tests.studies.made_runs import DIVERGES

if TYPE_CHECKING:
    from objectives.recipe import Recipe
    from tests.studies.schedule.conftest import Make


def test_a_mean_is_better_only_by_more_than_a_standard_error_of_the_difference() -> None:
    than = [0.50, 0.52, 0.48]
    # The pooled deviation is 0.02, so the standard error of a difference of threes is 0.0163.
    for shift, expected in ((0.016, False), (0.017, True), (-0.1, False)):
        values = [value + shift for value in than]
        assert better(values, than, [values, than]) is expected
    assert better([0.51], [0.50], [[0.51], [0.50]])
    # A run that diverged counts for its mean and not for the scatter of all others.
    assert better(than, [0.5, -1.0, 0.5], [than, [0.5, -1.0, 0.5]])


def test_the_best_trials_run_again_with_fresh_seeds_and_the_known_start_is_among_them(make: Make) -> None:
    made = make(budget=60)
    start = made.opened.settings.start().effective(made.opened.settings.factors)
    made.quality = lambda recipe: 0.2 if recipe == start else 0.6
    made.walk(Stage.SELECTION)
    found = candidates(made.opened)
    assert len(found) == 3
    assert found[-1] == start
    runs = made.trials("selection")
    assert len(runs) == 9
    seeds = [trial.user_attrs[attributes.SEED] for trial in runs]
    assert len(set(seeds)) == 3
    assert not set(seeds) & {trial.user_attrs[attributes.SEED] for trial in made.trials("baseline", "tune")}


@pytest.mark.parametrize(("gain", "stays"), [(0.0, True), (0.3, False)])
def test_the_known_start_stays_unless_another_is_clearly_better(gain: float, stays: bool, make: Make) -> None:
    made = make(budget=30, scatter=0.3)
    start = made.opened.settings.start().effective(made.opened.settings.factors)
    made.quality = lambda recipe: 0.4 if recipe == start else 0.4 + gain
    made.walk(Stage.SCREEN)
    assert (reference(made.opened) == start) is stays


def test_a_reference_is_chosen_by_its_fresh_seeds_and_not_by_the_run_that_made_it_a_candidate(
    make: Make,
) -> None:
    made = make(budget=30)
    made.walk(Stage.SELECTION)
    lucky, *others = candidates(made.opened)
    made.quality = lambda recipe: 0.2 if recipe == lucky else 0.6
    made.walk(Stage.SCREEN)
    assert reference(made.opened) in others


def test_once_settled_the_reference_stays_whatever_more_tune_trials_find(make: Make) -> None:
    made = make(budget=30)
    made.walk()
    chosen = reference(made.opened)
    known = {effective_recipe(made.opened, trial) for trial in made.trials("baseline", "tune")}
    before = made.quality

    def new_ones_are_better(recipe: Recipe) -> float | str:
        return before(recipe) if recipe in known else 0.9

    made.quality = new_ones_are_better
    plan_trials(made.opened, budget=None, tune_more=8)
    made.walk()
    assert selected(made.opened) not in known
    assert reference(made.opened) == chosen


def test_a_candidate_that_diverges_once_is_not_chosen(make: Make) -> None:
    made = make(budget=30)
    made.walk(Stage.SELECTION)
    best = candidates(made.opened)[0]
    made.end(made.opened.confirm, most=3)
    made.quality = lambda recipe: DIVERGES if recipe == best else 0.5
    made.walk(Stage.SCREEN)
    assert reference(made.opened) != best
