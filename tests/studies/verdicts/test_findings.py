from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from studies.config.settings import choose_settings
from studies.schedule import study
from studies.schedule.study import create_or_open, open_study
from studies.verdicts import gather, verdict_rows
from studies.verdicts.claims import CLAIMS
from studies.verdicts.findings import judge_factor
from studies.verdicts.page import to_json, to_markdown
from studies.verdicts.terminal import print_findings
from tests.studies.made_settings import made_settings
from tests.studies.verdicts.screens import BUDGET, screen_with
from wsnas.errors import InputError

SETTINGS = made_settings()
CLAIM = {claim.name: claim for claim in CLAIMS}
HARM, OPEN, NOTHING, HELP = (-0.3, -0.1), (-0.2, 0.2), (-0.04, 0.04), (0.1, 0.3)


def judged(name, effects, **around):
    return judge_factor(CLAIM[name], SETTINGS, screen_with(SETTINGS, effects, around=around))


@pytest.mark.parametrize(
    ("name", "change", "confirms", "refutes"),
    [
        ("tracked_batch_norm", "bn_statistics=tracked", HARM, NOTHING),
        ("path_dropout", "path_dropout=0.3", HARM, HELP),
        ("ofa_kernel", "ofa_kernel=True", NOTHING, HELP),
        ("train_portion", "train_portion=0.25", NOTHING, HARM),
        ("cells", "cells=2", NOTHING, HELP),
    ],
)
def test_each_kind_of_claim_is_confirmed_refuted_or_left_open(name, change, confirms, refutes):
    assert judged(name, {change: confirms}).verdict == "confirmed"
    assert judged(name, {change: refutes}).verdict == "refuted"
    assert judged(name, {change: OPEN}).verdict == "undecided"
    assert judged(name, {}).verdict == "undecided"


def test_a_factor_matters_by_one_of_its_changes_and_not_by_none_of_them():
    (low, high) = (f"weight_decay={value}" for value in (3e-05, 0.003))
    assert judged("weight_decay", {low: HARM}).verdict == "confirmed"
    assert judged("weight_decay", {low: NOTHING}).verdict == "undecided"
    assert judged("weight_decay", {low: NOTHING, high: NOTHING}).verdict == "refuted"


def test_channels_disabled_help_where_changing_them_back_hurts():
    settings = made_settings("nb101")
    screen = screen_with(settings, {"dynamic_channels=fixed": HARM}, around={"dynamic_channels": "disabled"})
    found = judge_factor(CLAIM["disable_dynamic_channels"], settings, screen)
    (one,) = found.comparisons
    assert (one.level, one.against, one.ends) == ("disabled", "fixed", (0.1, 0.3))
    assert found.verdict == "confirmed"


def test_an_effect_is_turned_where_the_reference_has_what_the_claim_is_about():
    for ends, verdict in ((HARM, "refuted"), (HELP, "confirmed"), (OPEN, "undecided")):
        found = judged("ofa_kernel", {"ofa_kernel=False": ends}, ofa_kernel=True)
        (one,) = found.comparisons
        assert (one.level, one.against) == (True, False)
        assert (one.low, one.high, one.mean) == (-ends[1], -ends[0], -(ends[0] + ends[1]) / 2)
        assert found.verdict == verdict


def test_less_dropout_than_the_references_is_turned_and_more_is_not():
    found = judged("path_dropout", {"path_dropout=0.0": HELP, "path_dropout=0.3": HARM}, path_dropout=0.1)
    assert [(one.level, one.against) for one in found.comparisons] == [(0.1, 0.0), (0.3, 0.1)]
    assert all(one.ends == pytest.approx(HARM) for one in found.comparisons)


def test_another_level_than_the_claims_is_no_evidence():
    (one,) = judged("tracked_batch_norm", {"bn_statistics=recalibrated": HARM}).comparisons
    assert (one.level, one.mean) == ("tracked", None)


@pytest.mark.parametrize(
    ("name", "around", "words"),
    [
        # Edges have one source each; this is the screen's inert change, too.
        ("weight_sharing_batch_norm", {}, "no change of it acts at the reference recipe (wsbn off)"),
        ("tracked_batch_norm", {"bn_statistics": "recalibrated"}, "(bn_statistics recalibrated)"),
    ],
)
def test_a_claim_that_nothing_bears_on_says_why(name, around, words):
    found = judged(name, {}, **around)
    assert (found.verdict, found.comparisons) == ("undecided", ())
    assert words in found.reason


def test_a_claim_about_a_factor_that_is_held_or_missing_or_not_reached_says_so():
    held = choose_settings(space="nb201", scale="mini", fixed=("ofa_kernel=true",))
    screen = screen_with(held, {})
    assert judge_factor(CLAIM["ofa_kernel"], held, screen).reason == "ofa_kernel is held at on in this study"
    assert judge_factor(CLAIM["disable_dynamic_channels"], held, screen).reason.startswith("nb201 has no")
    assert "no reference recipe yet" in judge_factor(CLAIM["cells"], SETTINGS, None).reason


def opened(folder):
    return open_study(f"sqlite:///{folder}/wsnas.db", "nb201-tiny")


def test_a_whole_study_confirms_a_large_harm_and_nothing_that_is_not_so(invented_study):
    findings = gather(opened(invented_study))
    found = {one.claim.name: one for one in findings.claims}
    assert found["path_dropout"].verdict == "confirmed"
    for name in ("tracked_batch_norm", "ofa_kernel"):
        assert found[name].comparisons
        assert found[name].verdict == "undecided"
    assert "held" in found["learning_rate"].reason
    assert findings.spare == len(findings.screen.changes) - 3
    assert found["supernet_accuracy"].prediction.recipes == 6


def test_rows_for_the_report_are_name_and_verdict_of_each_claim(invented_study):
    rows = verdict_rows(opened(invented_study))
    assert {"claim": "path_dropout", "verdict": "confirmed"} in rows
    assert len(rows) == 14


def test_people_and_programs_get_the_same_figures(invented_study):
    findings = gather(opened(invented_study))
    page, content = to_markdown(findings, command="wsnas verdicts"), json.loads(to_json(findings))
    console = Console(file=io.StringIO(), width=500)
    print_findings(findings, console)
    shown = console.file.getvalue()
    for claim in content["claims"]:
        assert claim["claim"] in page
        assert f"{claim['verdict']:<10} {claim['claim']}" in shown
        assert bool(claim["reason"]) != bool(claim["comparisons"] or claim["prediction"])
        for one in claim["comparisons"]:
            figures = f"{one['mean']:+.3f} [{one['low']:.3f}, {one['high']:.3f}]"
            assert figures in page
            assert f": {figures}, {one['seeds']} seeds" in shown
        assert not claim["reason"] or (claim["reason"] in page and claim["reason"] in shown)
    for text in (page, shown):
        assert (
            f"Of 14 claims {len([c for c in content['claims'] if c['verdict'] == 'confirmed'])} confirmed"
            in text
        )
        assert "hold together with 95 %" in text
    assert f"{content['runs']} runs (" in page
    assert content["runs"] < BUDGET


@pytest.fixture
def create(tmp_path, monkeypatch):
    """Creates a study that has not begun."""
    monkeypatch.setattr(study, "pool_costs", lambda _settings, pool: np.ones((2, len(pool))))

    def make(**choices):
        settings = choose_settings(space="nb201", scale="tiny", **choices)
        return create_or_open(f"sqlite:///{tmp_path}/wsnas.db", "young", settings)

    return make


def test_a_study_without_a_reference_leaves_all_open(create):
    young = create()
    findings = gather(young)
    assert {one.verdict for one in findings.claims} == {"undecided"}
    assert "no reference recipe yet" in to_markdown(findings, command="")
    assert json.loads(to_json(findings))["reference"] is None
    assert verdict_rows(young) is None


def test_a_wide_screen_is_refused(create):
    wide = create(screen="sobol")
    assert verdict_rows(wide) is None
    with pytest.raises(InputError, match="--screen sobol"):
        gather(wide)
