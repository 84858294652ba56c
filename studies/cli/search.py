"""`wsnas search`: architectures that the winner's super-nets like, judged by the ground truth."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import tyro

from studies.cli._options import StudyChoice, check_counts, check_numbers

if TYPE_CHECKING:
    from rich.console import Console

    from studies.schedule.study import OpenStudy
    from studies.search import Ranker, Retrained, Search, StandalonePlan
    from wsnas.ranking.evolution import EvolutionPlan

PLANNED = ("population", "cycles", "tournament")
"""Options of evolution."""


@dataclass(frozen=True, kw_only=True)
class SearchCommand(StudyChoice):
    """Search with the confirmed best super-nets; no ground truth is used to pick."""

    method: Literal["random", "evolve"] = "random"
    """random: rank architectures drawn from the table; evolve: ageing evolution in the whole space."""
    size: int | None = None
    """Architectures that a random search ranks; the scale's own by default."""
    population: int | None = None
    """Evolution: random architectures to begin with, and how many are alive; 50 by default."""
    cycles: int | None = None
    """Evolution: children, one after the other; 200 by default."""
    tournament: int | None = None
    """Evolution: the best of so many members becomes a parent; 10 by default."""
    seed: int | None = None
    """Source of the random draws; the study's own by default."""
    draws: int = 10
    """The n of the probability to surpass random search."""
    objective: str = "accuracy"
    """accuracy; or accuracy,flops or accuracy,parameters, to see the best for their size, too."""
    supernets: int | None = None
    """Average the accuracies of so many of the winner's confirmed super-nets; of all by default."""
    retrain: bool = False
    """Train the first pick from scratch, without any weights of the super-net."""
    seeds: int = 3
    """Trainings of --retrain."""
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """A setting of --retrain's protocol, as name=value, such as epochs=20; may be given several times."""
    data_dir: Path | None = None
    """Folder of cifar10's binary archive."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    json: bool = False
    """Print JSON for programs."""

    after_stop: ClassVar[str] = (
        "super-nets that were trained again are kept, and of a random search what whole super-nets have"
        " judged: the same command goes on from there"
    )

    def run(self) -> int:
        """Search."""
        from rich.console import Console

        from objectives.question.inputs import Place
        from studies.search.pareto import cost_of_objective
        from studies.search.terminal import load_and_show, print_search, search_values
        from wsnas.errors import InputError

        self._check()
        opened = self.open()
        plan, cost = self._plan(opened), cost_of_objective(self.objective)
        evolution = self._evolution()
        place = Place(data_dir=self.data_dir, device=self.device)
        console = Console(stderr=self.json)
        ranker = load_and_show(opened, folder=self.folder, place=place, console=console, most=self.supernets)
        if ranker is None:
            raise InputError(
                f"study {self.study_name!r} has no confirmed recipe whose training stayed finite:"
                " `wsnas study` goes on where there is more to do"
            )
        search = self._search(opened, ranker, evolution, cost=cost, console=console)
        retrained = None if plan is None else self._retrain(opened, search, plan)
        space = opened.settings.space
        if self.json:
            sys.stdout.write(json.dumps(search_values(search, space=space, retrained=retrained)) + "\n")
        else:
            print_search(search, console, space=space, retrained=retrained, cost=cost)
        return 0

    def _check(self) -> None:
        from wsnas.errors import InputError

        check_numbers(self, "size", "draws", "seeds", "supernets", seed=0)
        check_counts(self, "size", "seeds", "draws", *PLANNED)
        idle = (
            [name for name in PLANNED if getattr(self, name) is not None] if self.method == "random" else []
        )
        idle += ["size"] if self.method == "evolve" and self.size is not None else []
        if idle:
            raise InputError(f"--{idle[0]}: --method {self.method} has no use for it")
        if self.set and not self.retrain:
            raise InputError(f"--set {self.set[0]}: it is for --retrain")

    def _plan(self, opened: OpenStudy) -> StandalonePlan | None:
        """Find a bad protocol before anything is computed."""
        from studies.cli.groundtruth.build import protocol_changes
        from studies.search import standalone_plan

        return standalone_plan(opened.settings, protocol_changes(self.set)) if self.retrain else None

    def _evolution(self) -> EvolutionPlan | None:
        from wsnas.ranking.evolution import EvolutionPlan

        given = {name: getattr(self, name) for name in PLANNED if getattr(self, name) is not None}
        return EvolutionPlan(**given) if self.method == "evolve" else None

    def _search(
        self,
        opened: OpenStudy,
        ranker: Ranker,
        plan: EvolutionPlan | None,
        *,
        cost: str | None,
        console: Console,
    ) -> Search:
        from studies.report.finish import record
        from studies.search import search_by_evolution, search_by_random
        from studies.search.run import DRAWS
        from studies.search.steps import steps
        from studies.search.terminal import announce
        from wsnas.errors import InputError

        size = self.size or opened.settings.sizes().search
        announce(opened, ranker, size if plan is None else plan.population + plan.cycles, console=console)
        if plan is not None:
            with steps("evolving", total=plan.cycles, unit="children") as tell:
                return search_by_evolution(
                    opened, ranker, plan=plan, seed=self.seed, draws=self.draws, cost=cost, on_cycle=tell
                )
        with steps("ranking", total=ranker.parts, unit="snapshots") as tell:
            search = search_by_random(
                opened,
                ranker,
                size=self.size,
                seed=self.seed,
                draws=self.draws,
                cost=cost,
                folder=self.own_folder_if_writable(),
                on_part=tell,
            )
        if search is None:
            raise InputError(
                f"table {opened.settings.table!r}: the trials have used all of it; use a larger one"
            )
        if self.size is None and self.seed is None and self.supernets is None and self.draws == DRAWS:
            record(opened, search)
        return search

    def _retrain(self, opened: OpenStudy, search: Search, plan: StandalonePlan) -> Retrained:
        from objectives.question.inputs import Place
        from studies.search import retrain
        from studies.search.steps import steps
        from studies.workers.processes.capacity import limit_threads
        from wsnas.spaces import get_space

        settings = opened.settings
        limit_threads()
        space = get_space(settings.space)
        # The folder belongs to the study's images; a table may have been measured on others.
        folder = self.data_dir if plan.protocol.data == settings.data else None
        with steps("training from scratch", total=self.seeds, unit="trainings") as tell:
            return retrain(
                space,
                space.parse(search.picks[0].architecture),
                plan=plan,
                seeds=self.seeds,
                seed=settings.seed if self.seed is None else self.seed,
                place=Place(data_dir=folder, device=self.device),
                on_training=tell,
            )
