"""How good the final search's picks are: one super-net against the mean of several, random and evolution.

Run it as `python -m benchmarks.final_search [--recipe FILE] [--folder FOLDER] [--json FILE]`. The super-nets
are those that a study with seed 0 confirms the recipe with. They judge random cells of the table once; each
search seed is a random search among some of these cells. What is in the folder is not computed again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tyro

from objectives.question.asked import run_seed
from objectives.question.inputs import FRESH, TRIALS, Place, load_pools, load_problem
from objectives.recipe import Recipe
from studies.config.settings import choose_settings
from studies.report import read_recipe
from studies.search import Ranker
from studies.search.member import load_member, train_member
from studies.workers.weights import weights_path
from wsnas.files import write_whole
from wsnas.groundtruth import load
from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.ensemble import mean_ranks
from wsnas.ranking.evolution import EvolutionPlan, evolve
from wsnas.supernets.cost import measure_cost
from wsnas.training.streams import numpy_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

BEST = Path(__file__).parents[1] / "docs/results/earlier/best.toml"
CHUNK = 500
"""Architectures that are judged at a time."""
TOP = 5
"""So many of the first picks are looked at together."""
RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True)
class FinalSearch:
    """Measure how good the picks of the final search are."""

    recipe: Path = BEST
    """Recipe of the super-nets."""
    folder: Path = Path("runs/final-search")
    """Keeps weights and accuracies."""
    supernets: int = 5
    """Super-nets, with the first seeds of a confirmation."""
    cells: int = 1500
    """Random cells that all super-nets judge."""
    seeds: int = 50
    """Random searches."""
    size: int = 500
    """Architectures of one random search."""
    evolutions: int = 50
    """Searches by evolution; 0 leaves them out."""
    whole_space: bool = False
    """Let evolution leave the random cells; each further one takes all super-nets some 0.3 s on a core."""
    population: int = 50
    """Random cells that an evolution begins with."""
    cycles: int = 200
    """Children of an evolution."""
    json: Path | None = None
    """Also write the figures here."""

    def run(self) -> None:
        """Measure and print."""
        bench = Bench(self)
        rows = [*bench.random_searches(), *(bench.evolutions() if self.evolutions else [])]
        names = list(dict.fromkeys(name for row in rows for name in row))
        lines = [names, ["---"] * len(names), *([str(row.get(name, "")) for name in names] for row in rows)]
        print("\n".join(f"| {' | '.join(line)} |" for line in lines))  # noqa: T201
        if self.json is not None:
            self.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


class Bench:
    """Super-nets, the cells that they judged, and the truth."""

    def __init__(self, plan: FinalSearch) -> None:
        """Train or load the super-nets, and draw and judge the cells."""
        self.plan = plan
        header, values = read_recipe(plan.recipe)
        self.table = load(header["space"], header["table"])
        self.settings = choose_settings(
            space=header["space"], scale=header["scale"], data=header["data"], table=header["table"]
        )
        recipe = Recipe({**self.settings.baseline(), **values}).effective(self.settings.factors)
        # What is kept is another recipe's, table's or catalogue's nowhere.
        question = json.dumps([self.settings.fingerprint(), dict(recipe)], sort_keys=True)
        self.folder = plan.folder / hashlib.sha256(question.encode()).hexdigest()[:12]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ranker = self._ranker(recipe)
        trials = load_pools(self.settings)[TRIALS]
        self.used = {*trials.architectures, *trials.others}
        self.kept = self.folder / f"judged-{plan.supernets}.json"
        self.known: dict[str, list[float]] = (
            json.loads(self.kept.read_text("utf-8")) if self.kept.exists() else {}
        )
        self.drawn = self._draw()

    def random_searches(self) -> list[dict[str, object]]:
        """Search among random cells with one super-net, with all, and by trivial rankers."""
        plan = self.plan
        ranks = self._ranks(self.drawn)
        truth = np.array([self.table.accuracy(cell) for cell in self.drawn])
        accuracies = self._judged(self.drawn)
        size = self.settings.baseline().size()
        costs = [
            measure_cost(self.ranker.problem.space, cell, channels=size.channels, cells=size.cells)
            for cell in self.drawn
        ]
        alone = {f"super-net {number + 1}": [scores] for number, scores in enumerate(accuracies)}
        together, flops = accuracies.mean(axis=0), np.array([cost.flops for cost in costs], dtype=float)
        rankers: dict[str, list[NDArray[np.float64]]] = {
            "one super-net, each of them": list(accuracies),
            **alone,
            f"mean of {len(accuracies)}": [together],
            f"mean of {len(accuracies)} with FLOPs": [mean_ranks([together, flops])],
            "parameters": [np.array([cost.parameters for cost in costs], dtype=float)],
            "FLOPs": [flops],
            "blindly": [np.zeros(len(ranks))],
            "a perfect ranker": [-ranks],
        }
        chosen = [
            numpy_stream(seed, "benchmark").permutation(len(ranks))[: plan.size] for seed in range(plan.seeds)
        ]
        found = []
        for name, several in rankers.items():
            picked = [[picks(scores[rows], ranks[rows]) for scores in several] for rows in chosen]
            taus = [sparse_kendall_tau(scores, truth) for scores in several]
            # Searches among the same cells often end at the same one: intervals over seeds do not see that.
            different = len({first for one in picked for first, _ in one})
            row = summary(f"random, {plan.size}: {name}", picked)
            found.append({**row, "different first picks": different, "s-KdT": f"{np.mean(taus):.2f}"})
        return found

    def evolutions(self) -> list[dict[str, object]]:
        """Search by evolution with all super-nets, and at random among as many architectures."""
        inside = set(self.drawn)
        ranks = self._ranks(self.drawn)
        scores = self._judged(self.drawn).mean(axis=0)
        evolved, drawn, visited = [], [], []
        for seed in range(self.plan.evolutions):
            found = evolve(
                self.ranker.problem.space,
                lambda cells: self._judged(cells).mean(axis=0),
                plan=EvolutionPlan(population=self.plan.population, cycles=self.plan.cycles),
                rng=numpy_stream(seed, "evolution"),
                accepts=lambda cell: cell not in self.used and (self.plan.whole_space or cell in inside),
            )
            visited.append(len(found.architectures))
            evolved.append([picks(found.scores, self._ranks(found.architectures))])
            some = numpy_stream(seed, "benchmark").permutation(len(ranks))[: visited[-1]]
            drawn.append([picks(scores[some], ranks[some])])
            self._keep()
            sys.stderr.write(f"evolution {seed}: {evolved[-1]}, at random {drawn[-1]}\n")
        rows = [
            summary(f"evolution, {min(visited)} to {max(visited)}: mean of {self.plan.supernets}", evolved),
            summary(f"random, as many: mean of {self.plan.supernets}", drawn),
            difference("evolution minus random", evolved, drawn),
        ]
        one, other = (self._regrets(found) for found in (evolved, drawn))
        regrets = (described(one, np.median, 2), described(other, np.median, 2))
        columns = (*regrets, described(one - other, np.mean, 2))
        return [{**row, "regret, percentage points": text} for row, text in zip(rows, columns, strict=True)]

    def _ranker(self, recipe: Recipe) -> Ranker:
        problem = load_problem(self.settings, Place(device="cpu"))
        pool = load_pools(self.settings)[FRESH]
        members = []
        for number in range(self.plan.supernets):
            seed = run_seed(self.settings.seed, "confirmation", number)
            files = [
                weights_path(self.folder, "benchmark", number, snapshot)
                for snapshot in range(len(problem.snapshots))
            ]
            if not all(file.exists() for file in files):
                sys.stderr.write(f"training super-net {number + 1} of {self.plan.supernets}\n")
                train_member(problem, recipe, pool, seed=seed, files=files)
            members.append(load_member(problem, recipe, seed=seed, files=files))
        return Ranker(problem=problem, recipe=recipe, members=tuple(members))

    def _draw(self) -> tuple[Any, ...]:
        """Return random cells that the trials were not scored on, and judge them."""
        entries = self.table.architectures()
        rows = numpy_stream(self.settings.seed, "benchmark cells").permutation(len(entries)).tolist()
        drawn = tuple(entries[row] for row in rows if entries[row] not in self.used)[: self.plan.cells]
        for start in range(0, len(drawn), CHUNK):
            self._judged(drawn[start : start + CHUNK])
            self._keep()
            sys.stderr.write(f"judged {min(start + CHUNK, len(drawn))} of {len(drawn)} cells\n")
        return drawn

    def _judged(self, cells: Sequence[Any]) -> NDArray[np.float64]:
        """Return what each super-net gives each cell, shape (super-nets, cells); each is judged once."""
        names = [self.ranker.problem.space.format(cell) for cell in cells]
        new = {name: cell for name, cell in zip(names, cells, strict=True) if name not in self.known}
        if new:
            self.known.update(zip(new, self.ranker.score_each(list(new.values())).T.tolist(), strict=True))
        return np.array([self.known[name] for name in names]).T

    def _keep(self) -> None:
        write_whole(self.kept, json.dumps(self.known))

    def _regrets(self, found: Sequence[Sequence[tuple[float, float]]]) -> NDArray[np.float64]:
        """Return how many percentage points the first picks are below the best, shape (seeds, 1)."""
        ordered = -np.sort(-self.table.accuracies)
        ranks = np.array(found)[:, :, 0].astype(int)
        regrets: NDArray[np.float64] = 100 * (ordered[0] - ordered[ranks - 1])
        return regrets

    def _ranks(self, cells: Sequence[Any]) -> NDArray[np.float64]:
        """Return the cells' true ranks among all of the table, 1 for the best; of equals, the worst."""
        truth = np.array([self.table.accuracy(cell) for cell in cells])
        return np.searchsorted(np.sort(-self.table.accuracies), -truth, side="right").astype(float)


def picks(scores: NDArray[np.float64], ranks: NDArray[np.float64]) -> tuple[float, float]:
    """Return the true rank of the favourite, and the best true rank of the first `TOP`; equals as drawn."""
    order = np.argsort(-scores, kind="stable")
    return float(ranks[order[0]]), float(ranks[order[:TOP]].min())


def summary(name: str, found: Sequence[Sequence[tuple[float, float]]]) -> dict[str, object]:
    """Return medians with quartiles and intervals; `found` has the picks of each search seed's rankers."""
    values = np.array(found)
    return {
        "search": name,
        "rank of the first pick": described(values[:, :, 0], np.median),
        "quartiles": " to ".join(f"{q:,.0f}" for q in np.quantile(values[:, :, 0], (0.25, 0.75))),
        f"best rank of the first {TOP}": described(values[:, :, 1], np.median),
        "its quartiles": " to ".join(f"{q:,.0f}" for q in np.quantile(values[:, :, 1], (0.25, 0.75))),
    }


def difference(
    name: str,
    found: Sequence[Sequence[tuple[float, float]]],
    other: Sequence[Sequence[tuple[float, float]]],
) -> dict[str, object]:
    """Return the mean paired differences of ranks with intervals; below 0 the first is better."""
    values = np.array(found) - np.array(other)
    better = (values < 0).sum(axis=(0, 1))
    return {
        "search": name,
        "rank of the first pick": described(values[:, :, 0], np.mean),
        "quartiles": f"better in {better[0]} of {len(values)}",
        f"best rank of the first {TOP}": described(values[:, :, 1], np.mean),
        "its quartiles": f"better in {better[1]} of {len(values)}",
    }


def described(
    values: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], Any], digits: int = 0
) -> str:
    """Return a statistic of values (seeds, rankers) with its 95 % interval over search seeds (bootstrap)."""
    rng = numpy_stream(0, "bootstrap")
    seeds = len(values)
    again = [float(statistic(values[rng.integers(seeds, size=seeds)])) for _ in range(RESAMPLES)]
    low, high = np.quantile(again, (0.025, 0.975))
    return f"{float(statistic(values)):,.{digits}f} [{low:,.{digits}f}, {high:,.{digits}f}]"


if __name__ == "__main__":
    tyro.cli(FinalSearch).run()
