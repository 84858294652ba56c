from __future__ import annotations

import pytest

from objectives.domains import Categorical, Range
from objectives.recipe import Recipe
from studies.analysis.wide import divergence_rates
from tests.studies.analysis.wide import made_up
from tests.studies.analysis.wide.made_up import ON_OFF, factor

RATE = factor(name="rate", domain=made_up.RATE, default=0.1)
GATE = factor(name="gate", domain=ON_OFF, default=False)
INNER = factor(name="inner", domain=ON_OFF, default=False, applies=lambda recipe: recipe["gate"] is True)
HELD = factor(name="held", domain=Categorical((3,)), default=3)


def _recipes(rates):
    return [
        Recipe({"rate": rate, "gate": index % 2 == 0, "inner": False, "depth": 2, "held": 3})
        for index, rate in enumerate(rates)
    ]


def test_thirds_of_a_range_are_thirds_of_its_own_scale():
    recipes = _recipes([0.001, 0.0099, 0.0101, 0.099, 0.101, 1.0])
    found = divergence_rates((RATE,), recipes, [False, False, False, False, True, True])
    assert [(one.level, one.diverged, one.trials) for one in found] == [
        ("0.001 to 0.01", 0, 2),
        ("0.01 to 0.1", 0, 2),
        ("0.1 to 1", 2, 2),
    ]
    assert [one.rate for one in found] == [0.0, 0.0, 1.0]


def test_levels_without_trials_and_recipes_where_a_factor_does_not_apply_do_not_count():
    found = divergence_rates((GATE, INNER, HELD), _recipes([0.1] * 4), [True, True, False, False])
    assert [(one.factor, one.level, one.diverged, one.trials) for one in found] == [
        ("gate", "off", 1, 2),
        ("gate", "on", 1, 2),
        ("inner", "off", 1, 2),
    ]


@pytest.mark.parametrize(
    ("domain", "levels"),
    [
        (Range(2, 9, "integer"), ["2 to 4", "5 to 6", "7 to 9"]),
        (Range(1, 512, "integer", log=True), ["1 to 7", "8 to 63", "64 to 512"]),
        (Range(1, 2, "integer"), ["1", "2"]),
    ],
)
def test_every_integer_falls_into_the_third_that_names_it(domain, levels):
    depth = factor(name="depth", domain=domain, default=domain.low)
    values = range(int(domain.low), int(domain.high) + 1)
    found = divergence_rates((depth,), [Recipe({"depth": value}) for value in values], [True] * len(values))
    assert [one.level for one in found] == levels
    for one in found:
        first, *last = map(int, one.level.split(" to "))
        assert one.trials == (last[0] - first + 1 if last else 1)


def test_nothing_is_said_where_no_trial_diverged_and_lengths_must_agree():
    assert divergence_rates((RATE, GATE), _recipes([0.1] * 4), [False] * 4) == ()
    with pytest.raises(ValueError, match="equal lengths"):
        divergence_rates((RATE,), _recipes([0.1]), [True, False])


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_a_published_table(hits, trials, low, high):
    # The other level takes a divergence, since nothing is said where there is none.
    recipes = [Recipe({"gate": True})] * trials + [Recipe({"gate": False})]
    flags = [True] * hits + [False] * (trials - hits) + [True]
    found = divergence_rates((GATE,), recipes, flags)
    (rate,) = (one for one in found if one.trials == trials)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=1e-4)


def test_levels_that_look_the_same_when_rounded_keep_rows_of_their_own():
    close = factor(name="close", domain=Categorical((0.10001, 0.10002, 0.5)), default=0.5)
    recipes = [Recipe({"close": value}) for value in (0.10001, 0.10002, 0.10002, 0.5)]
    found = divergence_rates((close,), recipes, [True, False, False, False])
    assert [(one.level, one.diverged, one.trials) for one in found] == [
        ("0.10001", 1, 1),
        ("0.10002", 0, 2),
        ("0.5", 0, 1),
    ]
