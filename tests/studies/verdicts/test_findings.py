from __future__ import annotations

import json

import pytest

from studies.verdicts.ablation import REFERENCE_TIMES
from studies.verdicts.findings import gather
from studies.verdicts.page import to_markdown
from studies.verdicts.programs import to_json
from studies.verdicts.study_effects import exported_effects
from tests.studies.verdicts.results import fill
from wsnas.errors import InputError


def by_name(findings):
    return {finding.claim.name: finding for finding in findings.claims}


@pytest.fixture
def harmful(tmp_path, settings_of):
    """An ablation in which path dropout ruins the ranking, and three quarters of the images do nothing."""
    settings = settings_of("nb201")
    fill(tmp_path, settings, seeds=4, skill=lambda recipe: 0.0 if recipe["path_dropout"] else 0.8)
    return gather(tmp_path)


def test_a_large_harm_is_confirmed_and_nothing_else_is_said(harmful):
    found = by_name(harmful)
    assert found["path_dropout"].verdict == "confirmed"
    (effect,) = found["path_dropout"].effects
    assert effect.high < 0
    assert effect.seeds == (4, 4 * REFERENCE_TIMES)
    for name in ("global_dropout", "weight_sharing_batch_norm", "learning_rate", "epochs"):
        assert found[name].verdict != "confirmed"


def test_every_difference_counts_in_the_correction(harmful):
    assert harmful.comparisons == sum(len(finding.effects) for finding in harmful.claims) + 1
    assert harmful.runs == sum(one.skdt.seeds for one in harmful.recipes)


def test_programs_and_people_get_the_same_figures(harmful):
    content = json.loads(to_json(harmful))
    page = to_markdown(harmful, command="wsnas verdicts")
    assert len(content["claims"]) == len(harmful.claims)
    for claim in content["claims"]:
        assert claim["claim"] in page
        for effect in claim["effects"]:
            assert f"{effect['low']:.3f} to {effect['high']:.3f}" in page
    assert "noise ceiling" in page
    assert "counting parameters" in page


def test_diverged_runs_are_counted_and_left_out(tmp_path, settings_of):
    settings = settings_of("nb201")
    fill(
        tmp_path,
        settings,
        diverged=lambda run: run.recipe["global_dropout"] > 0 and run.number == 1,
    )
    (effect,) = by_name(gather(tmp_path))["global_dropout"].effects
    assert effect.seeds[0] == 2
    assert effect.diverged == (1, 0)


def test_one_seed_judges_nothing(tmp_path, settings_of):
    settings = settings_of("nb201")
    fill(tmp_path, settings, seeds=1)
    findings = gather(tmp_path)
    assert {finding.verdict for finding in findings.claims} == {"undecided"}
    assert all(finding.unmeasured for finding in findings.claims)


def test_a_claim_that_misses_a_level_is_undecided(tmp_path, settings_of):
    settings = settings_of("nb201", "mini")
    ablation = fill(tmp_path, settings, seeds=2, skill=lambda recipe: 0.9 if recipe["cells"] == 1 else 0.0)
    (low, _high) = [one for one in ablation.contrasts if one.claim.name == "learning_rate"]
    for run in ablation.runs(2):
        if run.recipe == low.one:
            (tmp_path / f"{run.name}.json").unlink()
    finding = by_name(gather(tmp_path))["learning_rate"]
    assert finding.verdict == "undecided"
    assert low.name in finding.unmeasured


def test_an_empty_folder_says_so(tmp_path, settings_of):
    settings = settings_of("nb201")
    fill(tmp_path, settings, seeds=0)
    findings = gather(tmp_path)
    assert findings.runs == 0
    assert "Undecided" in to_markdown(findings, command="wsnas verdicts")


def test_a_studys_export_is_shown_beside(settings_of):
    from pathlib import Path

    factors = settings_of("nb201", "mini").factors
    path = Path(__file__).parents[3] / "docs/results/long/trials.csv"
    found = exported_effects(path, factors)
    assert found.trials == 128
    assert "worse" in found.findings["path_dropout"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "phase,state,diverged\nscreen,complete,False\n"])
def test_another_table_is_no_export(tmp_path, settings_of, text):
    file = tmp_path / "trials.csv"
    file.write_text(text)
    with pytest.raises(InputError, match="trials"):
        exported_effects(file, settings_of("nb201").factors)
