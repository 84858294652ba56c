from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.report.words import factor_lines, wording
from studies.report.words.comparison import beside_references, comparison, signal
from studies.schedule.stages import Stage
from studies.search.wording import CAUTION
from tests.studies.report import factory


def test_a_gain_whose_interval_is_above_zero_is_claimed_with_both_intervals():
    answer = factory.complete()
    assert answer.gain.low > 0
    text = wording.headline(answer)
    assert text.startswith("Train this super-net by the recipe below")
    assert wording.interval(answer.winner.skdt) in text
    assert f"{wording.interval(answer.gain)} above the baseline" in text
    assert "5 fresh seeds" in text


def test_a_gain_whose_interval_includes_zero_is_not_claimed():
    text = wording.headline(factory.no_gain())
    assert "does not show that its best recipe beats the baseline" in text
    assert "0.02 [-0.05, 0.09], which includes 0" in text
    assert "above" not in text


def test_a_recipe_worse_than_the_baseline_is_not_recommended():
    answer = factory.complete()
    worse = replace(answer.gain, mean=-0.1, low=-0.15, high=-0.05)
    text = wording.headline(replace(answer, gain=worse))
    assert text.startswith("Keep the baseline")
    assert "by 0.10 [0.05, 0.15]" in text


def test_a_baseline_that_wins_is_kept():
    text = wording.headline(factory.baseline_wins())
    assert text.startswith("Keep the baseline recipe")
    assert wording.changes(factory.baseline_wins()) == ""


def test_without_a_measured_baseline_nothing_is_said_about_a_gain():
    text = wording.headline(replace(factory.complete(), baseline=None, gain=None))
    assert "not yet compared with the baseline" in text


def test_one_seed_is_called_one_seed_and_its_interval_is_qualified():
    text = wording.headline(factory.one_seed())
    assert "one seed: the interval covers architectures only" in text
    assert "1 seed" not in text
    assert wording.count_of(1, "seed") == "one seed"
    assert wording.count_of(5, "seed") == "5 seeds"


def test_a_ranking_that_may_be_chance_is_called_so():
    text = wording.headline(factory.constant())
    assert "does not show that the ranking is better than chance" in text


def test_an_unconfirmed_best_trial_is_called_optimistic():
    answer = factory.unconfirmed()
    best = max(t.value for t in answer.trials if t.value is not None and not t.diverged)
    text = wording.headline(answer)
    assert "45 of 60 runs done" in text
    assert f"s-KdT {best:.2f}" in text
    assert "optimistic" in text


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.SELECTION, "running its best recipes again"),
        (Stage.CONFIRMATION, "measuring the chosen recipe"),
    ],
)
def test_later_stages_are_named(stage, words):
    assert words in wording.headline(factory.unconfirmed(progress=factory.progress(stage, 1, 6)))


def test_no_value_gives_no_answer():
    for case in (factory.empty(), factory.all_bad()):
        assert wording.headline(case).startswith("No answer yet")


def test_company_is_judged_by_the_paired_interval():
    answer = factory.complete()
    assert "is not shown to beat counting parameters" in beside_references(answer)
    perfect = replace(answer, parameters=answer.truth.copy())
    assert "does not beat counting parameters" in beside_references(perfect)
    backwards = replace(answer, parameters=-answer.truth)
    assert "recipe beats counting parameters" in beside_references(backwards)


def test_comparison_lists_what_is_known():
    assert [row.name for row in comparison(factory.complete())] == [
        "best recipe",
        "baseline",
        "gain (paired)",
        "counting parameters",
        "counting FLOPs",
        "noise ceiling",
    ]
    assert [row.seeds for row in comparison(factory.unconfirmed())] == ["-", "-", "-"]


def test_signal_is_the_ratio_of_two_deviations():
    answer = factory.complete(recipe_deviation=0.12, seed_deviation=0.04)
    assert "0.120" in signal(answer)
    assert signal(answer).endswith("a ratio of 3.0.")
    assert "ratio" not in signal(replace(answer, seed_deviation=0.0))
    assert "not measured yet" in signal(replace(answer, seed_deviation=None))


def test_factors_that_are_not_told_apart_get_no_direction():
    answer = factory.complete()
    lines = {line.name: line for line in factor_lines.factor_lines(answer)}
    assert lines["bn_statistics"].significant
    assert "tracked is worse than batch" in lines["bn_statistics"].finding
    quiet = [line for line in lines.values() if not line.significant]
    assert quiet
    assert all(line.finding == "not significant at this budget" for line in quiet)
    assert {"cells", "train_portion"}.isdisjoint(lines)
    assert "does not show that they do nothing" in factor_lines.factors_summary(answer)


def test_nothing_told_apart_is_said_plainly():
    text = factor_lines.factors_summary(factory.constant())
    assert text.startswith("None of the 14 factors is significant")


def test_search_states_rank_regret_and_probability():
    text = wording.search_summary(factory.complete())
    for part in ("500 random", "93.70%", "rank 41 of 15,625", "0.67 percentage points", "0.97", "94.12%"):
        assert part in text


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("complete", "So train by the file best.toml, which lies beside the report."),
        ("no_gain", "So keep the baseline recipe for now"),
        ("baseline_wins", "So train this super-net with the baseline's values"),
        ("constant", "Do not choose architectures by such a super-net"),
        ("unconfirmed", "So use no recipe from here yet: run the study's command again"),
        ("tiny", "So use no recipe from here yet"),
        ("empty", "So use no recipe from here yet"),
    ],
)
def test_every_headline_ends_in_what_to_do(case, words):
    answer = factory.CASES[case]()
    text = wording.headline(answer)
    assert words in text
    assert text.endswith(wording.found_and_advice(answer)[1])
    assert "Do not choose architectures" not in text or answer.winner.skdt.low <= 0


def test_a_worse_recipe_a_missing_comparison_and_a_failed_study_say_what_to_do():
    answer = factory.complete()
    worse = replace(answer, gain=replace(answer.gain, mean=-0.1, low=-0.15, high=-0.05))
    _, said = wording.found_and_advice(worse)
    assert said.startswith("So train with the baseline's values, not by the file best.toml")
    alone = replace(answer, baseline=None, gain=None)
    assert wording.found_and_advice(alone)[1].startswith("So use the recipe below for now")
    failed = factory.unconfirmed(progress=factory.progress(Stage.DONE, 4, 4))
    assert wording.found_and_advice(failed)[1].startswith("So keep the baseline, and look into worker-0.log")
    trials = tuple(replace(trial, value=-1.0, diverged=True) for trial in answer.trials)
    _, lost = wording.found_and_advice(factory.unconfirmed(trials=trials))
    assert lost.startswith("So lower the learning_rate")


def test_a_search_that_has_not_run_or_knows_no_truth_says_how_it_goes_on():
    answer = factory.complete()
    assert "so run wsnas search" in wording.search_summary(replace(answer, search=None))
    assert "so let wsnas study confirm a recipe first" in wording.search_summary(factory.unconfirmed())
    unknown = replace(answer, search=replace(answer.search, picks=()))
    assert "wsnas search --retrain" in wording.search_summary(unknown)


def test_the_search_sentence_says_how_many_supernets_judged_and_how_far_to_trust_them():
    answer = factory.complete()
    assert "the super-net likes best one" in wording.search_summary(answer)
    five = replace(answer, search=replace(answer.search, supernets=5))
    text = wording.search_summary(five)
    assert "the mean of 5 super-nets likes best one" in text
    assert text.endswith(CAUTION)


def test_all_sentences_exist_in_every_state():
    for make in factory.CASES.values():
        answer = make()
        for text in (wording.headline(answer), wording.trials_summary(answer), signal(answer)):
            assert text
            assert "nan" not in text
            assert "None " not in text
    assert np.isfinite(factory.complete().gain.mean)
