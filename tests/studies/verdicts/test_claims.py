from __future__ import annotations

import pytest

from objectives.factors import catalogue
from studies.verdicts.claims import CLAIMS, claims_about
from studies.verdicts.findings import judge_factor
from tests.studies.made_settings import made_settings
from tests.studies.verdicts.screens import screen_with

BY_NAME = {claim.name: claim for claim in CLAIMS}


def test_claims_have_names_of_their_own_and_sources():
    assert len(BY_NAME) == len(CLAIMS)
    assert all(claim.source and claim.text.endswith(".") for claim in CLAIMS)


@pytest.mark.parametrize("space", ["nb201", "nb101", "darts"])
def test_claims_name_factors_and_levels_of_their_space(space):
    factors = {factor.name: factor for factor in catalogue(space)}
    for claim in claims_about(space):
        if claim.factor:
            domain = factors[claim.factor].domain
            assert all(domain.contains(level) for level in (*claim.levels, *claim.against))


@pytest.mark.parametrize("scale", ["tiny", "mini", "paper"])
@pytest.mark.parametrize("space", ["nb201", "nb101", "darts"])
def test_each_claim_is_compared_at_a_known_start_or_says_why_not(space, scale):
    settings = made_settings(space, scale)
    screen = screen_with(settings, {}, around=settings.start())
    for claim in claims_about(space):
        if claim.factor:
            found = judge_factor(claim, settings, screen)
            assert found.verdict == "undecided"
            assert bool(found.comparisons) != bool(found.reason)


@pytest.mark.parametrize(
    ("name", "alternative", "reference", "sense"),
    [
        ("tracked_batch_norm", "tracked", "batch", 1),
        ("tracked_batch_norm", "recalibrated", "batch", 0),
        ("tracked_batch_norm", "batch", "tracked", -1),
        ("tracked_batch_norm", "recalibrated", "tracked", 0),
        ("tracked_batch_norm", "tracked", "recalibrated", 0),
        ("ofa_kernel", True, False, 1),
        ("ofa_kernel", False, True, -1),
        ("path_dropout", 0.3, 0.0, 1),
        ("path_dropout", 0.0, 0.1, -1),
        ("disable_dynamic_channels", "fixed", "disabled", -1),
        ("disable_dynamic_channels", "shuffle", "disabled", 0),
        ("channels", 4, 8, 1),
        ("learning_rate", 0.2, 0.05, 1),
    ],
)
def test_a_change_leads_to_what_a_claim_is_about_or_away_or_elsewhere(name, alternative, reference, sense):
    assert BY_NAME[name].sense(alternative, reference) == sense
