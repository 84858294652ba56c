"""Which heuristics matter, of whichever screen a study has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.report.words.change_lines import change_lines, changes_summary, effect_text, more_trials
from studies.report.words.factor_lines import factor_lines, factors_summary

if TYPE_CHECKING:
    from studies.report.answer import Answer


def is_wide(answer: Answer) -> bool:
    """Return whether the study screens the whole space and not single changes."""
    return answer.settings.screen == "sobol"


def what_matters(answer: Answer) -> str:
    """Return which heuristics matter, what is undecided and what more trials would do."""
    if is_wide(answer):
        return factors_summary(answer)
    return " ".join(filter(None, (changes_summary(answer), more_trials(answer))))


def findings(answer: Answer) -> dict[str, str]:
    """Return what is known to help or to hurt, by factor; the most important first."""
    if is_wide(answer):
        return {line.name: line.finding for line in factor_lines(answer) if line.significant}
    found: dict[str, list[str]] = {}
    for line in change_lines(answer):
        if line.called:
            said = f"{line.change} {line.effect.call}: {effect_text(line.effect)}"
            found.setdefault(line.factor, []).append(said)
    return {name: "; ".join(said) for name, said in found.items()}
