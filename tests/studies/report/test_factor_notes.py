from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from studies.analysis.wide import EvaluatorResult, Interaction
from studies.report.page.sections import factors_section
from studies.report.tables.catalogue import factors_json
from studies.report.terminal.factors import print_factors
from studies.report.words.factor_notes import divergence_summary, interactions_summary
from tests.studies.report import factory

OTHERS = (
    EvaluatorResult(name="MDI", importances={"learning_rate": 0.5}),
    EvaluatorResult(name="fANOVA", importances=None, reason="skipped"),
)
PAIR = Interaction(
    first="ofa_kernel",
    second="learning_rate",
    spread=0.03,
    low=0.01,
    high=0.05,
    significant=True,
    p_value=0.005,
    best=(True, 0.1),
    excess=0.04,
)


def printed(answer):
    file = io.StringIO()
    print_factors(answer, OTHERS, Console(file=file, width=140, color_system=None))
    return file.getvalue()


def test_pairs_that_are_told_apart_come_with_size_interval_p_value_and_best_values():
    said = interactions_summary(
        replace(factory.sobol(), interactions=(PAIR, replace(PAIR, significant=False)))
    )
    assert said == (
        "Factors that act together: ofa_kernel with learning_rate, a standard deviation of 0.030 "
        "[0.010, 0.050] in s-KdT (p = 0.005 among all pairs), most at ofa_kernel on with learning_rate 0.1: "
        "+0.04 beyond the sum of both."
    )


def test_no_pair_told_apart_and_too_few_trials_are_said_plainly():
    quiet = replace(factory.sobol(), interactions=(replace(PAIR, significant=False, p_value=0.42),))
    assert "No pair of factors is significant" in interactions_summary(quiet)
    assert "p = 0.42" in interactions_summary(quiet)
    assert "too few trials" in interactions_summary(factory.sobol())


def test_one_sentence_where_no_trial_diverged():
    answer = factory.sobol()
    trials = tuple(replace(trial, diverged=False) for trial in answer.trials)
    calm = replace(answer, trials=trials, divergence=())
    assert divergence_summary(calm) == "No trial diverged."
    assert "Show how often trials diverged" not in factors_section(calm)
    assert "diverged, 95 %" not in printed(calm)


def test_diverged_trials_are_counted_against_the_screen_with_the_worst_level():
    answer = factory.sobol()
    lost = sum(trial.diverged for trial in answer.trials)
    said = divergence_summary(answer)
    assert said.startswith(f"{lost} of the screen's 32 trials diverged")
    worst = max(answer.divergence, key=lambda one: (one.low, one.rate))
    assert f"most often with {worst.factor} {worst.level}: {worst.diverged} of {worst.trials}" in said
    assert said in " ".join(printed(answer).split())
    for one in answer.divergence:
        assert f"{one.diverged} of {one.trials}, " in factors_section(answer)


def test_a_difference_that_is_clear_only_alone_is_explained_where_it_is_shown():
    answer = factory.sobol()
    (chosen,) = [one for one in answer.effects if one.name == "bn_statistics"]
    aside = "on is better than off by 0.17 [0.10, 0.25] taken alone, [-0.01, 0.35] among all differences"
    doubt = replace(chosen, equal_recipe=replace(chosen.equal_recipe, significant=False, aside=aside))
    changed = replace(
        answer,
        effects=tuple(doubt if one is chosen else one for one in answer.effects),
        importance=tuple(
            replace(one, significant=False) if one.name == "bn_statistics" else one
            for one in answer.importance
        ),
    )
    assert f"not significant at this budget: {aside}" in factors_section(changed)
    assert "taken alone" in printed(changed)


@pytest.mark.parametrize("make", [factory.sobol, lambda: factory.constant(settings=factory.SOBOL)])
def test_a_wide_screen_gives_json_that_holds_every_factor(make):
    answer = make()
    printed(answer)
    content = json.loads(factors_json(None, answer, OTHERS))
    assert [one["name"] for one in content["importance"]] == [one.name for one in answer.importance]
    assert {one["factor"] for one in content["effects"]} <= {one.name for one in answer.effects}
    assert content["optuna"]["fANOVA"]["reason"] == "skipped"


def test_factors_that_share_a_place_are_marked():
    answer = factory.sobol()
    places = [one.rank for one in answer.importance]
    assert places.count(max(places)) > 1
    assert f"{max(places)}=" in printed(answer)
