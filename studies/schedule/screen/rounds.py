"""The screen's trials, planned in rounds: what runs next hangs on what the rounds before have shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from objectives.question.asked import run_seed
from objectives.question.inputs import TRIALS
from studies.analysis.screen import Allocation, next_runs
from studies.schedule import attributes
from studies.schedule.budget import Ticket, enqueue, free_numbers, holding
from studies.schedule.recovery import under_way
from studies.schedule.screen.measured import CHANGES, SCREEN, measure_screen
from studies.schedule.screen.sobol import sobol_design
from studies.schedule.selection import reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from objectives.domains import Value
    from studies.analysis.screen import SeedRuns
    from studies.schedule.screen.measured import MeasuredScreen
    from studies.schedule.study import OpenStudy


def plan_screen(opened: OpenStudy) -> None:
    """Enqueue the next round where the last one has ended; nothing before there is a reference.

    A round begins once all runs of the one before have ended, so that what it holds depends on what was
    measured and not on who was faster.
    """
    if reference(opened) is None or under_way(opened.study, SCREEN):
        return
    with opened.lock():
        if under_way(opened.study, SCREEN):
            return
        left = screen_budget(opened) - len(_planned(opened))
        if left > 0:
            one_by_one = opened.settings.screen == CHANGES
            enqueue(opened.study, _next_changes(opened, left) if one_by_one else _next_points(opened, left))


def screen_budget(opened: OpenStudy) -> int:
    """Return how many trials of the budget are the screen's."""
    kept = opened.study.user_attrs
    return max(0, int(kept.get(attributes.BUDGET, 0)) - int(kept.get(attributes.TUNE, 0)))


def _planned(opened: OpenStudy) -> list[Mapping[str, object]]:
    """Return the attributes of the screen's tickets, one each."""
    tickets = {
        trial.user_attrs[attributes.TICKET]: trial.user_attrs
        for trial in holding(opened.study)
        if trial.user_attrs[attributes.PHASE] == SCREEN
    }
    return list(tickets.values())


def _next_changes(opened: OpenStudy, left: int) -> list[Ticket]:
    screen = measure_screen(opened)
    if screen is None:
        return []
    known = Counter(str(kept[attributes.CHANGE]) for kept in _planned(opened))
    allocation = _allocate(screen, known, left)
    # Seed by seed, so that a round that is cut short is balanced.
    wanted: list[tuple[int, str, Mapping[str, Value]]] = [
        (turn, "", screen.recipe) for turn in range(allocation.reference)
    ]
    for one, more in zip(screen.changes, allocation.changes, strict=True):
        wanted += [(turn, one.change.name, one.change.parameters) for turn in range(more)]
    wanted.sort(key=lambda run: run[0])
    free = free_numbers(opened.study)
    tickets = []
    for _, change, parameters in wanted:
        number = known[change]
        known[change] += 1
        tickets.append(
            Ticket(
                number=next(free),
                phase=SCREEN,
                parameters=dict(parameters),
                # Each change has seeds of its own: common ones were not found to make differences surer.
                seed=run_seed(opened.settings.seed, f"screen {change}", number),
                pool=TRIALS,
                change=change,
                seed_number=number,
            )
        )
    return tickets


def _allocate(screen: MeasuredScreen, planned: Mapping[str, int], left: int) -> Allocation:
    """Return how many runs the reference and each change get in the next round.

    Args:
        screen: What the rounds before have shown.
        planned: How many runs there were of each change, all of which have ended.
        left: How many runs there may be.
    """
    if not any(one.change.acts for one in screen.changes):
        # Nothing varies: more is learnt of the reference than of the same recipe under another name.
        return Allocation(reference=left, changes=(0,) * len(screen.changes))

    def ended(runs: SeedRuns, change: str) -> SeedRuns:
        # Runs that were given up count as diverged ones do: what mostly fails gets no more.
        return replace(runs, diverged=planned[change] - len(runs.taus))

    return next_runs(
        ended(screen.reference, ""),
        [ended(one.runs, one.change.name) for one in screen.changes],
        left=left,
        factors=[one.change.factor for one in screen.changes],
    )


def _next_points(opened: OpenStudy, left: int) -> Iterable[Ticket]:
    begun = len(_planned(opened))
    seed = run_seed(opened.settings.seed, SCREEN, 0)
    design = sobol_design(opened.settings.factors, size=begun + left, seed=seed)
    free = free_numbers(opened.study)
    return [
        Ticket(
            number=next(free),
            phase=SCREEN,
            parameters=dict(design[position]),
            seed=run_seed(opened.settings.seed, SCREEN, 1 + position),
            pool=TRIALS,
        )
        for position in range(begun, begun + left)
    ]
