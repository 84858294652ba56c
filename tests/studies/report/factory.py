"""Synthetic answers, in every state that a report may meet."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from objectives.domains import Categorical
from objectives.question.scales import load_scale, scaled_catalogue
from objectives.recipe import Recipe
from studies.analysis.estimates import tau_estimate
from studies.analysis.screen import change_effects, seed_runs
from studies.analysis.wide import divergence_rates, factor_effects, factor_importance, pair_interactions
from studies.report import measure
from studies.report.answer import Answer, TrialRecord
from studies.schedule.screen.changes import changes_around
from studies.schedule.screen.measured import MeasuredChange, MeasuredScreen
from studies.schedule.screen.sobol import sobol_design
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


def pool():
    """Truth, parameter counts and FLOPs of the fresh architectures."""
    rng = np.random.default_rng(7)
    truth = np.round(0.80 + 0.14 * rng.beta(4, 2, ARCHITECTURES), 3)
    parameters = 1e5 * np.exp(standard(truth) + 0.9 * rng.standard_normal(ARCHITECTURES))
    return truth, parameters, parameters**1.1 + 3e4


def standard(values):
    return (values - values.mean()) / values.std()


def measured(recipe, noise, *, seeds=5):
    truth, *_ = pool()
    rng = np.random.default_rng(8)
    return with_runs(recipe, 0.05 * (standard(truth) + noise * rng.standard_normal((seeds, len(truth)))))


def with_runs(recipe, predicted):
    truth, parameters, flops = pool()
    return measure.measured(
        recipe,
        predicted=predicted,
        accuracies=0.3 + predicted,
        truth=truth,
        parameters=parameters,
        flops=flops,
        seeds=tuple(range(len(predicted))),
        diverged=0,
        seconds=63.2,
    )


NOISE = {
    "path_dropout": 6.0,
    "bn_statistics=tracked": 4.0,
    "ofa_kernel": 0.35,
    "epochs": 1.4,
    "learning_rate": 1.2,
}
"""How noisy super-nets are with a change, where it does something; the reference's is 1."""


def seeds_of(name):
    """How many seeds a change has: some are still to come."""
    return {"weight_decay": 1, "batch_size": 0}.get(name.split("=")[0], 8)


@cache
def screened(about, *, noise=1.0, flat=False, begun=True):
    """A screen around the baseline: two factors hurt and one helps, unless super-nets are flat."""
    truth, *_ = pool()
    rng = np.random.default_rng(11)
    recipe = about.baseline().effective(about.factors)

    def runs(name, count, diverged=0):
        count, diverged = count * begun, diverged * begun
        own = noise * NOISE.get(name, NOISE.get(name.split("=")[0], 1.0))
        predicted = standard(truth) + own * rng.standard_normal((count, len(truth)))
        predicted *= not flat
        return seed_runs(predicted, truth, diverged=diverged)

    changes = changes_around(about.factors, recipe)
    reference = runs("", 16)
    moved = [
        runs(one.name, seeds_of(one.name), diverged=2 * one.name.startswith("learning_rate"))
        for one in changes
    ]
    effects = change_effects(reference, moved)
    return MeasuredScreen(
        recipe=recipe,
        reference=reference,
        changes=tuple(
            MeasuredChange(change=change, runs=one, effect=effect)
            for change, one, effect in zip(changes, moved, effects, strict=True)
        ),
    )


NO_WIDE = {"recipe_deviation": None, "importance": (), "effects": (), "interactions": (), "divergence": ()}


@cache
def complete(*, screen=32, tune=12, noise=0.04, name="nb201-mini", **changes):
    """A study that is done; `changes` replace fields of the answer."""
    about = changes.pop("settings", settings())
    factors = about.factors
    rng = np.random.default_rng(3)
    baseline = about.baseline().effective(factors)
    trials = [record(0, "baseline", baseline, skill(baseline), factors)]
    for step in range(tune):
        number = len(trials)
        best = {**baseline, "learning_rate": 0.05 + 0.004 * step, "path_sampling": "fairnas"}
        value = skill(best) + noise * rng.standard_normal()
        trials.append(record(number, "tune", Recipe(best), value, factors, pruned=step % 3 == 1))
    for recipe in screen_recipes(about, screen):
        number = len(trials)
        value = skill(recipe.effective(factors)) + noise * rng.standard_normal()
        trials.append(record(number, "screen", recipe, value, factors, diverged=number % 13 == 5))
    winner = measured(Recipe({**baseline, "learning_rate": 0.05, "wsbn": False}), 1.0)
    reference = measured(baseline, 3.0)
    truth, parameters, flops = pool()
    measured_screen = screened(about) if screen and about.screen == "changes" else None
    answer = Answer(
        name=name,
        storage="sqlite:///runs/wsnas.db",
        settings=about,
        origin="a table made up for tests",
        budget=len(trials),
        progress=progress(Stage.DONE, 10, 10),
        trials=tuple(trials),
        extra=(),
        foreign=0,
        winner=winner,
        baseline=reference,
        gain=measure.gain(winner, reference, truth),
        ensemble_gain=measure.ensemble_gain(winner, reference, truth),
        truth=truth,
        parameters=parameters,
        flops=flops,
        trials_truth=truth[::-1],
        ceiling=Ceiling(mean=0.93, low=0.91, high=0.95, source="the measurements repeated"),
        reference_rankers={
            "parameters": tau_estimate(parameters, truth),
            "FLOPs": tau_estimate(flops, truth),
        },
        reference_top_half={
            "parameters": measure.top_half(parameters, truth),
            "FLOPs": measure.top_half(flops, truth),
        },
        seed_deviation=0.05,
        screen=measured_screen,
        screen_by_accuracy=screened(about, noise=1.3) if measured_screen else None,
        **(wide(factors, trials) if about.screen == "sobol" else NO_WIDE),
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


def screen_recipes(about, count):
    if about.screen == "sobol":
        return sobol_design(about.factors, size=count, seed=5) if count else []
    changes = changes_around(about.factors, about.baseline().effective(about.factors))
    return [changes[number % len(changes)].parameters for number in range(count)]


def wide(factors, trials):
    """What the wide screen's trials say."""
    screened = [t for t in trials if t.phase == "screen"]
    kept = [t for t in screened if not t.diverged]
    recipes, values = [t.recipe for t in kept], np.array([t.value for t in kept], dtype=float)
    seconds = np.array([t.seconds for t in kept])
    return {
        "recipe_deviation": float(values.std(ddof=1)) if len(values) > 1 else None,
        "importance": factor_importance(factors, recipes, values, seed=0, rounds=50),
        "effects": factor_effects(factors, recipes, values, seed=0, rounds=50, seconds=seconds),
        "interactions": pair_interactions(factors, recipes, values, seed=0, rounds=50),
        "divergence": divergence_rates(factors, [t.recipe for t in screened], [t.diverged for t in screened]),
    }


def sobol(**more):
    """A study with a screen over the whole space."""
    return complete(settings=SOBOL, **more)


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
    winner = with_runs(answer.winner.recipe, answer.winner.predicted[:1])
    return replace(answer, winner=winner, seed_deviation=None)


def unconfirmed(**changes):
    """Trials are still running."""
    nothing = ("winner", "baseline", "gain", "ensemble_gain", "seed_deviation", "search")
    parts = dict.fromkeys(nothing)
    return complete(**{**parts, "progress": progress(Stage.SCREEN, 45, 60), **changes})


@cache
def tiny():
    """Two trials."""
    return unconfirmed(screen=0, tune=1, progress=progress(Stage.TUNE, 2, 24))


@cache
def reference_only():
    """A study that has a reference recipe and no run of the screen."""
    waiting = screened(settings(), begun=False)
    answer = unconfirmed(screen=0, progress=progress(Stage.SCREEN, 0, 30))
    return replace(answer, screen=waiting, screen_by_accuracy=waiting)


@cache
def empty():
    """A study before its first trial ended."""
    return unconfirmed(screen=0, tune=0, trials=(), progress=progress(Stage.TUNE, 0, 24))


def constant(**more):
    """All values are alike, as when every super-net is untrained."""
    answer = unconfirmed(**more)
    trials = tuple(replace(t, value=0.0, curve={50: 0.0}, diverged=False) for t in answer.trials)
    factors = answer.settings.factors
    flat = with_runs(complete().winner.recipe, np.full((2, ARCHITECTURES), 0.1))
    baseline = replace(flat, recipe=answer.settings.baseline().effective(factors))
    return replace(
        answer,
        trials=trials,
        winner=flat,
        baseline=baseline,
        gain=measure.gain(flat, baseline, answer.truth),
        ensemble_gain=measure.ensemble_gain(flat, baseline, answer.truth),
        seed_deviation=0.0,
        **about_screen(answer.settings, trials),
    )


def about_screen(about, trials):
    if about.screen == "sobol":
        return wide(about.factors, trials)
    return {"screen": screened(about, flat=True), "screen_by_accuracy": screened(about, flat=True)}


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
    return replace(answer, trials=trials, screen=None, screen_by_accuracy=None)


@cache
def baseline_wins():
    answer = complete()
    best = replace(answer.winner, recipe=answer.settings.baseline().effective(answer.settings.factors))
    return replace(
        answer,
        winner=best,
        baseline=best,
        gain=measure.gain(best, best, answer.truth),
        ensemble_gain=measure.ensemble_gain(best, best, answer.truth),
    )


SOBOL = settings(screen="sobol")
CASES = {
    make.__name__: make
    for make in (
        complete,
        sobol,
        no_gain,
        one_seed,
        unconfirmed,
        reference_only,
        tiny,
        empty,
        constant,
        all_bad,
        baseline_wins,
    )
}


def tiny_named(name, about):
    return unconfirmed(screen=0, tune=1, name=name, settings=about)
