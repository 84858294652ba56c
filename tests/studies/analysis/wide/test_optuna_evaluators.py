from __future__ import annotations

import optuna
import pytest

from studies.analysis.wide import optuna_evaluators, optuna_importances


def _study(trials):
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(
        lambda trial: trial.suggest_float("x", 0, 1) + 0 * trial.suggest_float("y", 0, 1), n_trials=trials
    )
    return study


@pytest.fixture(autouse=True)
def _quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def test_each_evaluator_is_named_and_ranks_the_parameters():
    results = optuna_importances(_study(30))
    assert [result.name for result in results] == ["PED-ANOVA", "MDI", "fANOVA"]
    for result in results:
        assert result.reason is None
        assert result.importances is not None
        assert result.importances["x"] > result.importances["y"]


def test_a_study_without_trials_gives_reasons():
    for result in optuna_importances(_study(0)):
        assert result.importances is None
        assert result.reason


def test_fanova_is_skipped_on_large_studies(monkeypatch):
    monkeypatch.setattr(optuna_evaluators, "FANOVA_MOST_TRIALS", 10)
    *_, fanova = optuna_importances(_study(11))
    assert fanova.importances is None
    assert fanova.reason == "skipped beyond 10 complete trials, of which there are 11"
