from __future__ import annotations

import numpy as np
import pytest

from studies.analysis.wide import factor_effects, factor_importance
from studies.analysis.wide.contrasts import NOT_SIGNIFICANT, Contrast, undecided
from tests.studies.analysis.wide.test_analysis import FACTORS, study


def _contrasts(effects):
    for effect in effects:
        comparison = effect.equal_recipe
        for contrast in (*comparison.from_best, *comparison.from_default):
            yield comparison, contrast


@pytest.mark.parametrize("trials", [16, 64])
def test_an_interval_among_all_never_speaks_against_the_call(trials):
    for seed in range(10):
        for comparison, one in _contrasts(factor_effects(FACTORS, *study(seed, trials), seed=seed)):
            assert one.low_among_all <= one.low <= one.high <= one.high_among_all
            if not comparison.significant:
                assert one.low_among_all <= 0 <= one.high_among_all


def test_intervals_among_all_hold_for_every_difference_of_a_study_at_once():
    alone, among = [], []
    for seed in range(60):
        found = factor_effects(FACTORS, *study(seed, function=lambda _: 0.0), seed=seed, rounds=19)
        contrasts = [one for _, one in _contrasts(found)]
        alone.append(all(one.low <= 0 <= one.high for one in contrasts))
        among.append(all(one.low_among_all <= 0 <= one.high_among_all for one in contrasts))
    assert sum(alone) < 45, "intervals of their own are too narrow for all at once"
    assert sum(among) >= 53


def test_a_difference_that_leaves_out_zero_only_alone_is_explained():
    seen = 0
    for seed in range(20):
        for effect in factor_effects(FACTORS, *study(seed, 32), seed=seed):
            one = effect.equal_recipe
            clear = any(pair.sign for pair in (*one.from_best, *one.from_default))
            assert bool(one.aside) == (clear and not one.significant)
            seen += bool(one.aside)
            if one.aside:
                assert one.text == NOT_SIGNIFICANT
                assert "taken alone" in one.aside
    assert seen


def test_the_explanation_gives_both_intervals_in_one_direction():
    contrast = Contrast(
        first=False,
        second=True,
        difference=-0.17,
        low=-0.25,
        high=-0.1,
        low_among_all=-0.35,
        high_among_all=0.01,
    )
    said = "off is worse than on by 0.17 [0.10, 0.25] taken alone, [-0.01, 0.35] among all differences"
    assert undecided([contrast]) == said
    assert undecided([]) == ""


def test_places_follow_the_shares_and_what_is_noise_shares_the_last():
    tied = 0
    for seed in range(10):
        found = factor_importance(FACTORS, *study(seed), seed=seed, rounds=19)
        ranks = [one.rank for one in found]
        orderly = [one for one in found if ranks.count(one.rank) == 1]
        assert ranks == sorted(ranks)
        assert found[0].name == "norm"
        assert ranks[0] == 1
        assert [one.share for one in orderly] == sorted((one.share for one in orderly), reverse=True)
        tied += np.sum([one.rank == max(ranks) and one.name.startswith("inert") for one in found])
    assert tied >= 35, "of fifty inert factors most share the last place"


@pytest.mark.parametrize("trials", [12, 24])
def test_no_interval_of_a_difference_leaves_what_it_can_be(trials):
    seen = []
    for seed in range(6):
        recipes, noise = study(seed, trials, function=lambda _: 0.0)
        for _, one in _contrasts(factor_effects(FACTORS, recipes, np.sign(noise), seed=seed, rounds=19)):
            ends = (one.low_among_all, one.low, one.difference, one.high, one.high_among_all)
            assert list(ends) == sorted(ends)
            assert max(map(abs, ends)) <= 2.0
            seen += ends
    assert 2.0 in map(abs, seen), "some were cut off"
