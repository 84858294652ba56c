from __future__ import annotations

import pytest

from studies.analysis.intervals import Part, ends, half_width


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


@pytest.mark.parametrize(
    ("mean", "margin", "bound", "expected"),
    [
        (0.2, 0.1, 1.0, (0.1, 0.3)),
        (0.9, 0.3, 1.0, (0.6, 1.0)),
        (-0.9, 0.3, 1.0, (-1.0, -0.6)),
        (0.5, 9.0, 1.0, (-1.0, 1.0)),
        (0.5, float("inf"), 2.0, (-2.0, 2.0)),
        (0.5, float("nan"), 2.0, (-2.0, 2.0)),
        (1.5, 1.0, 2.0, (0.5, 2.0)),
        (1.0, 0.0, 1.0, (1.0, 1.0)),
        (2.1, 0.3, 2.0, (1.8, 2.0)),
        (-2.1, 0.05, 2.0, (-2.0, -2.0)),
    ],
)
def test_an_interval_ends_where_the_figure_ends(mean, margin, bound, expected):
    assert ends(mean, margin, bound=bound) == pytest.approx(expected)
