"""Which recipe an answer recommends, and how it differs from the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.analysis.wide.contrasts import show

if TYPE_CHECKING:
    from objectives.domains import Value
    from objectives.factors import Factor
    from objectives.recipe import Recipe
    from studies.report.answer import Answer, TrialRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One factor's value in the recommended recipe."""

    factor: Factor
    """The factor."""
    value: Value
    """Its value."""
    baseline: Value
    """Its value in the baseline."""
    held: bool
    """Whether the study never varied it."""
    in_force: bool
    """Whether it changes anything in the recipe."""

    @property
    def changed(self) -> bool:
        """Whether it differs from the baseline."""
        return self.value != self.baseline

    @property
    def remark(self) -> str:
        """A word on why the value is as it is, or nothing."""
        marks = (
            ("changed", self.changed),
            ("held", self.held),
            ("no effect in this recipe", not self.in_force),
        )
        return ", ".join(word for word, holds in marks if holds)

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """What tables show: name, value, the baseline's value and the remark."""
        return self.factor.name, show(self.value), show(self.baseline), self.remark


def complete_trials(answer: Answer) -> list[TrialRecord]:
    """Return the trials that ended with a value, best first; diverged ones are left out."""
    trials = [trial for trial in answer.trials if trial.usable]
    return sorted(trials, key=lambda trial: (-(trial.value or 0.0), trial.number))


def best_recipe(answer: Answer) -> Recipe | None:
    """Return the confirmed winner, else the screen's reference, else the best trial's recipe; None before."""
    if answer.winner is not None:
        return answer.winner.recipe
    if answer.screen is not None:
        return answer.screen.recipe
    trials = complete_trials(answer)
    return trials[0].recipe if trials else None


def settings_of(answer: Answer) -> tuple[Setting, ...]:
    """Return the recommended recipe, changed factors first; empty where there is none yet."""
    recipe = best_recipe(answer)
    if recipe is None:
        return ()
    factors = answer.settings.factors
    baseline = answer.settings.baseline().effective(factors)
    settings = [
        Setting(
            factor=factor,
            value=recipe[factor.name],
            baseline=baseline[factor.name],
            held=factor.held,
            in_force=factor.applies(recipe),
        )
        for factor in factors
    ]
    return tuple(sorted(settings, key=lambda setting: not setting.changed))


def is_baseline(answer: Answer) -> bool:
    """Return whether the recommended recipe is the baseline itself."""
    recipe = best_recipe(answer)
    return recipe is not None and recipe == answer.settings.baseline().effective(answer.settings.factors)
