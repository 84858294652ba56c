"""What a study found of the claims' factors by itself: shown beside the verdicts, never mixed into them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from objectives.domains import Categorical
from objectives.recipe import Recipe
from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from objectives.domains import Value
    from objectives.factors import Factor
    from studies.schedule.study import OpenStudy


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyEffects:
    """A study's findings by factor."""

    source: str
    """Which study."""
    trials: int
    """How many trials of its screen the findings rest on."""
    findings: dict[str, str]
    """What it says of each factor, in words with intervals (95 %, each by itself)."""
    by_skdt: float
    """Kendall's tau over these trials between s-KdT and the mean truth of the super-net's ten favourites."""
    by_accuracy: float
    """The same with mean super-net accuracy; both on the architectures that s-KdT was measured on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trial:
    recipe: Recipe
    value: float
    accuracy: float
    found: float


def study_effects(opened: OpenStudy) -> StudyEffects:
    """Return what a study in a storage found."""
    from studies.report.gather import gather

    answer = gather(opened)
    trials = [
        _Trial(
            recipe=trial.recipe,
            value=trial.value,
            accuracy=float(trial.attributes["supernet_accuracy_mean"]),
            found=float(trial.attributes["top_10_truth"]),
        )
        for trial in answer.trials
        if trial.phase == "screen" and trial.value is not None and not trial.diverged
    ]
    findings = {effect.name: effect.text for effect in answer.effects}
    return _effects(f"study {opened.name}", findings, trials)


def exported_effects(path: Path, factors: tuple[Factor, ...]) -> StudyEffects:
    """Return what a study found whose trials `wsnas export` wrote as CSV.

    Raises:
        InputError: the file is missing, or it is not such a table of this space.
    """
    from studies.analysis import factor_effects

    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["phase"] == "screen"]
        usable = [row for row in rows if row["state"] == "complete" and row["diverged"] != "True"]
        trials = [_row(row, factors) for row in usable]
    except OSError as error:
        raise InputError(f"trials {path}: {error.strerror}") from error
    except (KeyError, ValueError, csv.Error) as error:
        raise InputError(f"trials {path}: no export of a study of this space ({error})") from error
    if not trials:
        raise InputError(f"trials {path}: no complete trial of a screen in it")
    findings = factor_effects(
        factors, [trial.recipe for trial in trials], [trial.value for trial in trials], seed=0
    )
    return _effects(str(path), {effect.name: effect.text for effect in findings}, trials)


def _row(row: dict[str, str], factors: tuple[Factor, ...]) -> _Trial:
    recipe = Recipe({factor.name: _value(factor, row[factor.name]) for factor in factors})
    return _Trial(
        recipe=recipe.effective(factors),
        value=float(row["value"]),
        accuracy=float(row["supernet_accuracy_mean"]),
        found=float(row["top_10_truth"]),
    )


def _value(factor: Factor, text: str) -> Value:
    domain = factor.domain
    if isinstance(domain, Categorical):
        by_text = {str(choice).lower(): choice for choice in domain.choices}
        if text.lower() not in by_text:
            raise ValueError(f"{factor.name} {text!r}: {domain} is what it can be")
        return by_text[text.lower()]
    return int(text) if domain.kind == "integer" else float(text)


def _effects(source: str, findings: dict[str, str], trials: Sequence[_Trial]) -> StudyEffects:
    from wsnas.ranking import kendall_tau

    values, accuracies, found = (
        np.array([getattr(trial, name) for trial in trials]) for name in ("value", "accuracy", "found")
    )
    enough = len(trials) > 1
    return StudyEffects(
        source=source,
        trials=len(trials),
        findings=findings,
        by_skdt=kendall_tau(values, found) if enough else 0.0,
        by_accuracy=kendall_tau(accuracies, found) if enough else 0.0,
    )
