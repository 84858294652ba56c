from __future__ import annotations

import numpy as np
import pytest

from studies.analysis.screen.variances import moderated


def test_alike_recipes_share_one_variance():
    rng = np.random.default_rng(0)
    own = 0.01 * rng.chisquare(4, 200) / 4
    variances, freedom = moderated(own, np.full(200, 4))
    quiet = own < 0.01
    assert variances[quiet] == pytest.approx(np.full(quiet.sum(), own.mean()), rel=0.05)
    assert freedom.min() > 100


def test_a_recipes_own_variance_counts_where_it_is_larger():
    own = np.array([0.001, 0.001, 0.001, 0.05])
    variances, _freedom = moderated(own, np.full(4, 3))
    assert variances[3] == 0.05
    assert (variances[:3] > 0.001).all()


def test_recipes_that_differ_much_are_mixed_little():
    own = 10.0 ** np.linspace(-6, 0, 30)
    variances, freedom = moderated(own, np.full(30, 50))
    assert variances[0] < 0.1 * own.mean()
    assert freedom.max() < 60


def test_freedom_never_falls_below_a_recipes_own():
    own = np.array([1e-5, 1e-5, 1.0])
    _variances, freedom = moderated(own, np.array([8, 2, 2]))
    assert (freedom >= [8, 2, 2]).all()


@pytest.mark.parametrize("own", [[0.01], [0.0, 0.0, 0.0]])
def test_nothing_to_learn_from_leaves_variances_alone(own):
    variances, freedom = moderated(own, np.full(len(own), 2))
    assert variances.tolist() == own
    assert freedom.tolist() == [2.0] * len(own)


def test_a_variance_of_zero_is_no_certainty():
    variances, _freedom = moderated([0.0, 0.01, 0.02], [2, 2, 2])
    assert variances[0] > 0.0
