"""What a study is going to take, and what its budget can tell apart, before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.analysis.screen.power import EFFECTS, power_of
from studies.schedule.plan import settle_budget, without_screen
from studies.schedule.screen.changes import changes_around
from studies.workers.status import duration

if TYPE_CHECKING:
    from studies.config.settings import StudySettings


def budget_plan(settings: StudySettings, *, trials: int | None, workers: int, worker_bytes: int) -> list[str]:
    """Return sentences on the runs of a new study, their time, the memory and the screen's power.

    Args:
        settings: What the study is about.
        trials: Budget of tune and screen; the scale's own where None.
        workers: Processes at a time.
        worker_bytes: What one is expected to take.
    """
    sizes = settings.sizes()
    budget, tune = settle_budget(settings, {}, budget=trials, tune_more=0)
    again = sizes.candidates * sizes.selection_seeds + 2 * sizes.confirmation_seeds
    around = changes_around(settings.factors, settings.start())
    changes, inert = sum(one.acts for one in around), sum(not one.acts for one in around)
    lines = [
        f"A study of {settings.space} at scale {settings.scale}: {tune} trials tune, {budget - tune} screen"
        f" {changes} change{'s' * (changes != 1)}{' and one that cannot act' * inert}, and {again} runs"
        f" select and confirm; what is found to help takes {sizes.recheck_seeds} more each."
    ]
    if sizes.run_seconds is None:
        lines.append("How long a run takes at this scale was not measured: the first trials tell.")
    else:
        seconds = sizes.run_seconds * (budget + again) / workers
        lines.append(
            f"Time: about {duration(seconds)} with {workers} worker{'s' * (workers > 1)}, at"
            f" {sizes.run_seconds:.0f} s a run ({sizes.run_seconds_on}); those that are stopped early take"
            " less."
        )
    lines.append(f"Memory: about {worker_bytes / 1e9:.1f} GB for each worker.")
    if (missing := without_screen(settings, budget=budget, tune=tune)) is not None:
        return [*lines, missing]
    if settings.screen == "sobol":
        return [*lines, "A wide screen's power is in docs/importance.md."]
    power = power_of(budget - tune)
    if power is None:
        return [*lines, "So few runs of the screen call next to nothing."]
    called = ", ".join(f"of {size:g} {share:.0%}" for size, share in zip(EFFECTS, power.called, strict=True))
    return [
        *lines,
        f"What it can tell apart: in the simulation with {power.runs} runs a change is called that has an"
        f" effect {called} (docs/screen.md).",
    ]
