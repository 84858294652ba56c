from __future__ import annotations

from dataclasses import dataclass

import pytest

from studies.analysis.screen.intervals import Part, half_width
from studies.verdicts.judge import judge


@dataclass
class Ends:
    low: float
    high: float

    @property
    def mean(self):
        return (self.low + self.high) / 2


BELOW, NEAR_BELOW, ACROSS, WITHIN, ABOVE, FAR_ABOVE = (
    Ends(-0.3, -0.1),
    Ends(-0.1, -0.01),
    Ends(-0.2, 0.2),
    Ends(-0.04, 0.04),
    Ends(0.01, 0.2),
    Ends(0.06, 0.3),
)


@pytest.mark.parametrize(
    ("kind", "intervals", "verdict"),
    [
        ("hurts", [BELOW], "confirmed"),
        ("hurts", [NEAR_BELOW], "confirmed"),
        ("hurts", [ACROSS], "undecided"),
        ("hurts", [WITHIN], "refuted"),
        ("hurts", [ABOVE], "refuted"),
        ("hurts", [BELOW, WITHIN], "confirmed"),
        ("hurts", [BELOW, ABOVE], "undecided"),
        ("hurts", [ACROSS, ABOVE], "undecided"),
        ("helps", [ABOVE], "confirmed"),
        ("helps", [ACROSS], "undecided"),
        ("helps", [WITHIN], "refuted"),
        ("helps", [BELOW], "refuted"),
        ("no help", [BELOW], "confirmed"),
        ("no help", [WITHIN], "confirmed"),
        ("no help", [ACROSS], "undecided"),
        ("no help", [ABOVE], "refuted"),
        ("little", [WITHIN], "confirmed"),
        ("little", [WITHIN, WITHIN], "confirmed"),
        ("little", [WITHIN, ACROSS], "undecided"),
        ("little", [ABOVE], "undecided"),
        ("little", [NEAR_BELOW], "undecided"),
        ("little", [WITHIN, FAR_ABOVE], "refuted"),
        ("little", [BELOW], "refuted"),
        ("matters", [ACROSS], "undecided"),
        ("matters", [ACROSS, ABOVE], "confirmed"),
        ("matters", [NEAR_BELOW], "confirmed"),
        ("matters", [WITHIN], "refuted"),
        ("matters", [WITHIN, ACROSS], "undecided"),
        ("predicts less", [ABOVE], "confirmed"),
        ("predicts less", [ACROSS], "undecided"),
        ("predicts less", [WITHIN], "undecided"),
        ("predicts less", [BELOW], "refuted"),
    ],
)
def test_a_verdict_follows_from_where_the_intervals_lie(kind, intervals, verdict):
    assert judge(kind, intervals) == verdict


@pytest.mark.parametrize("kind", ["hurts", "helps", "no help", "little", "matters", "predicts less"])
def test_nothing_measured_is_undecided(kind):
    assert judge(kind, []) == "undecided"


def test_no_significance_never_confirms():
    wide = Ends(-0.3, 0.3)
    assert {judge(kind, [wide]) for kind in ("hurts", "helps", "no help", "little", "matters")} == {
        "undecided"
    }


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
