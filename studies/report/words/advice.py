"""What to do, in one sentence, whatever a study has found so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.report.words.recommend import complete_trials, is_baseline

if TYPE_CHECKING:
    from studies.report.answer import Answer

_NO_CHOICE = " Do not choose architectures by such a super-net: its ranking may be chance."


def advice(answer: Answer) -> str:
    """Return what a reader who knows neither Optuna nor architecture search should do now."""
    if answer.winner is None:
        return _unconfirmed(answer)
    doubt = "" if answer.winner.skdt.low > 0 else _NO_CHOICE
    gain = answer.gain
    if is_baseline(answer):
        return f"So train this super-net with the baseline's values, which are the recipe below.{doubt}"
    if gain is None:
        return (
            "So use the recipe below for now, and run the study's command again: it goes on with what is "
            f"missing.{doubt}"
        )
    if gain.low > 0:
        return f"So train by the file best.toml, which lies beside the report.{doubt}"
    if gain.high < 0:
        return "So train with the baseline's values, not by the file best.toml: both stand below."
    return (
        "So keep the baseline recipe for now: nothing shows that changing it pays. "
        f"The same command with more trials (TRIALS) may find a recipe that does better.{doubt}"
    )


def _unconfirmed(answer: Answer) -> str:
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
