from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from studies.report.tables.answer_json import answer_dictionary
from tests.studies.report import factory
from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.ensemble import mean_ranks

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = (
    "single",
    "ensemble",
    "baseline",
    "parameters",
    "flops",
    "ceiling",
    "ensemble_minus_parameters",
    "single_minus_baseline",
)
FACTOR = ["name", "reference", "alternative", "effect", "low", "high", "call"]


@pytest.mark.parametrize("case", factory.CASES)
def test_the_fields_that_are_promised_are_there_in_every_state(case):
    content = json.loads(json.dumps(answer_dictionary(factory.CASES[case]()), allow_nan=False))
    assert list(content)[:6] == ["space", "study", "confirmed", "factors", "verdicts", "search"]
    assert list(content["confirmed"])[:8] == list(FIGURES)
    for one in content["confirmed"].values():
        assert one is None or (list(one) == ["value", "low", "high"] and one["low"] <= one["value"])
    for one in content["factors"] or ():
        assert list(one)[:7] == FACTOR
        assert one["call"] in ("helps", "hurts", "negligible", "undecided")
    assert content["verdicts"] is None


def test_the_figures_are_those_of_the_answer():
    answer = factory.complete()
    content = answer_dictionary(answer)
    confirmed = content["confirmed"]
    assert confirmed["ensemble"]["value"] == answer.winner.ensemble.skdt.mean
    assert confirmed["single_minus_baseline"]["low"] == answer.gain.low
    difference = confirmed["ensemble"]["value"] - confirmed["parameters"]["value"]
    assert confirmed["ensemble_minus_parameters"]["value"] == pytest.approx(difference)
    assert confirmed["joint"]["value"] == answer.winner.joint.skdt.mean
    over = confirmed["joint"]["value"] - confirmed["flops"]["value"]
    assert confirmed["joint_minus_flops"]["value"] == pytest.approx(over)
    better = answer.truth >= np.median(answer.truth)
    half = sparse_kendall_tau(answer.flops[better], answer.truth[better])
    assert confirmed["flops_top_half"]["value"] == pytest.approx(half)
    half = sparse_kendall_tau(mean_ranks(answer.winner.predicted)[better], answer.truth[better])
    assert confirmed["ensemble_top_half"]["value"] == pytest.approx(half)
    assert content["search"] == {"rank": 41, "of": 15625, "regret": pytest.approx(0.0067)}
    assert content["confirmation_seeds"] == 5


def test_changes_are_factors_and_the_inert_one_stands_apart():
    content = answer_dictionary(factory.complete())
    calls = {(one["name"], one["alternative"]): one for one in content["factors"]}
    assert calls["bn_statistics", "tracked"]["call"] == "hurts"
    assert calls["ofa_kernel", True]["call"] == "helps"
    assert calls["batch_size", 16]["effect"] is None
    assert calls["batch_size", 16]["call"] == "undecided"
    assert content["inert"]["name"] not in {one["name"] for one in content["factors"]}
    sizes = [one["value"] for one in content["importance"]]
    assert sizes == sorted(sizes, reverse=True)


def test_a_wide_screen_gives_differences_from_the_defaults():
    content = answer_dictionary(factory.sobol())
    (tracked,) = [one for one in content["factors"] if one["alternative"] == "tracked"]
    assert (tracked["reference"], tracked["call"]) == ("batch", "hurts")
    assert content["inert"] is None


def test_what_is_not_there_is_null():
    content = answer_dictionary(factory.tiny())
    assert content["factors"] is content["search"] is content["importance"] is None
    assert content["confirmed"]["single"] is None
    assert content["confirmed"]["parameters"]["value"] > 0
    unknown = replace(factory.complete(), ceiling=None)
    assert answer_dictionary(unknown)["confirmed"]["ceiling"] is None


def test_verdicts_are_merged():
    content = answer_dictionary(factory.complete(), verdicts=[{"claim": "c", "verdict": "holds"}])
    assert content["verdicts"] == [{"claim": "c", "verdict": "holds"}]


def test_the_command_prints_json_alone_and_writes_nothing(small_study, tmp_path, wsnas):
    for file in (small_study / "runs").glob("wsnas.db*"):
        shutil.copy(file, tmp_path)
    before = _files(tmp_path)
    command = ("report", "--json", "--storage", f"sqlite:///{tmp_path}/wsnas.db")
    content = json.loads(wsnas.output(*command))
    assert (content["space"], content["study"]) == ("nb201", "nb201-mini")
    assert content["confirmed"]["ceiling"]["value"] == 0.931
    assert {one["call"] for one in content["factors"]} <= {"helps", "hurts", "negligible", "undecided"}
    assert content["search"]["of"] == 15625
    assert _files(tmp_path) == before
    for other in (("--all",), ("--figures", str(tmp_path))):
        assert f"leave out {other[0]}" in wsnas.refused(*command, *other)


def _files(folder: Path) -> list[Path]:
    """Return a folder's files but SQLite's own beside the database, which come and go."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith("wsnas.db-")]
