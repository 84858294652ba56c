from __future__ import annotations

import pytest

from studies.analysis.intervals import Part, half_width


def test_half_width_is_students_with_bonferronis_level():
    from scipy.stats import t

    part = Part(variance=0.04, freedom=7)
    assert half_width([part], comparisons=1) == pytest.approx(0.2 * t.ppf(0.975, 7))
    assert half_width([part], comparisons=10) == pytest.approx(0.2 * t.ppf(0.9975, 7))
    assert half_width([Part(variance=0.0, freedom=1)], comparisons=3) == 0.0


def test_half_width_takes_welchs_degrees_of_freedom():
    from scipy.stats import t

    parts = [Part(variance=0.02, freedom=4), Part(variance=0.02, freedom=4)]
    assert half_width(parts, comparisons=1) == pytest.approx(0.2 * t.ppf(0.975, 8))
