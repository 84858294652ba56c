"""Which trials pictures show, and how they tell phases apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.pictures.style import BLUE, ORANGE, QUIET, dots
from studies.schedule.plan import BASELINE, TUNE
from studies.schedule.screen.measured import SCREEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes

    from studies.report.answer import Answer, TrialRecord

ACCURACY, PICKED = "supernet_accuracy_mean", "top_10_truth"
"""User attributes of a trial: the super-net's mean accuracy, and the mean truth of its ten favourites."""
BY_ACCURACY, BY_CROSS_ENTROPY = "sparse_kendall_tau_by_accuracy", "sparse_kendall_tau_by_cross_entropy"
"""The same: s-KdT by either score."""
_PHASES = {BASELINE: (ORANGE, "D"), TUNE: (BLUE, "s"), SCREEN: (QUIET, "o")}
"""Colour and marker of each phase."""


def usable(answer: Answer) -> list[TrialRecord]:
    """Return the trials with a final value that did not diverge, by number."""
    return [trial for trial in answer.trials if trial.usable]


def screen_trials(answer: Answer) -> list[TrialRecord]:
    """Return the usable trials of the screen, by number."""
    return [trial for trial in usable(answer) if trial.phase == SCREEN]


def final(trial: TrialRecord) -> float:
    """Return a trial's final value; NaN where it has none."""
    return np.nan if trial.value is None else trial.value


def last_value(trial: TrialRecord) -> float | None:
    """Return the final value, or that at the last rung of a pruned trial."""
    if trial.value is not None or not trial.curve:
        return trial.value
    return trial.curve[max(trial.curve)]


def per_cent(trial: TrialRecord, attribute: str) -> float:
    """Return a share among a trial's user attributes in per cent; NaN where it is no number."""
    value = trial.attributes.get(attribute)
    return 100 * float(value) if isinstance(value, (int, float)) else np.nan


def has(trial: TrialRecord, *attributes: str) -> bool:
    """Return whether these user attributes are all numbers."""
    return not any(np.isnan(per_cent(trial, attribute)) for attribute in attributes)


def by_phase(trials: Sequence[TrialRecord]) -> Iterator[tuple[str, str, str, list[TrialRecord]]]:
    """Yield the name, colour, marker and trials of each phase that has any."""
    for phase, (colour, marker) in _PHASES.items():
        chosen = [trial for trial in trials if trial.phase == phase]
        if chosen:
            yield phase, colour, marker, chosen


def phase_dots(
    axes: Axes,
    trials: Sequence[TrialRecord],
    x: Callable[[TrialRecord], float],
    y: Callable[[TrialRecord], float] = final,
    *,
    size: float = 5.5,
) -> None:
    """Draw a mark for each trial, told apart by phase."""
    for phase, colour, marker, chosen in by_phase(trials):
        across, up = [x(trial) for trial in chosen], [y(trial) for trial in chosen]
        dots(axes, across, up, colour=colour, marker=marker, name=phase, size=size)
