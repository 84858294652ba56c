"""Synthetic answers, in every state that a report may meet."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from objectives.domains import Categorical
from objectives.recipe import Recipe
from studies.analysis import divergence_rates, factor_effects, factor_importance, pair_interactions
from studies.analysis.estimates import gain_estimate, tau_estimate
from studies.config.scales import load_scale, scaled_catalogue
from studies.report.answer import Answer, Measured, TrialRecord
from studies.schedule.design import sobol_design
from studies.schedule.stages import Progress, Stage
from studies.search import Pick, Search
from tests.studies.made_settings import made_settings
from wsnas.groundtruth import Ceiling

ARCHITECTURES = 60
NB201 = "|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|"


def settings(**changes):
    held = ("cells", "train_portion")
    factors = tuple(
        factor.with_domain(Categorical((factor.default,)), factor.default) if factor.name in held else factor
        for factor in scaled_catalogue("nb201", load_scale("mini"))
    )
    return made_settings(**{"table": "analog-nasbench", "factors": factors, **changes})


def skill(recipe):
    """The s-KdT of a recipe without noise."""
    value = 0.25 + 0.06 * np.log(recipe["learning_rate"] / 0.025) + 0.04 * np.log(recipe["epochs"] / 6)
    value -= 0.2 * (recipe["bn_statistics"] == "tracked") + 0.5 * recipe["path_dropout"]
    return float(value + 0.08 * (recipe["path_sampling"] == "fairnas"))


def record(number, phase, recipe, value, factors, *, pruned=False, diverged=False, seconds=None):
    shown = -1.0 if diverged else float(np.clip(value, -1, 1))
    curve = {} if diverged else {50: shown - 0.08}
    return TrialRecord(
        number=number,
        phase=phase,
        recipe=recipe.effective(factors),
        parameters=dict(recipe),
        value=None if pruned else shown,
        curve=curve,
        diverged=diverged,
        seconds=20.0 + 6 * float(recipe["epochs"]) if seconds is None else seconds,
        attributes={
            "phase": phase,
            "supernet_accuracy_mean": 0.2 + 0.3 * max(shown, 0),
            "top_10_truth": 0.88 + 0.05 * shown,
            "versions": "wsnas 0.1.0, torch 2.6.0",
            "device": "cpu (x86_64)",
        },
    )


def measured(recipe, noise, *, seeds=5):
    rng = np.random.default_rng(7)
    truth = np.round(0.80 + 0.14 * rng.beta(4, 2, ARCHITECTURES), 3)
    signal = (truth - truth.mean()) / truth.std()
    rng = np.random.default_rng(8)
    accuracies = 0.3 + 0.05 * (signal + noise * rng.standard_normal((seeds, ARCHITECTURES)))
    parameters = 1e5 * np.exp(signal + 0.9 * rng.standard_normal(ARCHITECTURES))
    part = Measured(
        recipe=recipe,
        skdt=tau_estimate(accuracies, truth),
        partial_tau=0.21,
        accuracies=accuracies,
        seeds=tuple(range(len(accuracies))),
        diverged=0,
        seconds=63.2,
    )
    return part, truth, parameters


@cache
def complete(*, screen=32, tune=12, noise=0.04, name="nb201-mini", **changes):
    """A study that is done; `changes` replace fields of the answer."""
    about = changes.pop("settings", settings())
    factors = about.factors
    rng = np.random.default_rng(3)
    baseline = about.baseline().effective(factors)
    trials = [record(0, "baseline", baseline, skill(baseline), factors)]
    for recipe in sobol_design(factors, size=screen, seed=5) if screen else []:
        number = len(trials)
        value = skill(recipe.effective(factors)) + noise * rng.standard_normal()
        trials.append(record(number, "screen", recipe, value, factors, diverged=number % 13 == 5))
    for step in range(tune):
        number = len(trials)
        best = {**baseline, "learning_rate": 0.05 + 0.004 * step, "path_sampling": "fairnas"}
        value = skill(best) + noise * rng.standard_normal()
        trials.append(record(number, "tune", Recipe(best), value, factors, pruned=step % 3 == 1))
    winner, truth, parameters = measured(Recipe({**baseline, "learning_rate": 0.05, "wsbn": False}), 1.0)
    reference, _, _ = measured(baseline, 3.0)
    kept = [t for t in trials if t.phase == "screen" and not t.diverged]
    screened = [t for t in trials if t.phase == "screen"]
    recipes, values = [t.recipe for t in kept], np.array([t.value for t in kept], dtype=float)
    answer = Answer(
        name=name,
        storage="sqlite:///runs/wsnas.db",
        settings=about,
        origin="a table made up for tests",
        progress=progress(Stage.DONE, 10, 10),
        trials=tuple(trials),
        winner=winner,
        baseline=reference,
        gain=gain_estimate(winner.accuracies, reference.accuracies, truth),
        truth=truth,
        parameters=parameters,
        flops=parameters**1.1 + 3e4,
        trials_truth=truth[::-1],
        ceiling=Ceiling(mean=0.93, low=0.91, high=0.95, source="the measurements repeated"),
        reference_rankers={
            "parameters": tau_estimate(parameters, truth),
            "FLOPs": tau_estimate(parameters**1.1 + 3e4, truth),
        },
        recipe_deviation=float(values.std(ddof=1)) if len(values) > 1 else None,
        seed_deviation=0.05,
        importance=factor_importance(factors, recipes, values, seed=0, rounds=50),
        effects=factor_effects(
            factors, recipes, values, seed=0, rounds=50, seconds=np.array([t.seconds for t in kept])
        ),
        interactions=pair_interactions(factors, recipes, values, seed=0, rounds=50),
        divergence=divergence_rates(factors, [t.recipe for t in screened], [t.diverged for t in screened]),
        search=Search(
            method="random",
            picks=tuple(
                Pick(
                    architecture=NB201,
                    supernet_accuracy=0.41 - 0.01 * i,
                    truth=0.937 - 0.002 * i,
                    rank=41 + i,
                )
                for i in range(10)
            ),
            searched=500,
            known=500,
            supernets=1,
            table="analog-nasbench",
            table_size=15625,
            space_size=15625,
            best_truth=0.9437,
            best_searched=None,
            spent_truth=0.9412,
            draws=10,
        ),
    )
    return replace(answer, **changes)


def progress(stage, done, total):
    return Progress(stage=stage, total=total, done=done, pruned=0, running=0, given_up=0)


@cache
def no_gain():
    """A winner that is not shown to beat the baseline."""
    answer = complete()
    return replace(answer, gain=replace(answer.gain, mean=0.02, low=-0.05, high=0.09))


@cache
def one_seed():
    answer = complete()
    accuracies = answer.winner.accuracies[:1]
    skdt = tau_estimate(accuracies, answer.truth)
    return replace(
        answer, winner=replace(answer.winner, accuracies=accuracies, skdt=skdt), seed_deviation=None
    )


def unconfirmed(**changes):
    """Trials are still running."""
    parts = {"winner": None, "baseline": None, "gain": None, "seed_deviation": None, "search": None}
    return complete(**{**parts, "progress": progress(Stage.TRIALS, 45, 60), **changes})


@cache
def tiny():
    """Two trials."""
    return unconfirmed(screen=1, tune=0, progress=progress(Stage.TRIALS, 2, 24))


@cache
def empty():
    """A study before its first trial ended."""
    return unconfirmed(screen=0, tune=0, trials=(), progress=progress(Stage.TRIALS, 0, 24))


@cache
def constant():
    """All values are alike, as when every super-net is untrained."""
    answer = unconfirmed()
    trials = tuple(replace(t, value=0.0, curve={50: 0.0}, diverged=False) for t in answer.trials)
    kept = [t.recipe for t in trials if t.phase == "screen"]
    factors, zeros = answer.settings.factors, np.zeros(len(kept))
    flat = replace(complete().winner, accuracies=np.full((2, ARCHITECTURES), 0.1))
    flat = replace(flat, skdt=tau_estimate(flat.accuracies, answer.truth))
    return replace(
        answer,
        trials=trials,
        winner=flat,
        baseline=replace(flat, recipe=answer.settings.baseline().effective(factors)),
        gain=gain_estimate(flat.accuracies, flat.accuracies, answer.truth),
        recipe_deviation=0.0,
        seed_deviation=0.0,
        importance=factor_importance(factors, kept, zeros, seed=0),
        effects=factor_effects(factors, kept, zeros, seed=0),
        interactions=(),
        divergence=(),
    )


@cache
def all_bad():
    """Every trial diverged or was pruned."""
    answer = unconfirmed()
    trials = tuple(
        replace(t, value=-1.0, diverged=True, curve={})
        if t.number % 2
        else replace(t, value=None, diverged=False)
        for t in answer.trials
    )
    return replace(answer, trials=trials, importance=(), effects=(), interactions=(), recipe_deviation=None)


@cache
def baseline_wins():
    answer = complete()
    best = replace(answer.winner, recipe=answer.settings.baseline().effective(answer.settings.factors))
    return replace(
        answer,
        winner=best,
        baseline=best,
        gain=gain_estimate(best.accuracies, best.accuracies, answer.truth),
    )


CASES = {
    make.__name__: make
    for make in (complete, no_gain, one_seed, unconfirmed, tiny, empty, constant, all_bad, baseline_wins)
}


def tiny_named(name, about):
    return unconfirmed(screen=1, tune=0, name=name, settings=about)
