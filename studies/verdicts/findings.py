"""What a study's screen says of each claim so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.question.inputs import TRIALS, load_pools
from studies.analysis.intervals import LEAST_SEEDS
from studies.analysis.screen.looks import share
from studies.analysis.wide.contrasts import show
from studies.schedule.readings import diverged, effective_recipe, judged_by
from studies.schedule.screen.measured import CHANGES, measure_screen, screen_runs
from studies.verdicts.claims import claims_about
from studies.verdicts.judge import judge
from studies.verdicts.prediction import LEAST_RECIPES, prediction
from wsnas.errors import InputError

if TYPE_CHECKING:
    from objectives.domains import Value
    from objectives.recipe import Recipe
    from studies.config.settings import StudySettings
    from studies.schedule.screen.measured import MeasuredChange, MeasuredScreen
    from studies.schedule.study import OpenStudy
    from studies.verdicts.claims import Claim
    from studies.verdicts.judge import Verdict
    from studies.verdicts.prediction import Prediction
    from wsnas.ranking.judged import Judged


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Mean s-KdT at one level of a claim's factor minus that at another; None while seeds are too few."""

    level: Value
    """What the claim is about."""
    against: Value
    """The other level; one of the two is the reference's."""
    mean: float | None
    """The difference."""
    low: float | None
    """Lower end of its interval; all of a study's intervals hold together."""
    high: float | None
    """Upper end."""
    seeds: int
    """Whole seeds of the level that is not the reference's."""
    diverged: int
    """How many of its seeds diverged; they are left out of the difference."""

    @property
    def ends(self) -> tuple[float, float]:
        """The interval; infinite where nothing is known."""
        if self.low is None or self.high is None:
            return float("-inf"), float("inf")
        return self.low, self.high


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimFinding:
    """What became of a claim."""

    claim: Claim
    """The claim."""
    verdict: Verdict
    """Confirmed, refuted or undecided."""
    comparisons: tuple[Comparison, ...] = ()
    """One for each change of the screen that bears on it."""
    prediction: Prediction | None = None
    """For the claim about all runs."""
    reason: str = ""
    """Why there is nothing to judge it by; empty where there is."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Findings:
    """What a study's screen says of the paper's claims."""

    study: str
    """The study's name."""
    settings: StudySettings
    """What it is about."""
    screen: MeasuredScreen | None
    """Its screen; None before there is a reference recipe."""
    claims: tuple[ClaimFinding, ...]
    """The claims of the space."""
    spare: int
    """Changes of the screen that no claim is judged by; super-net accuracy's interval gets their error."""
    runs: int
    """Finished runs of the screen."""
    seconds: float
    """What they took together."""
    architectures: int
    """How many were ranked."""


def gather(opened: OpenStudy) -> Findings:
    """Judge the claims by the runs of a study's screen that are finished.

    Raises:
        InputError: its screen does not change one thing at a time.
    """
    settings = opened.settings
    if settings.screen != CHANGES:
        raise InputError(
            f"study {opened.name!r} was made with --screen {settings.screen}, so no run differs from another"
            " in one factor: claims want a study with --screen changes"
        )
    screen = measure_screen(opened)
    truth = load_pools(settings)[TRIALS].truth
    trials = screen_runs(opened)
    recipes: dict[Recipe, list[Judged]] = {}
    for trial in trials:
        if not diverged(trial):
            recipes.setdefault(effective_recipe(opened, trial), []).append(judged_by(trial))
    claims = claims_about(settings.space)
    found = {claim.name: judge_factor(claim, settings, screen) for claim in claims if claim.factor}
    # The inert change is always among the spare ones.
    every = 1 if screen is None else len(screen.changes)
    spare = every - sum(len(one.comparisons) for one in found.values())
    # Looked at anew whenever the runs have doubled, as each change is.
    spent = spare / every * float(share(sum(map(len, recipes.values())) / every))
    predicted = prediction(recipes.values(), truth, score=settings.sizes().score, comparisons=1 / spent)
    return Findings(
        study=opened.name,
        settings=settings,
        screen=screen,
        claims=tuple(found.get(claim.name) or judge_prediction(claim, predicted) for claim in claims),
        spare=spare,
        runs=len(trials),
        seconds=sum(trial.duration.total_seconds() for trial in trials if trial.duration is not None),
        architectures=len(truth),
    )


def verdict_rows(opened: OpenStudy) -> list[dict[str, str]] | None:
    """Return each claim's name and verdict; None where a study has no screen of single changes."""
    if opened.settings.screen != CHANGES:
        return None
    findings = gather(opened)
    if findings.screen is None:
        return None
    return [{"claim": one.claim.name, "verdict": one.verdict} for one in findings.claims]


def judge_factor(claim: Claim, settings: StudySettings, screen: MeasuredScreen | None) -> ClaimFinding:
    """Judge a claim about a factor by the changes of the screen that bear on it."""
    changes = () if screen is None else screen.changes
    ours = [one for one in changes if one.change.factor == claim.factor and one.change.acts]
    found = [(one, claim.sense(one.change.alternative, one.change.reference)) for one in ours]
    comparisons = tuple(_comparison(one, sense) for one, sense in found if sense)
    return ClaimFinding(
        claim=claim,
        verdict=judge(claim.kind, [one.ends for one in comparisons]),
        comparisons=comparisons,
        reason="" if comparisons else _reason(claim, settings, screen, moves=bool(ours)),
    )


def judge_prediction(claim: Claim, predicted: Prediction | None) -> ClaimFinding:
    """Judge the claim about what predicts a search."""
    return ClaimFinding(
        claim=claim,
        verdict=judge(claim.kind, [] if predicted is None else [(predicted.low, predicted.high)]),
        prediction=predicted,
        reason="" if predicted else f"it wants {LEAST_RECIPES} recipes with {LEAST_SEEDS} whole seeds each",
    )


def _comparison(one: MeasuredChange, sense: int) -> Comparison:
    change, effect = one.change, one.effect
    turned = sense < 0
    mean, low, high = effect.mean, effect.low, effect.high
    if turned and mean is not None and low is not None and high is not None:
        mean, low, high = -mean, -high, -low
    return Comparison(
        level=change.reference if turned else change.alternative,
        against=change.alternative if turned else change.reference,
        mean=mean,
        low=low,
        high=high,
        seeds=effect.seeds,
        diverged=effect.diverged,
    )


def _reason(claim: Claim, settings: StudySettings, screen: MeasuredScreen | None, *, moves: bool) -> str:
    """Return why no change of the screen bears on a claim."""
    factor = {factor.name: factor for factor in settings.factors}.get(claim.factor)
    if factor is None:
        return f"{settings.space} has no {claim.factor}"
    if factor.held:
        return f"{factor.name} is held at {show(factor.default)} in this study"
    if screen is None:
        return "the study has no reference recipe yet"
    here = f"the reference recipe ({factor.name} {show(screen.recipe[factor.name])})"
    return f"no change compares what it is about with {here}" if moves else f"no change of it acts at {here}"
