"""A study's answer so far, gathered from the database for people and programs alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.trial import TrialState

from studies.analysis.estimates import Estimate, gain_estimate, tau_estimate
from studies.config.inputs import FRESH, TRIALS, load_pools, load_table
from studies.schedule import budget
from studies.schedule.confirmation import accuracies, confirmed, effective_recipe, winner
from studies.schedule.stages import progress_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from objectives.recipe import Recipe
    from studies.analysis import DivergenceRate, FactorEffect, FactorImportance, Interaction
    from studies.config.settings import StudySettings
    from studies.schedule.stages import Progress
    from studies.schedule.study import OpenStudy
    from wsnas.groundtruth import Ceiling
    from wsnas.ranking.pools import Pool

SEARCH = "search"
"""User attribute that keeps the outcome of the final search."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class TrialRecord:
    """A finished trial of screen or tune."""

    number: int
    """Optuna's number."""
    phase: str
    """``baseline``, ``screen`` or ``tune``."""
    recipe: Recipe
    """What was trained; defaults stand where a factor does not apply."""
    parameters: dict[str, Any]
    """What was suggested for every factor."""
    value: float | None
    """Final s-KdT; None where the trial was pruned."""
    curve: dict[int, float]
    """s-KdT at each rung, by per cent of the schedule."""
    diverged: bool
    """Whether the loss became NaN or infinite."""
    seconds: float
    """Time for training and ranking."""
    attributes: dict[str, Any]
    """All user attributes."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Measured:
    """A recipe measured with fresh seeds on fresh architectures."""

    recipe: Recipe
    """The recipe."""
    skdt: Estimate
    """Its s-KdT."""
    partial_tau: float
    """Mean partial tau given the parameter count."""
    accuracies: NDArray[np.float64]
    """Super-net accuracies, shape (seeds, architectures)."""
    seeds: tuple[int, ...]
    """Which confirmation seeds these are; diverged ones are left out."""
    diverged: int
    """How many seeds diverged."""
    seconds: float
    """Mean time for training and ranking."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Found:
    """An architecture that the final search picked."""

    architecture: str
    """Its canonical string."""
    supernet_accuracy: float
    """Accuracy that the super-nets give it, averaged over them."""
    truth: float
    """Its ground truth."""
    rank: int
    """Its rank by ground truth among all of the table, 1 for the best."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class SearchOutcome:
    """What random search on the winner's super-nets found; no ground truth was used to pick."""

    found: tuple[Found, ...]
    """The best by super-net accuracy, best first."""
    searched: int
    """How many random architectures were ranked."""
    table_size: int
    """How many architectures the table has."""
    best_truth: float
    """The best ground truth in the table."""
    spent_truth: float
    """The best ground truth among the architectures that the study's trials were scored on."""
    surpass_random: float
    """Probability that `surpass_draws` random architectures are all worse than the first pick."""
    surpass_draws: int
    """See `surpass_random`."""
    supernets: int = 1
    """Over how many super-nets accuracies were averaged; outcomes of older versions rest on one."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Answer:
    """Everything that a report shows."""

    name: str
    """The study's name."""
    storage: str
    """Address of the storage."""
    settings: StudySettings
    """What the study is about."""
    origin: str
    """Where the ground truth comes from."""
    progress: Progress
    """The stage the study is in."""
    trials: tuple[TrialRecord, ...]
    """Finished trials of screen and tune, by number."""
    winner: Measured | None
    """The confirmed best recipe; None before confirmation is complete."""
    baseline: Measured | None
    """The baseline, measured likewise."""
    gain: Estimate | None
    """Paired difference of the two."""
    truth: NDArray[np.float64]
    """Ground truth of the fresh architectures that both were measured on."""
    parameters: NDArray[np.float64]
    """Parameter counts of these architectures' networks."""
    flops: NDArray[np.float64]
    """Their FLOPs."""
    trials_truth: NDArray[np.float64]
    """Ground truth of the architectures that the trials are scored on."""
    ceiling: Ceiling | None
    """What a perfect ranker would reach against this table; None where it is not known."""
    reference_rankers: dict[str, Estimate]
    """s-KdT of trivial rankers on the same architectures: ``parameters`` and ``FLOPs``."""
    recipe_deviation: float | None
    """Standard deviation of s-KdT between the screen's recipes; diverged ones are left out."""
    seed_deviation: float | None
    """Standard deviation between seeds of one recipe, pooled over winner and baseline."""
    importance: tuple[FactorImportance, ...]
    """Factors by their share of variance, largest first."""
    effects: tuple[FactorEffect, ...]
    """What each factor's levels do."""
    interactions: tuple[Interaction, ...]
    """The three pairs of factors that most clearly act together; empty where there are too few trials."""
    divergence: tuple[DivergenceRate, ...]
    """How often the screen's trials diverged, by factor and level; empty where none did."""
    search: SearchOutcome | None
    """What the final search found; None before it ran."""


def gather(opened: OpenStudy, *, rounds: int = 200) -> Answer:
    """Gather a study's answer so far.

    Args:
        opened: The study.
        rounds: Bootstrap and permutation rounds of the analysis of factors.
    """
    from studies.analysis import divergence_rates, factor_effects, factor_importance, pair_interactions

    settings = opened.settings
    table = load_table(settings)
    pools = load_pools(settings)
    fresh = pools[FRESH]
    costs = opened.costs[FRESH]
    trials = tuple(_record(opened, trial) for trial in budget.counted(opened.study))
    best = winner(opened)
    measured = None if best is None else _measured(opened, best, fresh)
    baseline = _measured(opened, settings.baseline().effective(settings.factors), fresh)
    screen = [trial for trial in trials if trial.phase == "screen"]
    screened = [trial for trial in screen if _counts(trial)]
    recipes, values = [trial.recipe for trial in screened], [trial.value for trial in screened]
    seconds = [trial.seconds for trial in screened]
    outcome = opened.study.user_attrs.get(SEARCH)
    return Answer(
        name=opened.name,
        storage=opened.address.shown,
        settings=settings,
        origin=table.origin,
        ceiling=table.ceiling,
        progress=progress_of(opened),
        trials=trials,
        winner=measured,
        baseline=baseline,
        gain=_gain(measured, baseline, fresh.truth),
        truth=fresh.truth,
        parameters=costs[0],
        flops=costs[1],
        trials_truth=pools[TRIALS].truth,
        reference_rankers={
            "parameters": tau_estimate(costs[0], fresh.truth),
            "FLOPs": tau_estimate(costs[1], fresh.truth),
        },
        recipe_deviation=float(np.std([value for value in values if value is not None], ddof=1))
        if len(values) > 1
        else None,
        seed_deviation=_pooled([part.skdt for part in (measured, baseline) if part is not None]),
        importance=factor_importance(
            settings.factors, recipes, np.array(values, dtype=float), seed=settings.seed, rounds=rounds
        ),
        effects=factor_effects(
            settings.factors,
            recipes,
            np.array(values, dtype=float),
            seed=settings.seed,
            rounds=rounds,
            seconds=np.array(seconds),
        ),
        interactions=pair_interactions(
            settings.factors, recipes, np.array(values, dtype=float), seed=settings.seed, rounds=rounds
        ),
        divergence=divergence_rates(
            settings.factors, [trial.recipe for trial in screen], [trial.diverged for trial in screen]
        ),
        search=None if outcome is None else _outcome(outcome),
    )


def _counts(trial: TrialRecord) -> bool:
    return trial.value is not None and not trial.diverged


def _record(opened: OpenStudy, trial: Any) -> TrialRecord:
    attributes = trial.user_attrs
    return TrialRecord(
        number=trial.number,
        phase=attributes["phase"],
        recipe=effective_recipe(opened, trial),
        parameters=dict(trial.params),
        value=trial.value if trial.state is TrialState.COMPLETE else None,
        curve=dict(trial.intermediate_values),
        diverged=bool(attributes.get("diverged", False)),
        seconds=trial.duration.total_seconds() if trial.duration is not None else 0.0,
        attributes=dict(attributes),
    )


def _measured(opened: OpenStudy, recipe: Recipe, fresh: Pool) -> Measured | None:
    runs = confirmed(opened, recipe)
    whole = [run for run in runs if not run.user_attrs.get("diverged", False)]
    if not whole:
        return None
    predicted = np.array([accuracies(run) for run in whole])
    seconds = [run.duration.total_seconds() for run in whole if run.duration is not None]
    return Measured(
        recipe=recipe,
        skdt=tau_estimate(predicted, fresh.truth),
        partial_tau=float(np.mean([run.user_attrs["partial_tau_given_parameters"] for run in whole])),
        accuracies=predicted,
        seeds=tuple(run.user_attrs["number"] for run in whole),
        diverged=len(runs) - len(whole),
        seconds=float(np.mean(seconds)),
    )


def _gain(ours: Measured | None, theirs: Measured | None, truth: NDArray[np.float64]) -> Estimate | None:
    """Return the difference over the seeds that both were measured with."""
    if ours is None or theirs is None:
        return None
    common = [seed for seed in ours.seeds if seed in theirs.seeds]
    if not common:
        return None
    predicted, reference = (
        part.accuracies[[part.seeds.index(seed) for seed in common]] for part in (ours, theirs)
    )
    return gain_estimate(predicted, reference, truth)


def _pooled(estimates: list[Estimate]) -> float | None:
    several = [estimate for estimate in estimates if estimate.seeds > 1]
    if not several:
        return None
    freedom = sum(estimate.seeds - 1 for estimate in several)
    return float(
        (sum(estimate.seed_deviation**2 * (estimate.seeds - 1) for estimate in several) / freedom) ** 0.5
    )


def _outcome(text: str) -> SearchOutcome:
    values = json.loads(text)
    # Older outcomes name the one run whose super-net searched, newer ones all of them.
    own = {name: value for name, value in values.items() if name not in ("ticket", "tickets")}
    return SearchOutcome(**{**own, "found": tuple(Found(**entry) for entry in values["found"])})
