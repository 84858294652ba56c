from __future__ import annotations

import numpy as np

from studies.analysis.screen.looks import SPENT, look, seeds_at, share


def test_looks_begin_at_2_seeds_and_at_each_doubling():
    assert look([2, 3, 4, 7, 8, 15, 16, 32]).tolist() == [0, 0, 1, 1, 2, 2, 3, 4]
    assert seeds_at(np.arange(5)).tolist() == [2, 4, 8, 16, 32]
    assert look(seeds_at(np.arange(20))).tolist() == list(range(20))


def test_however_many_looks_there_are_they_spend_no_more_than_all():
    shares = share(seeds_at(np.arange(40)))
    assert (shares > 0.0).all()
    assert np.isclose(shares.sum(), SPENT)


def test_first_looks_are_strict_and_late_ones_spend_ever_less():
    shares = share(seeds_at(np.arange(12)))
    assert shares[0] < shares[1]
    assert (np.diff(shares[2:]) < 0.0).all()
    assert shares.max() <= 1.0


def test_between_looks_the_level_stays():
    assert share(2) == share(3)
    assert share(4) == share(5) == share(7)
    assert share(8) == share(15) != share(16)
