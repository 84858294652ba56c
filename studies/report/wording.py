"""The sentences that terminal, HTML and dashboard share. None may claim more than its figures show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.report.recommend import complete_trials, is_baseline

if TYPE_CHECKING:
    from objectives.domains import Value
    from studies.answer import Answer
    from studies.estimates import Estimate

METRIC = (
    "s-KdT (sparse Kendall-Tau) says how well the super-net's ranking of architectures agrees with their "
    "true accuracies: 1 is the same order, 0 is no relation, below 0 is backwards."
)
NOT_TOLD_APART = "not told apart at this budget"


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorLine:
    """What is known of one factor, in words."""

    name: str
    """The factor."""
    share: str
    """Share of the variance with its interval."""
    told_apart: bool
    """Whether the factor stands out from inert ones."""
    finding: str
    """Which value is better and by how much, or that it is not told apart."""
    equal_compute: str
    """The same at equal seconds; empty where it says nothing else."""
    paper: str
    """What the paper found."""


def show_value(value: Value) -> str:
    """Return a factor's value as a person reads it."""
    from studies.analysis.contrasts import show

    return show(value)


def interval(estimate: Estimate) -> str:
    """Return a mean with its interval."""
    return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def seeds(count: int) -> str:
    """Return a number of seeds in words."""
    return "one seed" if count == 1 else f"{count} seeds"


def headline(answer: Answer) -> str:
    """Return what to do, for a reader who knows neither Optuna nor architecture search."""
    if answer.winner is None:
        return _unconfirmed(answer)
    skdt = answer.winner.skdt
    measured = f"s-KdT {interval(skdt)} ({_scope(skdt)})"
    doubt = "" if skdt.low > 0 else " This interval does not show that the ranking is better than chance."
    if is_baseline(answer):
        return (
            "Keep the baseline recipe: no other recipe that was tried did better when it was run again. "
            f"On fresh architectures it ranks them at {measured}.{doubt}"
        )
    gain = answer.gain
    if gain is None:
        return (
            "Train this super-net by the recipe below, though it is not yet compared with the baseline: "
            f"on fresh architectures it ranks them at {measured}.{doubt}"
        )
    if gain.low > 0:
        return (
            "Train this super-net by the recipe below: on fresh architectures it ranks them at "
            f"{measured}, {interval(gain)} above the baseline.{doubt}"
        )
    if gain.high < 0:
        return (
            "Keep the baseline: the best recipe of the search did worse than it when both were measured "
            f"afresh, by {-gain.mean:.2f} [{-gain.high:.2f}, {-gain.low:.2f}] ({_scope(gain)})."
        )
    return (
        "This study does not show that its best recipe beats the baseline: the difference is "
        f"{interval(gain)}, which includes 0. On fresh architectures the recipe below ranks them at "
        f"{measured}.{doubt}"
    )


def _scope(estimate: Estimate) -> str:
    if estimate.seeds == 1:
        return "one seed: the interval covers architectures only, not seeds"
    return f"{estimate.seeds} fresh seeds"


def _unconfirmed(answer: Answer) -> str:
    progress = answer.progress
    stages = {
        "trials": "still trying recipes",
        "selection": "running its best recipes again to choose one",
        "confirmation": "measuring the chosen recipe and the baseline afresh",
        "done": "over, but without a confirmed recipe",
    }
    runs = "run" if progress.total == 1 else "runs"
    state = f"{stages[progress.stage.value]} ({progress.done} of {progress.total} {runs} done)"
    trials = complete_trials(answer)
    if not trials:
        return f"No answer yet: the study is {state}, and no recipe has a value so far."
    best = trials[0]
    count = "the only trial with a value" if len(trials) == 1 else f"the best of {len(trials)} trials"
    return (
        f"No confirmed answer yet: the study is {state}. So far {count} reached s-KdT {best.value:.2f} "
        f"(trial {best.number}, one seed). "
        + (
            "Nothing shows yet how far chance had a hand in it."
            if len(trials) == 1
            else "That figure is optimistic: the best of many is partly luck."
        )
    )


def company(answer: Answer) -> str:
    """Return how the super-net compares with counting parameters and FLOPs on the same architectures."""
    parts = []
    counted = answer.company.get("parameters")
    if counted is not None:
        parts.append(f"counting parameters alone reaches {interval(counted)}")
    flops = answer.company.get("FLOPs")
    if flops is not None:
        parts.append(f"counting FLOPs {interval(flops)}")
    if not parts:
        return ""
    text = "On the same fresh architectures " + ", ".join(parts) + ", without any training."
    if answer.winner is None:
        return text
    from studies.estimates import gain_estimate

    over = gain_estimate(answer.winner.accuracies, answer.parameters, answer.truth)
    verdict = "beats" if over.low > 0 else "does not beat" if over.high < 0 else "is not shown to beat"
    return (
        f"{text} The super-net of the recipe {verdict} counting parameters (difference {interval(over)}); "
        f"with the parameter count held equal its partial tau is {answer.winner.partial_tau:.2f}."
    )


def signal(answer: Answer) -> str:
    """Return how the spread between recipes compares with that between seeds of one recipe."""
    recipes, one = answer.recipe_deviation, answer.seed_deviation
    if recipes is None:
        return "Too few recipes of the screen have a value to say how much recipes differ."
    text = f"Recipes of the screen differ in s-KdT by a standard deviation of {recipes:.3f} (one seed each)"
    if one is None:
        return f"{text}; how much seeds of one recipe differ is not measured yet."
    text += f", seeds of one recipe by {one:.3f}"
    return f"{text}: a ratio of {recipes / one:.1f}." if one > 0 else f"{text}."


def search_summary(answer: Answer) -> str:
    """Return what the final search found and how good that is."""
    outcome = answer.search
    if outcome is None:
        return "The final search on the best super-net has not run yet."
    if not outcome.found:
        return "The final search found no architecture."
    first = outcome.found[0]
    return (
        f"Among {_many(outcome.searched, 'random architecture')} the super-net likes best one with a true "
        f"accuracy of {first.truth:.2%}: rank {first.rank:,} of {outcome.table_size:,} in the table, "
        f"{100 * (outcome.best_truth - first.truth):.2f} percentage points below the best. "
        f"No ground truth was used to pick it. The probability that the best of "
        f"{_many(outcome.surpass_draws, 'architecture')} drawn blindly is worse is "
        f"{outcome.surpass_random:.2f}. For comparison: the best of the architectures whose truth the trials "
        f"were scored on has {outcome.spent_truth:.2%}."
    )


def _many(count: int, noun: str) -> str:
    return f"one {noun}" if count == 1 else f"{count:,} {noun}s"


def trials_summary(answer: Answer) -> str:
    """Return how many trials the answer rests on."""
    pruned = sum(trial.value is None for trial in answer.trials)
    diverged = sum(trial.diverged for trial in answer.trials)
    screened = sum(trial.phase == "screen" and trial.value is not None for trial in answer.trials)
    return (
        f"{_many(len(answer.trials), 'trial')} finished, {pruned} of them stopped early and {diverged} "
        f"diverged; {screened} belong to the screen, from which factors are ranked."
    )


def factor_lines(answer: Answer) -> tuple[FactorLine, ...]:
    """Return what is known of each factor that varied, the most important first."""
    effects = {effect.name: effect for effect in answer.effects}
    verdicts = {factor.name: factor.verdict for factor in answer.settings.factors}
    lines = []
    for one in answer.importance:
        effect = effects.get(one.name)
        finding = one.note or NOT_TOLD_APART
        if one.told_apart:
            finding = "stands out" if effect is None else effect.equal_recipe.text
        compute = None if effect is None else effect.equal_compute
        differs = one.told_apart and compute is not None and compute.text != finding
        lines.append(
            FactorLine(
                name=one.name,
                share="unknown" if one.note else f"{one.share:.0%} [{one.low:.0%}, {one.high:.0%}]",
                told_apart=one.told_apart,
                finding=finding,
                equal_compute=compute.text if differs and compute is not None else "",
                paper=verdicts.get(one.name, ""),
            )
        )
    return tuple(lines)


def factors_summary(answer: Answer) -> str:
    """Return which factors matter, as far as this study can tell."""
    lines = factor_lines(answer)
    if not lines:
        return "No factor varied in this study."
    apart = [line.name for line in lines if line.told_apart]
    rest = len(lines) - len(apart)
    if not apart:
        return (
            f"None of the {len(lines)} factors is told apart from chance at this budget: nothing here says "
            "which matters, nor that they do not."
        )
    listed = apart[0] if len(apart) == 1 else f"{', '.join(apart[:-1])} and {apart[-1]}"
    text = f"{listed} {'matters' if len(apart) == 1 else 'matter'}"
    if rest == 0:
        return f"{text}."
    others = "the other one is" if rest == 1 else f"the other {rest} are"
    return f"{text}; {others} not told apart at this budget, which does not show that they do nothing."
