"""How much architectures that share weights disturb one another: accuracy against how many share them.

Run it as `python -m benchmarks.interference [--space nb101] [--seeds 3] [--json FILE]`. Super-nets are
trained by the recipe that studies of the space start from, but only a few architectures are ever drawn.
Beside their accuracies stand those of the same architectures by themselves, from the space's mini table, on
whose images the super-nets are trained.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tyro

from benchmarks.default_study import default_study, start_recipe
from objectives.evaluate import build, rank, train_by
from studies.config.inputs import Place, load_problem
from wsnas.data import load_images
from wsnas.groundtruth import load
from wsnas.standalone.protocol import space_protocol
from wsnas.training.streams import numpy_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARING = (1, 3, 10, 30)
RANKED = 30
"""At most so many of the architectures are judged."""


@dataclass(frozen=True, kw_only=True)
class Few:
    """A space of which only some architectures are drawn."""

    whole: Any
    """The space."""
    architectures: Sequence[Any]
    """What is drawn."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def sample_apart(self, rng: np.random.Generator) -> Any:
        """Draw one of the architectures."""
        return self.architectures[int(rng.integers(len(self.architectures)))]

    sample_unique = sample_apart


def measure(space: str, sharing: int, seed: int) -> dict[str, float]:
    """Train a super-net of a few architectures and judge them."""
    import torch

    torch.set_num_threads(1)
    settings = default_study(space, table=f"{space}-mini")
    start = start_recipe(settings).effective(settings.factors)
    problem, protocol = load_problem(settings, Place(device="cpu")), space_protocol(space)
    problem = replace(problem, images=load_images(protocol.data, resolution=protocol.resolution))
    table, supernet = load(space, settings.table), build(problem, start, seed=seed)
    every = [cell for cell in table.architectures() if supernet.accepts(cell)]
    chosen = numpy_stream(seed, "interference").permutation(len(every))[:sharing].tolist()
    cells = [every[index] for index in chosen]
    truth = [table.accuracy(cell) for cell in cells]
    few = replace(problem, space=Few(whole=problem.space, architectures=cells))  # type: ignore[arg-type]
    run = train_by(few, start, supernet, seed=seed)
    run.advance(run.total_steps)
    accuracies = rank(few, start, supernet, cells[:RANKED])
    return {"shared": float(accuracies.mean()), "alone": float(np.mean(truth[:RANKED])), "steps": run.step}


def main(
    *,
    space: Literal["nb201", "nb101", "darts"] = "nb101",
    seeds: int = 3,
    workers: int = 2,
    json_file: Path | None = None,
) -> None:
    """Measure how accuracy falls as more architectures share weights.

    Args:
        space: Search space.
        seeds: Seeds for each number of architectures, from 2000 on; each also draws others.
        workers: Processes, one thread each.
        json_file: Where the figures go as JSON.
    """
    from rich.console import Console
    from rich.table import Table

    jobs = [(space, sharing, 2000 + seed) for sharing in SHARING for seed in range(seeds)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        runs = list(pool.map(measure, *zip(*jobs, strict=True)))
    table = Table("architectures", "accuracy, sharing", "by themselves", "difference of each seed")
    results = []
    for index, sharing in enumerate(SHARING):
        mine = runs[index * seeds : (index + 1) * seeds]
        shared, alone = (float(np.mean([run[key] for run in mine])) for key in ("shared", "alone"))
        gaps = [run["shared"] - run["alone"] for run in mine]
        table.add_row(str(sharing), f"{shared:.2f}", f"{alone:.2f}", " ".join(f"{gap:+.2f}" for gap in gaps))
        results.append({"architectures": sharing, "shared": shared, "alone": alone, "differences": gaps})
    Console(width=110).print(table)
    if json_file is not None:
        json_file.write_text(
            json.dumps({"space": space, "steps": runs[0]["steps"], "rows": results}), "utf-8"
        )


if __name__ == "__main__":
    tyro.cli(main)
