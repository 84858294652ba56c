"""What each single change does at the reference recipe, in words. None may claim more than its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.intervals import LEAST_SEEDS
from studies.analysis.screen import MARGIN, factor_sizes
from studies.analysis.screen.allocation import FIRST_REFERENCE, reference_lacks
from studies.analysis.screen.looks import look, seeds_at
from studies.analysis.wide.contrasts import show
from studies.report.words.factor_lines import listed
from studies.report.words.wording import count_of, with_margin
from studies.schedule.screen.changes import INERT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studies.analysis.screen import ChangeEffect, FactorSize
    from studies.report.answer import Answer
    from studies.schedule.screen.measured import MeasuredChange

COLUMNS = ("factor", "change", "effect on s-KdT", "call", "seeds", "by accuracy", "the paper")
"""Of the table of changes."""
CANNOT_ACT = "cannot act here: what chance looks like"
INTERVALS = (
    "Effects are s-KdT with the change minus s-KdT of the reference recipe, on the same architectures. Their "
    "95 % intervals hold for all changes at once, and however often the study looked: helps and hurts "
    f"leave out 0, negligible lies within ±{MARGIN}, undecided is the rest and does not show that a change "
    "does nothing."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeLine:
    """What is known of one change, in words."""

    measured: MeasuredChange
    """The change and what it does."""
    other: ChangeEffect | None
    """What it does where super-nets rank by accuracy."""
    size: FactorSize | None
    """How large the factor's effects are; None where none is measured, and for the inert change."""
    paper: str
    """What the paper found."""

    @property
    def factor(self) -> str:
        """The factor."""
        return "nothing" if self.measured.change.factor == INERT else self.measured.change.factor

    @property
    def change(self) -> str:
        """Its value at the reference and here."""
        one = self.measured.change
        return "-" if one.factor == INERT else f"{show(one.reference)} → {show(one.alternative)}"

    @property
    def effect(self) -> ChangeEffect:
        """What it does."""
        return self.measured.effect

    @property
    def by_accuracy(self) -> str:
        """The same by accuracy, in words."""
        return "-" if self.other is None else short_effect(self.other)

    @property
    def acts(self) -> bool:
        """Whether it can act at all."""
        return self.measured.change.acts

    @property
    def called(self) -> bool:
        """Whether it is known to help or to hurt."""
        return self.acts and self.effect.call in ("helps", "hurts")

    @property
    def call(self) -> str:
        """The call in a word."""
        if not self.acts:
            return "inert"
        return self.effect.call if self.effect.mean is not None else "-"

    @property
    def seeds(self) -> str:
        """How many seeds it has."""
        lost = f" + {self.effect.diverged} diverged" if self.effect.diverged else ""
        return f"{self.effect.seeds}{lost}"

    @property
    def cells(self) -> tuple[str, ...]:
        """What tables show, by `COLUMNS`."""
        return (
            self.factor,
            self.change,
            effect_text(self.effect),
            self.call,
            self.seeds,
            self.by_accuracy,
            self.paper if self.acts else CANNOT_ACT,
        )


def effect_text(effect: ChangeEffect) -> str:
    """Return an effect with its interval; a dash before it has one."""
    if effect.mean is None or effect.low is None or effect.high is None:
        return "-"
    # s-KdT lies in [-1, 1]: an interval of few seeds may say no more than that.
    return f"{effect.mean:+.2f} [{max(effect.low, -2.0):.2f}, {min(effect.high, 2.0):.2f}]"


def short_effect(effect: ChangeEffect) -> str:
    """Return an effect with half the width of its interval; a dash before it has one."""
    if effect.mean is None or effect.low is None or effect.high is None:
        return "-"
    return with_margin(effect.mean, effect.low, effect.high)


def change_lines(answer: Answer) -> tuple[ChangeLine, ...]:
    """Return all changes: factors that help or hurt first, then by their size; the inert one last."""
    if answer.screen is None:
        return ()
    changes = answer.screen.changes
    acting = [one for one in changes if one.change.acts]
    sizes = factor_sizes([one.change.factor for one in acting], [one.effect for one in acting])
    others = answer.screen_by_accuracy
    same = {} if others is None else {one.change.name: one.effect for one in others.changes}
    papers = {factor.name: factor.verdict for factor in answer.settings.factors}
    lines = [
        ChangeLine(
            measured=one,
            other=same.get(one.change.name),
            size=sizes.get(one.change.factor) if one.change.acts else None,
            paper=papers.get(one.change.factor, ""),
        )
        for one in changes
    ]
    called = {line.factor for line in lines if line.called}

    def place(line: ChangeLine) -> tuple[bool, bool, float, str, float]:
        size = 0.0 if line.size is None else line.size.mean
        return not line.acts, line.factor not in called, -size, line.factor, -abs(line.effect.mean or 0.0)

    return tuple(sorted(lines, key=place))


def changes_summary(answer: Answer) -> str:
    """Return which heuristics matter at the reference recipe, and what is undecided."""
    lines = change_lines(answer)
    if not lines:
        return "The screen has not begun: nothing says yet which heuristics matter."
    acting = [line for line in lines if line.acts]
    if all(line.effect.mean is None for line in acting):
        return "The screen has too few seeds yet to say which heuristics matter."
    parts = [_calls(acting, "helps", "help"), _calls(acting, "hurts", "hurt")]
    said = "; ".join(filter(None, parts))
    text = f"Around the reference recipe {said}." if said else "No change is shown to help or to hurt."
    # A factor is as large as the largest of its changes: only all of them make it negligible.
    small = _whole_factors(acting, "negligible")
    if small:
        text += f" Within ±{MARGIN}, and so negligible: {listed(small)}."
    undecided = _whole_factors(acting, "undecided")
    if undecided:
        text += f" Undecided: {listed(undecided)}."
    return text + _warning(lines)


def _calls(lines: Sequence[ChangeLine], call: str, plural: str) -> str:
    found = [
        f"{line.factor} {line.change} ({effect_text(line.effect)})"
        for line in lines
        if line.effect.call == call
    ]
    return f"{listed(found)} {call if len(found) == 1 else plural}" if found else ""


def _whole_factors(lines: Sequence[ChangeLine], call: str) -> list[str]:
    calls: dict[str, set[str]] = {}
    for line in lines:
        calls.setdefault(line.factor, set()).add(line.effect.call)
    return [name for name, found in calls.items() if found == {call}]


def _warning(lines: Sequence[ChangeLine]) -> str:
    inert = [line for line in lines if not line.acts and line.effect.call in ("helps", "hurts")]
    if not inert:
        return ""
    return (
        f" Beware: the change that cannot act came out as {inert[0].effect.call} "
        f"({effect_text(inert[0].effect)}), so one of the calls may be chance, too."
    )


def more_trials(answer: Answer) -> str:
    """Return how many trials take what is undecided to its next look; nothing before the budget is spent."""
    if answer.screen is None or answer.progress.stage.value in ("tune", "selection", "screen"):
        return ""
    open_ = [
        one.effect
        for one in answer.screen.changes
        if one.change.acts and one.effect.call == "undecided" and one.effect.diverged <= one.effect.seeds
    ]
    if not open_:
        return ""
    # As the screen gives them: up to the next look, and to the reference, on which all differences lean.
    targets = [int(seeds_at(look(one.seeds) + (one.seeds >= LEAST_SEEDS))) for one in open_]
    known = len(answer.screen.reference.taus)
    more = sum(targets) - sum(one.seeds for one in open_)
    more += max(FIRST_REFERENCE - known, reference_lacks(known, np.array(targets)))
    total = answer.budget + more
    changes = count_of(len(open_), "undecided change")
    return (
        f"The same command with TRIALS={total} ({more} more) takes the {changes} to twice the seeds, or to "
        "the first two; small effects need more than that."
    )
