"""Simulated screens with known effects: how often verdicts read off their intervals are false."""

from __future__ import annotations

import numpy as np
import pytest

from studies.analysis.screen import MARGIN, change_effects
from studies.verdicts.judge import judge
from tests.studies.verdicts.screens import invented_runs

KINDS = [*["hurts"] * 4, "no help", *["little"] * 7, *["matters"] * 5]
"""What the differences of NAS-Bench-201's claims say."""
FALSE_CONFIRMED = {"hurts": 0.0, "no help": MARGIN, "little": MARGIN, "matters": 0.0}
"""The truth at which a false confirmation is likeliest."""
FALSE_REFUTED = {"hurts": -MARGIN, "no help": 0.0, "little": MARGIN, "matters": MARGIN}
"""The truth at which a false refutation is likeliest."""
SPREADS = {
    "alike": lambda rng, size: np.full(size, 0.07),
    "different": lambda rng, size: 0.07 * np.exp(0.5 * rng.standard_normal(size)),
    "two kinds": lambda rng, size: np.where(rng.random(size) < 0.3, 0.18, 0.04),
}
"""Standard deviations between seeds of the reference and of each change."""
ROUNDS = 150
ALLOWED = 0.05 + 2 * (0.05 * 0.95 / ROUNDS) ** 0.5
"""The nominal rate and twice its standard error in a simulation of this size."""


def verdicts(rng, truth, *, seeds, spread, of_architectures=0.012):
    """Judge a screen whose changes have the effects that `truth` says of their kinds."""
    deviations = SPREADS[spread](rng, 1 + len(KINDS))
    reference = invented_runs(rng, 0.5, deviations[0], 3 * seeds)
    changes = [
        invented_runs(rng, 0.5 + truth[kind], deviation, seeds, of_architectures=of_architectures)
        for kind, deviation in zip(KINDS, deviations[1:], strict=True)
    ]
    found = change_effects(reference, changes, comparisons=1 + len(KINDS))
    return [judge(kind, [(one.low, one.high)]) for kind, one in zip(KINDS, found, strict=True)]


@pytest.mark.parametrize("seeds", [2, 6])
@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize(
    ("truth", "verdict"), [(FALSE_CONFIRMED, "confirmed"), (FALSE_REFUTED, "refuted")], ids=str
)
def test_false_verdicts_are_rare(truth, verdict, spread, seeds):
    rng = np.random.default_rng([seeds, list(SPREADS).index(spread)])
    false = sum(verdict in verdicts(rng, truth, seeds=seeds, spread=spread) for _ in range(ROUNDS))
    assert false / ROUNDS <= ALLOWED


def test_large_effects_are_found_and_equivalence_with_many_seeds():
    truth = {"hurts": -0.4, "no help": -0.4, "little": 0.0, "matters": 0.4}
    rng = np.random.default_rng(0)
    found = verdicts(rng, truth, seeds=128, spread="alike", of_architectures=0.004)
    assert found.count("confirmed") >= len(KINDS) - 1


def test_few_seeds_do_not_show_equivalence():
    found = verdicts(np.random.default_rng(0), dict.fromkeys(KINDS, 0.0), seeds=3, spread="alike")
    assert set(found) == {"undecided"}
