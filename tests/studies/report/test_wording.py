from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.analysis.estimates import Span
from studies.report.words import factor_lines, wording
from studies.report.words.comparison import benchmarks, beyond_size, comparison, signal
from studies.report.words.mattering import what_matters
from studies.schedule.stages import Stage
from studies.search.wording import CAUTION
from tests.studies.report import factory


def changed(**changes):
    return lambda: replace(factory.complete(), **changes)


def unconfirmed(stage, done=1, total=6):
    return lambda: replace(factory.unconfirmed(), progress=factory.progress(stage, done, total))


def all_diverged():
    trials = tuple(replace(trial, value=-1.0, diverged=True) for trial in factory.complete().trials)
    return replace(factory.unconfirmed(), trials=trials)


WORSE = replace(factory.complete().gain, mean=-0.1, low=-0.15, high=-0.05)
HEADLINES = {
    "a gain": (factory.complete, "Train this super-net by the recipe below", "5 fresh seeds", "best.toml"),
    "one seed": (factory.one_seed, "Train this", "one seed: the interval covers architectures only"),
    "no gain": (
        *(factory.no_gain, "This study does not show that its best recipe beats the baseline"),
        *("0.02 [-0.05, 0.09], which includes 0", "So keep the baseline recipe for now"),
    ),
    "a worse recipe": (
        *(changed(gain=WORSE), "Keep the baseline", "by 0.10 [0.05, 0.15]"),
        "So train with the baseline's values, not by the file best.toml",
    ),
    "a baseline that wins": (
        *(factory.baseline_wins, "Keep the baseline recipe"),
        "So train this super-net with the baseline's values",
    ),
    "no measured baseline": (
        *(changed(baseline=None, gain=None), "", "not yet compared with the baseline"),
        "So use the recipe below for now",
    ),
    "perhaps chance": (
        *(factory.constant, "", "does not show that one super-net ranks better than chance"),
        "Do not choose architectures by such a super-net",
    ),
    "not confirmed": (
        *(factory.unconfirmed, "", "45 of 60 runs done", "optimistic"),
        "So use no recipe from here yet: run the study's command again",
    ),
    "two trials": (factory.tiny, "", "So use no recipe from here yet"),
    "selection": (unconfirmed(Stage.SELECTION), "", "running its best recipes again"),
    "confirmation": (unconfirmed(Stage.CONFIRMATION), "", "measuring the chosen recipe"),
    "no trial": (factory.empty, "No answer yet", "So use no recipe from here yet"),
    "no value": (factory.all_bad, "No answer yet"),
    "failed": (unconfirmed(Stage.DONE, 4, 4), "", "So keep the baseline, and look into worker-0.log"),
    "all diverged": (all_diverged, "", "So lower the learning_rate"),
}


@pytest.mark.parametrize("case", HEADLINES)
def test_the_headline_says_what_was_found_and_ends_in_what_to_do(case):
    make, start, *parts = HEADLINES[case]
    answer = make()
    text = wording.headline(answer)
    assert text.startswith(start)
    for part in parts:
        assert part in text
    assert text.endswith(wording.found_and_advice(answer)[1])
    assert "1 seed" not in text
    assert ("above one of the baseline" in text) is (case in ("a gain", "one seed"))
    assert "Do not choose architectures" not in text or answer.winner.single.skdt.low <= 0


def test_figures_of_a_headline_are_those_of_the_answer():
    answer = factory.complete()
    assert answer.gain.low > 0
    for skdt in (answer.winner.single.skdt, answer.winner.ensemble.skdt):
        assert wording.interval(skdt) in wording.headline(answer)
    assert f"{wording.interval(answer.gain)} above one of the baseline" in wording.headline(answer)
    assert "mean rank" not in wording.headline(factory.one_seed())
    running = factory.unconfirmed()
    best = max(t.value for t in running.trials if t.value is not None and not t.diverged)
    assert f"s-KdT {best:.2f}" in wording.headline(running)
    assert wording.changes(factory.baseline_wins()) == ""
    assert (wording.count_of(1, "seed"), wording.count_of(5, "seed")) == ("one seed", "5 seeds")


def test_company_is_judged_by_the_paired_interval():
    answer = factory.complete()

    def beside(low, high):
        over = dict.fromkeys(("parameters", "FLOPs"), Span(mean=(low + high) / 2, low=low, high=high))
        ensemble = replace(answer.winner.ensemble, over=over)
        return benchmarks(replace(answer, winner=replace(answer.winner, ensemble=ensemble)))

    assert "the ensemble is not shown to beat counting parameters at" in beside(-0.1, 0.2)
    assert "the ensemble does not beat counting parameters at" in beside(-0.3, -0.2)
    assert "the ensemble beats counting parameters at" in beside(0.1, 0.3)
    assert "(difference +0.20 [0.10, 0.30])" in beside(0.1, 0.3)
    assert "A perfect ranker would reach 0.93 [0.91, 0.95]" in benchmarks(answer)
    assert "the super-net " in benchmarks(factory.one_seed())


def test_comparison_lists_what_is_known_and_gives_the_baseline_the_same():
    rows = comparison(factory.complete())
    assert [row.name for row in rows] == [
        "best recipe, ensemble of 5",
        "best recipe, one super-net",
        "best recipe, ensemble of 5 with FLOPs",
        "baseline, ensemble of 5",
        "baseline, one super-net",
        "baseline, ensemble of 5 with FLOPs",
        "counting parameters",
        "counting FLOPs",
        "noise ceiling",
    ]
    assert [sorted(row.over) for row in rows[:3]] == [
        ["FLOPs", "baseline", "parameters"],
        ["FLOPs", "baseline", "parameters"],
        ["FLOPs", "parameters"],
    ]
    assert [row.measured for row in comparison(factory.unconfirmed())] == [None] * 3
    assert [row.name for row in comparison(factory.baseline_wins())][:2] == [
        "the baseline, ensemble of 5",
        "the baseline, one super-net",
    ]
    assert comparison(factory.one_seed())[0].name == "best recipe, one super-net"


def test_what_is_known_beyond_size_and_by_the_papers_score_is_said():
    answer = factory.complete()
    text = beyond_size(answer)
    for figure in (
        answer.winner.single.partial_tau,
        answer.winner.ensemble.partial_tau,
        answer.winner.ensemble.within_sizes,
        answer.winner.single.by_accuracy,
    ):
        assert wording.interval(figure) in text
    assert beyond_size(factory.unconfirmed()) == ""


def test_the_recipe_is_told_beside_the_reference_of_the_screen():
    answer = factory.complete()
    assert "it differs in learning_rate 0.05 (there: 0.025)" in wording.beside_reference(answer)
    assert "It is the reference recipe" in wording.beside_reference(factory.baseline_wins())
    assert wording.beside_reference(factory.sobol()) == ""


def test_signal_is_the_ratio_of_two_deviations():
    answer = factory.sobol(recipe_deviation=0.12, seed_deviation=0.04)
    assert "0.120" in signal(answer)
    assert signal(answer).endswith("a ratio of 3.0.")
    assert "ratio" not in signal(replace(answer, seed_deviation=0.0))
    assert "not measured yet" in signal(replace(answer, seed_deviation=None))
    assert "0.050" in signal(factory.complete())


def test_factors_that_are_not_told_apart_get_no_direction():
    answer = factory.sobol()
    lines = {line.name: line for line in factor_lines.factor_lines(answer)}
    assert lines["bn_statistics"].significant
    assert "tracked is worse than batch" in lines["bn_statistics"].finding
    quiet = [line for line in lines.values() if not line.significant]
    assert quiet
    assert all(line.finding == "not significant at this budget" for line in quiet)
    assert {"cells", "train_portion"}.isdisjoint(lines)
    assert "does not show that they do nothing" in factor_lines.factors_summary(answer)


def test_nothing_told_apart_is_said_plainly():
    text = factor_lines.factors_summary(factory.constant(settings=factory.SOBOL))
    assert text.startswith("None of the 14 factors is significant")


def test_search_states_rank_regret_and_probability():
    text = wording.search_summary(factory.complete())
    for part in ("500 random", "93.70%", "rank 41 of 15,625", "0.67 percentage points", "0.97", "94.12%"):
        assert part in text


def test_a_search_that_has_not_run_or_knows_no_truth_says_how_it_goes_on():
    answer = factory.complete()
    assert (
        "so run wsnas search --study nb201-mini --storage sqlite:///runs/wsnas.db."
        in wording.search_summary(replace(answer, search=None))
    )
    assert "so let wsnas study confirm a recipe first" in wording.search_summary(factory.unconfirmed())
    unknown = replace(answer, search=replace(answer.search, picks=()))
    assert (
        "wsnas search --study nb201-mini --storage sqlite:///runs/wsnas.db --retrain."
        in wording.search_summary(unknown)
    )


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
        for text in (wording.headline(answer), wording.trials_summary(answer), what_matters(answer)):
            assert text
            assert "nan" not in text
            assert "None " not in text
    assert np.isfinite(factory.complete().gain.mean)
