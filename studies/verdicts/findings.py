"""Everything that an ablation found so far, gathered from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.estimates import Estimate, tau_estimate
from studies.analysis.screen.intervals import LEAST_SEEDS
from studies.config.inputs import TRIALS, load_pools, load_table, pool_costs
from studies.verdicts.ablation import Ablation, plan
from studies.verdicts.claims import claims_about
from studies.verdicts.effects import Effect, effects, judgeable, measured, seed_correlation
from studies.verdicts.judge import judge
from studies.verdicts.measure import both_pools
from studies.verdicts.prediction import LEAST_RECIPES, Prediction, prediction
from studies.verdicts.store import read_question, read_result

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from objectives.recipe import Recipe
    from studies.verdicts.claims import Claim
    from studies.verdicts.effects import Measured
    from studies.verdicts.judge import Verdict
    from studies.verdicts.store import Question, Result
    from studies.verdicts.study_effects import StudyEffects
    from wsnas.groundtruth import Ceiling


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimFinding:
    """What became of a claim."""

    claim: Claim
    """The claim."""
    verdict: Verdict
    """Confirmed, refuted or undecided."""
    effects: tuple[Effect, ...]
    """One for each level; empty for the claim about all runs and where nothing was measured."""
    prediction: Prediction | None
    """For the claim about all runs."""
    unmeasured: str
    """Why levels are missing; empty where none is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecipeFinding:
    """What the runs of one recipe gave."""

    recipe: Recipe
    """The recipe."""
    skdt: Estimate
    """s-KdT with an interval of its own, over seeds and architectures."""
    accuracy_mean: float
    """Mean super-net accuracy, over seeds and architectures."""
    accuracy_best: float
    """Best super-net accuracy, the mean over seeds."""
    seconds: float
    """Mean time of a run."""
    images_seen: int
    """Mean number of images that a run passed."""
    diverged: int
    """Runs that diverged; they are left out of the above."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Findings:
    """What an ablation found."""

    question: Question
    """What it is about."""
    claims: tuple[ClaimFinding, ...]
    """The claims of the space."""
    recipes: tuple[RecipeFinding, ...]
    """The recipes that were run, the reference recipe first."""
    comparisons: int
    """How many intervals hold together."""
    runs: int
    """How many trainings."""
    seconds: float
    """What they took together."""
    architectures: int
    """How many were ranked."""
    reference_rankers: dict[str, Estimate]
    """s-KdT of ``parameters`` and ``FLOPs`` on the same architectures."""
    ceiling: Ceiling | None
    """The table's noise ceiling."""
    seed_correlation: float | None
    """See `studies.verdicts.effects.seed_correlation`."""
    study: StudyEffects | None
    """What a study found, where there is one."""


def gather(folder: Path, *, study: StudyEffects | None = None) -> Findings:
    """Gather what is finished; runs that others are at are left out."""
    question = read_question(folder)
    settings = question.settings
    ablation = plan(settings, question.reference)
    pool = both_pools(settings)
    results = _results(folder, ablation)
    recipes = {recipe: measured(runs, pool.truth) for recipe, runs in results.items() if runs}
    judged = judgeable(ablation.contrasts, recipes)
    balanced = _balanced(results)
    comparisons = len(judged) + (len(balanced) >= LEAST_RECIPES)
    found = effects(judged, recipes, comparisons=comparisons)
    half = len(load_pools(settings)[TRIALS])
    predicted = prediction(balanced, pool.truth, half, comparisons=comparisons)
    costs = pool_costs(settings, pool)
    every = [run for runs in results.values() for run in runs]
    return Findings(
        question=question,
        claims=tuple(_claim(claim, ablation, found, predicted) for claim in claims_about(settings.space)),
        recipes=tuple(
            _recipe(recipe, results[recipe], one, pool.truth)
            for recipe, one in recipes.items()
            if len(one.taus)
        ),
        comparisons=comparisons,
        runs=len(every),
        seconds=sum(run.seconds_training + run.seconds_ranking for run in every),
        architectures=len(pool),
        reference_rankers={
            "parameters": tau_estimate(costs[0], pool.truth),
            "FLOPs": tau_estimate(costs[1], pool.truth),
        },
        ceiling=load_table(settings).ceiling,
        seed_correlation=seed_correlation(recipes, ablation.reference),
        study=study,
    )


def _results(folder: Path, ablation: Ablation) -> dict[Recipe, list[Result]]:
    """Return all finished runs of the ablation's recipes, however many seeds were asked for."""
    from studies.verdicts.ablation import Run, digest

    found: dict[Recipe, list[Result]] = {}
    for recipe in ablation.recipes():
        numbers = (file.stem.rpartition("-")[2] for file in folder.glob(f"{digest(recipe)}-*.json"))
        runs = [Run(recipe=recipe, number=int(number)) for number in numbers if number.isdecimal()]
        results = (read_result(folder, run) for run in sorted(runs, key=lambda run: run.number))
        found[recipe] = [result for result in results if result is not None]
    return found


def _balanced(results: dict[Recipe, list[Result]]) -> list[list[Result]]:
    """Return as many whole runs of each recipe that has at least `LEAST_SEEDS` of them."""
    whole = [[run for run in runs if not run.diverged] for runs in results.values()]
    enough = [runs for runs in whole if len(runs) >= LEAST_SEEDS]
    least = min((len(runs) for runs in enough), default=0)
    return [runs[:least] for runs in enough]


def _claim(
    claim: Claim, ablation: Ablation, found: list[Effect], predicted: Prediction | None
) -> ClaimFinding:
    if not claim.factor:
        return ClaimFinding(
            claim=claim,
            verdict=judge(claim.kind, [] if predicted is None else [predicted]),
            effects=(),
            prediction=predicted,
            unmeasured="" if predicted else f"it wants {LEAST_RECIPES} recipes with {LEAST_SEEDS} seeds each",
        )
    ours = tuple(effect for effect in found if effect.contrast.claim.name == claim.name)
    asked = [contrast for contrast in ablation.contrasts if contrast.claim.name == claim.name]
    missing = [contrast for contrast in asked if contrast not in [effect.contrast for effect in ours]]
    reason = ablation.inapplicable.get(claim.name, "")
    if missing:
        names = ", ".join(contrast.name for contrast in missing)
        reason = f"fewer than {LEAST_SEEDS} whole seeds: {names}"
    return ClaimFinding(
        claim=claim,
        # A claim about several levels is not judged by some of them.
        verdict="undecided" if reason else judge(claim.kind, ours),
        effects=ours,
        prediction=None,
        unmeasured=reason,
    )


def _recipe(recipe: Recipe, runs: list[Result], one: Measured, truth: NDArray[np.float64]) -> RecipeFinding:
    whole = [run for run in runs if not run.diverged]
    return RecipeFinding(
        recipe=recipe,
        skdt=tau_estimate(np.array([run.correct for run in whole]), truth),
        accuracy_mean=float(np.mean([run.supernet_accuracy_mean for run in whole])),
        accuracy_best=float(np.mean([run.supernet_accuracy_best for run in whole])),
        seconds=float(np.mean([run.seconds_training + run.seconds_ranking for run in whole])),
        images_seen=round(float(np.mean([run.images_seen for run in whole]))),
        diverged=one.diverged,
    )
