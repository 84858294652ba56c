"""What a study of one's own says, and what it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.trial import TrialState

from studies.analysis.wide.contrasts import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optuna.trial import FrozenTrial

    from studies.report.own.study import OwnStudy

NAMES = {
    "sparse_kendall_tau": "s-KdT",
    "seconds": "seconds",
    "parameters": "parameters",
    "images_seen": "images seen",
}
"""How values are called."""


def answer(own: OwnStudy) -> str:
    """Return which trials are best so far."""
    if not own.front:
        return "No trial is complete yet."
    best = own.front[0]
    found = f"{len(own.usable)} complete trial{'s' * (len(own.usable) > 1)}"
    if len(own.metrics) == 1:
        return f"Best of {found}: s-KdT {best.values[0]:.3f} in trial {best.number}."
    beside = " and ".join(NAMES[name] for name in own.metrics[1:])
    return (
        f"No other of {found} beats these {len(own.front)} in s-KdT and {beside}: from s-KdT"
        f" {best.values[0]:.3f} (trial {best.number}) to {own.front[-1].values[0]:.3f}"
        f" (trial {own.front[-1].number})."
    )


def unknown(own: OwnStudy) -> tuple[str, ...]:
    """Return what cannot be known of such a study, a sentence or two each."""
    space, scale, seed = own.settings.space, own.settings.scale, own.settings.seed
    diverged = sum(one.state is TrialState.COMPLETE for one in own.trials) - len(own.usable)
    pruned = len(own.trials) - len(own.usable) - diverged
    left = [f"{number} {what}" for number, what in ((pruned, "pruned"), (diverged, "diverged")) if number]
    fresh = (
        ""
        if own.pool == "fresh"
        else f' and fresh architectures: objective_for("{space}", scale="{scale}", seed={seed},'
        ' pool="fresh") ranks those'
    )
    return (
        "Not confirmed: the best of many trials with a seed each is partly luck. How good it is shows with"
        f" fresh seeds{fresh}.",
        "No screen: what a single change of a recipe does is not known. Shares are of main effects over the"
        " recipes that the sampler chose, which are no design; where it looked only here or there, they say"
        " little.",
        *((f"Left out of shares and differences: {' and '.join(left)} trials.",) if left else ()),
    )


def values(own: OwnStudy, trial: FrozenTrial) -> list[str]:
    """Return a trial's values as they are shown."""
    return [f"{trial.values[0]:.3f}", *(f"{value:,.6g}" for value in trial.values[1:])]


def value_names(own: OwnStudy) -> Sequence[str]:
    """Return what its values are called."""
    return [NAMES[name] for name in own.metrics]


def changed(own: OwnStudy, trial: FrozenTrial) -> str:
    """Return what a trial's recipe changes of the baseline."""
    baseline = own.settings.baseline()
    recipe = own.recipe(trial)
    found = [f"{name} {show(value)}" for name, value in recipe.items() if value != baseline[name]]
    return ", ".join(found) if found else "the baseline"
