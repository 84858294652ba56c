"""How many trials there are, of what kind, and what a raised or a lowered budget makes of them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from optuna.trial import TrialState

from objectives.domains import Categorical
from objectives.question.asked import run_seed
from studies.schedule import attributes, budget
from studies.schedule.plan import plan_trials, settle_budget, tune_size, without_screen
from studies.schedule.selection import reference
from studies.schedule.stages import Stage, plan_next
from tests.studies.made_settings import made_settings
from tests.studies.schedule.conftest import FEW, FIRST_ROUND, only
from wsnas.errors import InputError

if TYPE_CHECKING:
    from tests.studies.made_runs import MadeStudy
    from tests.studies.schedule.conftest import Make


def _phases(made: MadeStudy) -> dict[str, int]:
    """Return how many of the trials that count have each phase."""
    return Counter(trial.user_attrs[attributes.PHASE] for trial in budget.counted(made.opened.study))


def _tickets(made: MadeStudy, *states: TrialState) -> list[int]:
    trials = made.opened.study.get_trials(states=states or None)
    return sorted(trial.user_attrs[attributes.TICKET] for trial in trials)


def test_a_third_tunes_and_the_baselines_always_do() -> None:
    sizes = {total: tune_size(total, 3) for total in (1, 2, 3, 4, 6, 9, 27, 100)}
    assert sizes == {1: 1, 2: 2, 3: 3, 4: 3, 6: 3, 9: 3, 27: 9, 100: 33}


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (6, "4 of the 6 trials are left for the screen, .* it can call nothing. --trials 72 "),
        (2, "0 of the 2 trials are left for the screen"),
        (71, "47 of the 71 trials .* most changes stay undecided. --trials 72 .*TRIALS=72"),
        (72, None),
        (120, None),
    ],
)
def test_a_budget_without_room_for_a_screen_is_told_with_one_that_has_it(
    total: int, said: str | None
) -> None:
    settings = made_settings(scale="tiny")
    tune = tune_size(total, len(settings.baselines()))
    told = without_screen(settings, budget=total, tune=tune)
    assert (told is None) is (said is None)
    if said is not None:
        assert re.match(said, told or ""), told
    assert without_screen(made_settings(scale="tiny", screen="sobol"), budget=total, tune=tune) is None


def test_a_study_of_nothing_that_varies_is_not_told_to_have_a_screen() -> None:
    held = tuple(
        factor.with_domain(Categorical((factor.default,)), factor.default)
        for factor in made_settings().factors
    )
    assert without_screen(made_settings(factors=held), budget=3, tune=1) is None


@pytest.mark.parametrize("total", [1, 2, 3, 4, 6, 30])
def test_a_budget_is_used_up_exactly_a_third_of_it_to_tune(total: int, make: Make) -> None:
    made = make(budget=total)
    made.walk()
    tune = tune_size(total, 2)
    phases = _phases(made)
    assert phases["baseline"] + phases["tune"] == tune
    assert phases["screen"] == total - tune
    assert _tickets(made) == list(range(total))
    assert {trial.user_attrs[attributes.PRUNABLE] for trial in made.trials("tune")} <= {True}
    rest = made.trials("baseline", "selection", "screen", "recheck", "confirmation")
    assert {trial.user_attrs[attributes.PRUNABLE] for trial in rest} == {False}


def test_a_raised_budget_adds_seeds_to_the_screen_and_keeps_the_reference(make: Make) -> None:
    made = make(budget=30)
    made.walk()
    before, chosen = _phases(made), reference(made.opened)
    plan_trials(made.opened, budget=45)
    made.stages.clear()
    # Were the candidates run again now, another would be chosen.
    made.quality = lambda recipe: 0.9 if recipe != chosen else 0.1
    made.walk()
    assert Stage.TUNE not in made.stages
    assert made.stages[0] is Stage.SCREEN
    assert _phases(made) == {**before, "screen": before["screen"] + 15}
    assert reference(made.opened) == chosen
    seeds = {
        (trial.user_attrs[attributes.CHANGE], trial.user_attrs[attributes.SEED_NUMBER])
        for trial in made.trials("screen")
    }
    assert len(seeds) == before["screen"] + 15


def test_a_lowered_budget_takes_back_what_waits_and_a_raised_one_returns_it(make: Make) -> None:
    made = make(budget=60)
    made.walk(Stage.SCREEN)
    made.end(made.opened.study, most=4)
    first = made.trials("screen")
    plan_trials(made.opened, budget=30)
    assert _tickets(made, TrialState.WAITING) == [24, 25, 26, 27, 28, 29]
    made.walk()
    assert sum(_phases(made).values()) == 30
    plan_trials(made.opened, budget=60)
    made.walk()
    assert sum(_phases(made).values()) == 60
    assert _phases(made)["baseline"] + _phases(made)["tune"] == 20
    kept = (attributes.CHANGE, attributes.SEED, attributes.SEED_NUMBER)
    runs = [
        tuple(trial.user_attrs[name] for name in kept) for trial in budget.counted(made.opened.study)[20:]
    ]
    assert {tuple(trial.user_attrs[name] for name in kept) for trial in first} <= set(runs)
    assert len(set(runs)) == 40


def test_no_round_is_planned_while_trials_that_a_budget_took_back_are_yet_to_return(make: Make) -> None:
    made = make(budget=60)
    made.walk(Stage.SCREEN)
    plan_trials(made.opened, budget=30)
    made.end(made.opened.study)
    plan_trials(made.opened, budget=60)
    assert plan_next(made.opened).stage is Stage.SCREEN
    assert len(made.trials("screen")) == FIRST_ROUND


def test_more_tune_trials_add_to_tune_alone_and_come_before_the_rest(make: Make) -> None:
    made = make(budget=30)
    made.walk()
    before = _phases(made)
    plan_trials(made.opened, budget=None, tune_more=7)
    made.stages.clear()
    made.walk()
    assert made.stages[:2] == [Stage.TUNE, Stage.SELECTION]
    assert _phases(made) == {**before, "tune": before["tune"] + 7}
    assert _tickets(made) == list(range(37))
    plan_trials(made.opened, budget=None)
    assert sum(_phases(made).values()) == made.opened.study.user_attrs[attributes.BUDGET] == 37


def test_more_tune_trials_are_all_enqueued_where_earlier_ones_were_tried_again(make: Make) -> None:
    made = make(budget=30)
    made.end(made.opened.study, most=9)
    (last,) = made.opened.study.get_trials(states=(TrialState.WAITING,))
    made.opened.study._storage.set_trial_state_values(last._trial_id, state=TrialState.FAIL)
    made.walk()
    plan_trials(made.opened, budget=None, tune_more=3)
    assert len(_tickets(made, TrialState.WAITING)) == 3


def test_tune_trials_cannot_be_added_to_a_new_study_or_below_what_is_planned(make: Make) -> None:
    with pytest.raises(InputError, match="tune_more 5: it adds to a study, and this one is new"):
        settle_budget(made_settings(), {}, budget=None, tune_more=5)
    made = make(budget=30)
    made.walk(Stage.SCREEN)
    before = made.opened.study.user_attrs
    with pytest.raises(InputError, match="28 trials are planned and the budget is 20: give --trials 28"):
        plan_trials(made.opened, budget=20, tune_more=5)
    assert made.opened.study.user_attrs == before


@pytest.mark.parametrize(("names", "least"), [(FEW, 24), ((*FEW, "epochs", "wsbn"), 36)])
def test_a_wide_screen_of_fewer_than_4_points_a_factor_is_refused_with_what_would_do(
    names: tuple[str, ...], least: int
) -> None:
    settings = made_settings(factors=only(*names), screen="sobol")
    with pytest.raises(InputError, match=f"trials {least - 1}: .* {len(names)} factors .* --trials {least} "):
        settle_budget(settings, {}, budget=least - 1, tune_more=0)
    total, tune = settle_budget(settings, {}, budget=least, tune_more=0)
    assert total - tune >= 4 * len(names)
    # A study keeps how many tune.
    kept = {attributes.BUDGET: 100, attributes.TUNE: 33}
    with pytest.raises(InputError, match=f"--trials {33 + 4 * len(names)} "):
        settle_budget(settings, kept, budget=30, tune_more=0)


def test_the_scales_own_budget_may_be_too_small_for_a_wide_screen() -> None:
    with pytest.raises(InputError, match=r"trials 6: a wide screen of 16 factors .* --trials 96 or more"):
        settle_budget(made_settings(scale="tiny", screen="sobol"), {}, budget=None, tune_more=0)


def test_a_wide_screen_follows_selection_and_goes_on_in_the_same_sequence_when_raised(make: Make) -> None:
    from studies.schedule.screen.sobol import sobol_design
    from studies.storage.optuna_internals import enqueued_parameters

    made = make(budget=24, screen="sobol")
    made.walk(Stage.SCREEN)
    assert reference(made.opened) is not None
    assert len(made.trials("screen")) == 16
    made.walk()
    plan_trials(made.opened, budget=37)
    made.walk()
    seed = run_seed(0, "screen", 0)
    design = sobol_design(made.opened.settings.factors, size=29, seed=seed)
    assert [enqueued_parameters(trial) for trial in made.trials("screen")] == design
