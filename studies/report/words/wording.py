"""The sentences that terminal, HTML and dashboard share. None may claim more than its figures show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.analysis.wide.contrasts import show
from studies.report.trials import screen_trials
from studies.report.words.recommend import complete_trials, is_baseline, settings_of
from studies.report.words.reproduce import search_command
from studies.search.wording import CAUTION, standing

if TYPE_CHECKING:
    from studies.analysis.estimates import Interval
    from studies.report.answer import Answer

METRIC = (
    "s-KdT (sparse Kendall-Tau) says how well the super-net's ranking of architectures agrees with their "
    "true accuracies: 1 is the same order, 0 is no relation, below 0 is backwards."
)


def interval(estimate: Interval) -> str:
    """Return a mean with its interval."""
    return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def difference(estimate: Interval) -> str:
    """Return a difference with its interval; the sign is always there."""
    return f"{estimate.mean:+.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def with_margin(mean: float, low: float, high: float) -> str:
    """Return a difference with half the width of its interval, where a line has no room for both ends."""
    margin = (high - low) / 2
    return f"{mean:+.2f} ±{margin:.2f}" if margin < 1 else f"{mean:+.2f} ±>1"


def headline(answer: Answer) -> str:
    """Return what was found and what to do, for who knows neither Optuna nor architecture search."""
    return " ".join(filter(None, found_and_advice(answer)))


def found_and_advice(answer: Answer) -> tuple[str, str, str]:
    """Return the answer in one sentence, what else was found, and in one sentence what to do now."""
    if answer.winner is None:
        return *_unconfirmed(answer), _unconfirmed_advice(answer)
    part, gain = answer.winner, answer.gain
    skdt, seeds = part.single.skdt, len(part.values)
    measured = f"s-KdT {interval(skdt)} ({_scope(seeds)})"
    if seeds > 1:
        measured += f", and the mean rank of these {seeds} super-nets at {interval(part.ensemble.skdt)}"
    doubt, no_choice = "", ""
    if not skdt.low > 0:
        doubt = " This does not show that one super-net ranks better than chance."
        no_choice = " Do not choose architectures by such a super-net: its ranking may be chance."
    if is_baseline(answer):
        return (
            "Keep the baseline recipe: no other recipe that was tried did better when it was run again.",
            f"On fresh architectures one super-net ranks them at {measured}.{doubt}",
            f"So train this super-net with the baseline's values, which are the recipe below.{no_choice}",
        )
    if gain is None:
        return (
            "Train this super-net by the recipe below, though it is not yet compared with the baseline: "
            f"on fresh architectures one super-net ranks them at {measured}.",
            doubt.strip(),
            "So use the recipe below for now, and run the study's command again: it goes on with what is "
            f"missing.{no_choice}",
        )
    if gain.low > 0:
        return (
            "Train this super-net by the recipe below: on fresh architectures one super-net ranks them at "
            f"{measured}.",
            f"One super-net is {interval(gain)} above one of the baseline.{doubt}",
            f"So train by the file best.toml, which lies beside the report.{no_choice}",
        )
    if gain.high < 0:
        return (
            "Keep the baseline: the best recipe of the study did worse than it when both were measured "
            f"afresh, by {-gain.mean:.2f} [{-gain.high:.2f}, {-gain.low:.2f}] ({_scope(gain.seeds)}).",
            "",
            "So train with the baseline's values, not by the file best.toml: both stand below.",
        )
    return (
        "This study does not show that its best recipe beats the baseline: the difference is "
        f"{interval(gain)}, which includes 0.",
        f"On fresh architectures one super-net by the recipe below ranks them at {measured}.{doubt}",
        "So keep the baseline recipe for now: nothing shows that changing it pays. "
        "The study's command with --tune-more 30 (of make: TUNE_MORE=30) looks for a better one."
        f"{no_choice}",
    )


def _scope(seeds: int) -> str:
    if seeds == 1:
        return "one seed: the interval covers architectures only, not seeds"
    return f"{seeds} fresh seeds"


def _unconfirmed(answer: Answer) -> tuple[str, str]:
    progress = answer.progress
    stages = {
        "tune": "still trying recipes",
        "selection": "running its best recipes again to choose one",
        "screen": "moving factors around the chosen recipe",
        "recheck": "trying again what helps",
        "confirmation": "measuring the chosen recipe and the baseline afresh",
        "done": "over, but without a confirmed recipe",
    }
    runs = "run" if progress.total == 1 else "runs"
    state = f"{stages[progress.stage.value]} ({progress.done} of {progress.total} {runs} done)"
    trials = complete_trials(answer)
    if not trials:
        return f"No answer yet: the study is {state}, and no recipe has a value so far.", ""
    best = trials[0]
    count = "the only trial with a value" if len(trials) == 1 else f"the best of {len(trials)} trials"
    return (
        f"No confirmed answer yet: the study is {state}.",
        f"So far {count} reached s-KdT {best.value:.2f} (trial {best.number}, one seed). "
        + (
            "Nothing shows yet how far chance had a hand in it."
            if len(trials) == 1
            else "That figure is optimistic: the best of many is partly luck."
        ),
    )


def _unconfirmed_advice(answer: Answer) -> str:
    if answer.progress.stage.value == "done":
        return (
            "So keep the baseline, and look into worker-0.log for what failed: the study's command tries "
            "that again."
        )
    if answer.trials and not complete_trials(answer) and all(trial.diverged for trial in answer.trials):
        return "So lower the learning_rate (FIX or DOMAINS) in a new study: every trial diverged."
    return (
        "So use no recipe from here yet: run the study's command again, or let it run, until it says which "
        "one was confirmed."
    )


def changes(answer: Answer) -> str:
    """Return in what the recommended recipe differs from the baseline."""
    settings = settings_of(answer)
    if not settings or is_baseline(answer):
        return ""
    changed = [
        f"{one.factor.name} {show(one.value)} (baseline: {show(one.baseline)})"
        for one in settings
        if one.changed
    ]
    return f"What the recipe changes: {', '.join(changed)}."


def beside_reference(answer: Answer) -> str:
    """Return how the confirmed recipe differs from the one around which the screen moved factors."""
    if answer.winner is None or answer.screen is None:
        return ""
    ours, theirs = answer.winner.recipe, answer.screen.recipe
    moved = [
        f"{name} {show(value)} (there: {show(theirs[name])})"
        for name, value in ours.items()
        if value != theirs[name]
    ]
    if not moved:
        return "It is the reference recipe, around which the screen moved factors."
    return f"From the screen's reference recipe it differs in {', '.join(moved)}."


def search_summary(answer: Answer) -> str:
    """Return what the final search found and how good that is."""
    outcome = answer.search
    if outcome is None:
        way = (
            "so let wsnas study confirm a recipe first: it searches then by itself."
            if answer.winner is None
            else f"so run {search_command(answer)}."
        )
        return f"The final search on the best super-nets has not run yet, {way}"
    if not outcome.picks:
        return (
            "The final search found no architecture whose truth is known, so measure its first pick: "
            f"{search_command(answer, retrain=True)}."
        )
    judge = "the super-net" if outcome.supernets == 1 else f"the mean of {outcome.supernets} super-nets"
    return (
        f"Among {count_of(outcome.searched, 'random architecture')} {judge} likes best one with "
        f"{standing(outcome)}. "
        f"No ground truth was used to pick it. The probability that the best of "
        f"{count_of(outcome.draws, 'architecture')} drawn blindly is worse is "
        f"{outcome.surpass_random:.2f}. For comparison: the best of the architectures whose truth the trials "
        f"were scored on has {outcome.spent_truth:.2%}. {CAUTION}"
    )


def trials_summary(answer: Answer) -> str:
    """Return how many trials the answer rests on."""
    pruned = sum(trial.value is None for trial in answer.trials)
    diverged = sum(trial.diverged for trial in answer.trials)
    screened = len(screen_trials(answer))
    return (
        f"{count_of(len(answer.trials), 'trial')} finished, {pruned} of them stopped early and {diverged} "
        f"diverged; what is said of factors rests on {count_of(screened, 'usable trial')} of the screen."
        f"{_beside(answer)}"
    )


def _beside(answer: Answer) -> str:
    """Return what else the study holds: trials that no figure rests on."""
    others = [
        f"{count_of(number, 'more trial')} {how}"
        for number, how in (
            (len(answer.extra), "enqueued by hand"),
            (answer.foreign, "run by other programs"),
        )
        if number
    ]
    return f" Left out of every figure: {' and '.join(others)}." if others else ""


def count_of(count: int, noun: str) -> str:
    """Return a number and a noun in the right form."""
    return f"one {noun}" if count == 1 else f"{count:,} {noun}s"
