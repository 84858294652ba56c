"""What is known of each factor, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from studies.analysis.wide.contrasts import NOT_SIGNIFICANT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from objectives.question.asked import Question
    from studies.analysis.wide import FactorEffect, FactorImportance


class OverTheSpace(Protocol):
    """What was found of factors over the whole space."""

    @property
    def settings(self) -> Question:
        """What was asked."""

    @property
    def importance(self) -> tuple[FactorImportance, ...]:
        """Factors by their share of variance, largest first."""

    @property
    def effects(self) -> tuple[FactorEffect, ...]:
        """What each factor's levels do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorLine:
    """What is known of one factor, in words."""

    name: str
    """The factor."""
    share: str
    """Share of the variance with its interval."""
    top: str
    """Probability that the factor is among the three largest."""
    significant: bool
    """Whether the factor stands out from inert ones."""
    finding: str
    """Which value is better and by how much, or that it is not significant."""
    aside: str
    """What a single difference seems to say of a factor that is not significant; empty where nothing."""
    equal_compute: str
    """The same at equal seconds; empty where it says nothing else."""
    paper: str
    """What the paper found."""

    @property
    def said(self) -> str:
        """The finding with its aside."""
        return f"{self.finding}: {self.aside}" if self.aside else self.finding


def factor_lines(answer: OverTheSpace) -> tuple[FactorLine, ...]:
    """Return what is known of each factor that varied, the most important first."""
    effects = {effect.name: effect for effect in answer.effects}
    verdicts = {factor.name: factor.verdict for factor in answer.settings.factors}
    lines = []
    for one in answer.importance:
        effect = effects.get(one.name)
        # The analysis sees trials only: with few of them a factor may not have varied yet.
        finding = (one.note or NOT_SIGNIFICANT).replace("held at one value", "one value in all trials so far")
        if one.significant:
            finding = "stands out" if effect is None else effect.equal_recipe.text
        compute = None if effect is None else effect.equal_compute
        differs = one.significant and compute is not None and _gist(compute.text) != _gist(finding)
        lines.append(
            FactorLine(
                name=one.name,
                share="unknown" if one.note else f"{one.share:.0%} [{one.low:.0%}, {one.high:.0%}]",
                top="unknown" if one.note else f"{one.top:.0%}",
                significant=one.significant,
                finding=finding,
                aside="" if one.significant or effect is None else effect.equal_recipe.aside,
                equal_compute=compute.text if differs and compute is not None else "",
                paper=verdicts.get(one.name, ""),
            )
        )
    return tuple(lines)


def _gist(finding: str) -> str:
    """Return a finding without its intervals, which hardly ever agree to the last digit."""
    return re.sub(r"\[[^]]*\]", "", finding)


def listed(names: Sequence[str]) -> str:
    """Return names, at least one, as a sentence lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def factors_summary(answer: OverTheSpace) -> str:
    """Return which factors matter, as far as this study can tell."""
    lines = factor_lines(answer)
    if not lines:
        return "No factor varied in this study."
    apart = [line.name for line in lines if line.significant]
    rest = len(lines) - len(apart)
    if not apart:
        return (
            f"None of the {len(lines)} factors is significant at this budget: nothing here says "
            "which matters, nor that they do not."
        )
    text = f"{listed(apart)} {'matters' if len(apart) == 1 else 'matter'}"
    if rest == 0:
        return f"{text}."
    others = "the other one is" if rest == 1 else f"the other {rest} are"
    return f"{text}; {others} not significant at this budget, which does not show that they do nothing."
