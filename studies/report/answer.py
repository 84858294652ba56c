"""What a study's answer holds, for people and programs alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from objectives.recipe import Recipe
    from studies.analysis.estimates import Estimate, Interval
    from studies.analysis.wide import DivergenceRate, FactorEffect, FactorImportance, Interaction
    from studies.config.settings import StudySettings
    from studies.schedule.screen.measured import MeasuredScreen
    from studies.schedule.stages import Progress
    from studies.search import Search
    from wsnas.groundtruth import Ceiling

SEARCH = "search"
"""User attribute that keeps the outcome of the final search."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class TrialRecord:
    """A finished trial of tune or screen."""

    number: int
    """Optuna's number."""
    phase: str
    """``baseline``, ``tune`` or ``screen``."""
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

    @property
    def usable(self) -> bool:
        """Whether it ended with a value and did not diverge."""
        return self.value is not None and not self.diverged


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """How well something ranks the fresh architectures; intervals cover seeds and architectures."""

    skdt: Interval
    """s-KdT by the study's score."""
    by_accuracy: Interval
    """The same by accuracy, which is what the paper ranks by."""
    partial_tau: Interval
    """Partial tau given the parameter count."""
    within_sizes: Interval
    """s-KdT among architectures of about the same parameter count (the same fifth)."""
    top_half: Interval
    """s-KdT among the better half of the architectures, which is what a search needs."""
    over: dict[str, Interval]
    """By how much its s-KdT is above that of counting ``parameters`` and ``FLOPs``, paired."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Measured:
    """A recipe measured with fresh seeds on fresh architectures."""

    recipe: Recipe
    """The recipe."""
    single: Ranking
    """One super-net, averaged over seeds."""
    ensemble: Ranking
    """The mean rank over all of them."""
    joint: Ranking
    """The ensemble and the count of FLOPs as two rankers of equal say: what training adds to counting."""
    values: tuple[float, ...]
    """s-KdT of each seed."""
    predicted: NDArray[np.float64]
    """What each super-net ranks by, higher for better, shape (seeds, architectures)."""
    accuracies: NDArray[np.float64]
    """Their accuracies, likewise."""
    seeds: tuple[int, ...]
    """Which confirmation seeds these are; diverged ones are left out."""
    diverged: int
    """How many seeds diverged."""
    seconds: float
    """Mean time for training and ranking."""


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
    budget: int
    """How many trials of tune and screen there will be."""
    progress: Progress
    """The stage the study is in."""
    trials: tuple[TrialRecord, ...]
    """Finished trials of tune and screen, by number."""
    extra: tuple[TrialRecord, ...]
    """Finished trials that somebody enqueued; no figure rests on them."""
    foreign: int
    """Trials that other programs have put into the study and run; they are left out altogether."""
    winner: Measured | None
    """The confirmed best recipe; None before confirmation is complete."""
    baseline: Measured | None
    """The baseline, measured likewise."""
    gain: Estimate | None
    """Difference of their single super-nets, paired over seeds."""
    ensemble_gain: Interval | None
    """Difference of their ensembles."""
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
    reference_top_half: dict[str, Interval]
    """Their s-KdT among the better half of the architectures."""
    seed_deviation: float | None
    """Standard deviation between seeds of one recipe, pooled over winner and baseline."""
    screen: MeasuredScreen | None
    """What single changes do at the reference; None before there is one, and in a wide screen."""
    screen_by_accuracy: MeasuredScreen | None
    """The same with super-nets that rank by accuracy."""
    recipe_deviation: float | None
    """Standard deviation of s-KdT between the recipes of a wide screen; diverged ones are left out.

    This and the next four are None or empty in a screen of single changes.
    """
    importance: tuple[FactorImportance, ...]
    """Factors by their share of variance, largest first."""
    effects: tuple[FactorEffect, ...]
    """What each factor's levels do, over the whole space."""
    interactions: tuple[Interaction, ...]
    """The three pairs of factors that most clearly act together; empty where there are too few trials."""
    divergence: tuple[DivergenceRate, ...]
    """How often the screen's trials diverged, by factor and level; empty where none did."""
    search: Search | None
    """What the final search found; None before it ran."""
