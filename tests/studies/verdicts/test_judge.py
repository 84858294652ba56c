from __future__ import annotations

import pytest

from studies.verdicts.judge import judge

BELOW, NEAR_BELOW, ACROSS, WITHIN, ABOVE, FAR_ABOVE, UNKNOWN = (
    (-0.3, -0.1),
    (-0.1, -0.01),
    (-0.2, 0.2),
    (-0.04, 0.04),
    (0.01, 0.2),
    (0.06, 0.3),
    (float("-inf"), float("inf")),
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
        ("hurts", [BELOW, UNKNOWN], "confirmed"),
        ("hurts", [ABOVE, UNKNOWN], "undecided"),
        ("little", [WITHIN, UNKNOWN], "undecided"),
        ("little", [BELOW, UNKNOWN], "refuted"),
        ("matters", [BELOW, UNKNOWN], "confirmed"),
        ("matters", [WITHIN, UNKNOWN], "undecided"),
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
    wide = (-0.3, 0.3)
    assert {judge(kind, [wide]) for kind in ("hurts", "helps", "no help", "little", "matters")} == {
        "undecided"
    }
