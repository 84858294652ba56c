"""Studies that somebody made with the objective alone, whose trials are made up here."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState, create_trial

import studies
from objectives import SpaceObjective, objective_for
from objectives.objective import METRIC
from studies.report.own.tables import OWN_TABLES
from tests.processes import ROOT
from tests.studies.commands import Commands
from wsnas.errors import InputError

FACTORS = ("learning_rate", "path_dropout", "bn_affine")


def fill(study: optuna.Study, objective: SpaceObjective, number: int = 40) -> None:
    """Add trials in which the learning rate alone matters, a pruned and a diverged one among them."""
    study.set_user_attr("objective", objective.note())
    spaces, rng = objective.search_space(), np.random.default_rng(0)
    for index in range(number):
        recipe = {factor.name: factor.domain.at(rng.random()) for factor in objective.question.factors}
        value = 0.3 + 0.1 * math.log10(float(recipe["learning_rate"])) + 0.01 * rng.standard_normal()
        pruned, diverged = index == 3, index == 4
        values = [
            -1.0 if diverged else value,
            *(math.inf if diverged else 10.0 + index for _ in objective.costs),
        ]
        study.add_trial(
            create_trial(
                state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
                values=None if pruned else values,
                params=recipe,
                distributions=spaces,
                intermediate_values={} if objective.costs else {50: 0.1},
                user_attrs={"diverged": diverged, "seed": index, "device": "cpu (made up)", METRIC: value},
            )
        )


def made(folder: Path, **options: Any) -> optuna.Study:
    objective = objective_for("nb201", scale="tiny", factors=FACTORS, **options)
    study = optuna.create_study(
        storage=f"sqlite:///{folder}/own.db", study_name="mine", directions=objective.directions
    )
    fill(study, objective)
    return study


@pytest.fixture
def single(tmp_path: Path) -> optuna.Study:
    return made(tmp_path)


@pytest.fixture
def several(tmp_path: Path) -> optuna.Study:
    return made(tmp_path, costs=("seconds", "images_seen"))


def _choice(study: optuna.Study, tmp_path: Path) -> tuple[str, ...]:
    return ("--study", study.study_name, "--storage", f"sqlite:///{tmp_path}/own.db")


def test_the_report_says_what_is_best_and_that_it_is_not_confirmed(
    single: optuna.Study, tmp_path: Path, wsnas: Commands
) -> None:
    shown = " ".join(wsnas.output("report", *_choice(single, tmp_path)).split())
    best = single.best_trial
    assert f"s-KdT {best.value:.3f} in trial {best.number}." in shown
    page = (tmp_path / "own-mine/report.html").read_text("utf-8")
    for text in (shown, page):
        assert "Best of 38 complete trials" in text
        assert "Not confirmed" in text
        assert "No screen" in text
        assert "1 pruned and 1 diverged trials" in text
        assert "learning_rate" in text
        assert "learning_rate matters; the other 2 are not significant" in text
    assert "nb201-analog" in page
    assert "<svg" not in page


def test_the_report_of_several_objectives_shows_the_front(
    several: optuna.Study, tmp_path: Path, wsnas: Commands
) -> None:
    own = studies.from_optuna(several)
    wanted = {trial.number for trial in several.best_trials}
    assert {trial.number for trial in own.front} == wanted
    assert 4 not in wanted
    assert [trial.values[0] for trial in own.front] == sorted(
        (trial.values[0] for trial in own.front), reverse=True
    )
    shown = wsnas.output("report", *_choice(several, tmp_path))
    assert "Pareto front" in shown
    assert f"beats these {len(wanted)}" in " ".join(shown.split())
    page = (tmp_path / "own-mine/report.html").read_text("utf-8")
    assert 'aria-label="Pareto front"' in page
    rows = re.findall(r"<tr><td[^>]*>(\d+)</td>", page)
    assert {int(number) for number in rows} == wanted


def test_the_report_for_programs_has_null_for_what_is_not_known(
    several: optuna.Study, tmp_path: Path, wsnas: Commands
) -> None:
    content = json.loads(wsnas.output("report", "--json", *_choice(several, tmp_path)))
    assert all(content[name] is None for name in ("confirmed", "factors", "verdicts", "search"))
    assert content["space"] == "nb201"
    assert content["importance"][0]["name"] == "learning_rate"
    assert content["front"][0].keys() >= {"trial", METRIC, "seconds", "images_seen", "recipe"}
    assert "Not confirmed" in content["unknown"][0]


@pytest.mark.parametrize("kind", ["single", "several"])
def test_importance_stands_beside_optunas_evaluators(
    kind: str, tmp_path: Path, wsnas: Commands, request: pytest.FixtureRequest
) -> None:
    study = request.getfixturevalue(kind)
    shown = wsnas.output("importance", "--rounds", "40", *_choice(study, tmp_path))
    assert "learning_rate" in shown
    assert "No screen" in shown
    content = json.loads(wsnas.output("importance", "--json", "--rounds", "40", *_choice(study, tmp_path)))
    assert content["importance"][0]["name"] == "learning_rate"
    assert content["optuna"]["MDI"]["importances"]["learning_rate"] > 0.5
    assert content["effects"]


def test_every_table_is_exported(several: optuna.Study, tmp_path: Path, wsnas: Commands) -> None:
    choice = _choice(several, tmp_path)
    rows = list(csv.DictReader(io.StringIO(wsnas.output("export", *choice))))
    assert len(rows) == 40
    assert rows[0].keys() >= {"number", "state", METRIC, "seconds", "images_seen", *FACTORS}
    assert rows[3]["state"] == "pruned"
    assert float(rows[0]["seconds"]) == 10
    wsnas.output("export", *choice, "--into", str(tmp_path / "tables"))
    assert {file.stem for file in (tmp_path / "tables").glob("*.csv")} == set(OWN_TABLES)
    assert "trials, curves, front" in wsnas.refused("export", *choice, "--table", "screen")
    assert "unknown" not in wsnas.output("export", *choice, "--table", "front")


def test_tables_and_pages_of_a_study_without_trials_have_their_heads(tmp_path: Path, wsnas: Commands) -> None:
    objective = objective_for("nb201", scale="tiny", factors=FACTORS)
    study = optuna.create_study(
        storage=f"sqlite:///{tmp_path}/own.db", study_name="mine", direction="maximize"
    )
    study.set_user_attr("objective", objective.note())
    for name in OWN_TABLES:
        assert wsnas.output("export", *_choice(study, tmp_path), "--table", name).count(",") > 2
    assert "No trial is complete yet" in wsnas.output("report", *_choice(study, tmp_path))


def test_commands_that_want_a_whole_study_say_what_it_is(
    single: optuna.Study, tmp_path: Path, wsnas: Commands
) -> None:
    for command in ("status", "search", "worker", "verdicts"):
        error = wsnas.refused(command, *_choice(single, tmp_path))
        assert "made with the objective alone, without screen and confirmation: `wsnas report`" in error
    with pytest.raises(InputError, match="objective alone"):
        studies.load(study="mine", storage=f"sqlite:///{tmp_path}/own.db")


def test_a_study_in_memory_is_told_of_from_python(tmp_path: Path) -> None:
    objective = objective_for("nb201", scale="tiny", factors=FACTORS)
    study = optuna.create_study(direction="maximize")
    with pytest.raises(InputError, match=r"has no trial of objectives\.objective_for"):
        studies.from_optuna(study)
    fill(study, objective)
    own = studies.from_optuna(study, rounds=40)
    own.write_report(tmp_path / "page.html")
    assert "Best of 38" in (tmp_path / "page.html").read_text("utf-8")
    assert len(own.table("trials")) == 40
    study.set_user_attr("objective", {"space": "nb201"})
    with pytest.raises(InputError, match="its attribute objective is damaged"):
        studies.from_optuna(study)


def test_the_evaluator_finds_what_matters_and_tells_intervals(single: optuna.Study) -> None:
    evaluator = studies.ImportanceEvaluator(seed=0, rounds=40)
    found = optuna.importance.get_param_importances(single, evaluator=evaluator)
    assert next(iter(found)) == "learning_rate"
    assert set(found) == set(FACTORS)
    assert sum(found.values()) == pytest.approx(1)
    first, *others = evaluator.intervals(single)
    assert first.name == "learning_rate"
    assert first.significant
    assert 0.5 < first.low <= first.share <= first.high <= 1
    assert not any(one.significant for one in others)
    assert found["learning_rate"] == pytest.approx(first.share, abs=0.01)
    (one,) = evaluator.intervals(single, ["bn_affine"])
    assert one.name == "bn_affine"
    with pytest.raises(InputError, match=r"parameter 'learning_rat'.*did you mean learning_rate"):
        evaluator.intervals(single, ["learning_rat"])
    with pytest.raises(InputError, match="rounds 3"):
        studies.ImportanceEvaluator(rounds=3)


def test_the_evaluator_wants_a_target_of_several_objectives(several: optuna.Study) -> None:
    evaluator = studies.ImportanceEvaluator(rounds=40)
    with pytest.raises(ValueError, match="target=lambda"):
        optuna.importance.get_param_importances(several, evaluator=evaluator)
    found = optuna.importance.get_param_importances(
        several, evaluator=evaluator, target=lambda trial: trial.values[0]
    )
    assert next(iter(found)) == "learning_rate"


def test_the_evaluator_serves_any_optuna_study() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        x, kind = trial.suggest_float("x", 0, 1), trial.suggest_categorical("kind", ["a", "b", None])
        trial.suggest_int("idle", 1, 9, log=True)
        return x + {"a": 0.0, "b": 5.0, None: 0.0}[kind]

    study.optimize(objective, n_trials=40)
    assert isinstance(study.trials[0].distributions["kind"], CategoricalDistribution)
    found = optuna.importance.get_param_importances(study, evaluator=studies.ImportanceEvaluator(rounds=40))
    assert list(found) == ["kind", "x", "idle"]
    few = optuna.create_study()
    few.optimize(objective, n_trials=3)
    assert {one.note is not None for one in studies.ImportanceEvaluator().intervals(few)} == {True}


def test_the_example_runs(tmp_path: Path) -> None:
    run = (sys.executable, str(ROOT / "examples/importance_evaluator.py"), "tiny")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"learning_rate: \d+% \[\d+%, \d+%\], significant: ", done.stdout)
    assert "Not confirmed" in (tmp_path / "importance.html").read_text("utf-8")
