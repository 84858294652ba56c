"""From a question to what its trials need: images on the device, table, pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.objective import RankedPool
from objectives.problem import Problem
from objectives.question.choices import check_batches, check_recipe_memory
from wsnas.errors import InputError, did_you_mean, show, show_text
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from objectives.question.asked import Question
    from wsnas.groundtruth import Table
    from wsnas.ranking.pools import Pool

TRIALS, FRESH = "trials", "fresh"
"""Names of the two pools: the one that trials rank, and the one kept for confirmation and search."""
MIN_POOL = 20
"""Architectures that a pool must hold for its intervals to mean anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a study runs; not part of its question."""

    data_dir: Path | None = None
    """Folder of a data set that the package does not carry."""
    device: str = "auto"
    """``cpu``, ``cuda``, ``cuda:1``, or ``auto`` for a GPU where there is one."""
    deterministic: bool = False
    """Whether a GPU computes the same bits from the same seed, which is slower (`wsnas.precision`)."""


def resolve_device(device: str) -> str:
    """Return a device that this machine has; `InputError` where it has not."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        close = did_you_mean(device, ("cpu", "auto"))
        raise InputError(
            f"device {device!r}: this machine does not offer it; use cpu or auto{close}"
        ) from error
    return device


def refuse_table(table: str, *, kept: str, found: str) -> None:
    """Raise `InputError` where a table's SHA-256 is not the one that the study keeps."""
    if found != kept:
        raise InputError(
            f"table {show(table)}: was changed or replaced since the study was made with it (SHA-256 now"
            f" {show_text(found[:12])}.., then {show_text(kept[:12])}..): bring that one back under this"
            " name, or use another STUDY"
        )


def check_place(question: Question, place: Place) -> None:
    """Find missing data and devices, and recipes too large for them, before anything is written."""
    from wsnas.data import load_images

    device = resolve_device(place.device)
    images = load_images(question.data, resolution=question.sizes().resolution, data_dir=place.data_dir)
    check_batches(question.factors, len(images.train_labels))
    greatest = {factor.name: factor.domain.ends for factor in question.factors if factor.kind is int}
    check_recipe_memory(
        question.space,
        {name: max(ends) for name, ends in greatest.items()},
        images,
        device,
    )


def load_table(question: Question) -> Table[Any]:
    """Load the study's ground truth; `InputError` where it is not the one that the study was made with."""
    from wsnas.groundtruth import load

    table = load(question.space, question.table)
    refuse_table(question.table, kept=question.table_sha256, found=table.sha256)
    return table


def load_pools(question: Question) -> dict[str, Pool]:
    """Draw the study's two pools from its ground-truth table."""
    from wsnas.ranking.pools import draw_pools

    space = get_space(question.space)
    trials, fresh = draw_pools(
        load_table(question),
        seed=question.seed,
        fresh=question.sizes().fresh_pool,
        comparable=None if space.comparable_part is None else space.comparable,
        identity=space.identity,
    )
    return {TRIALS: trials, FRESH: fresh}


def check_pools(question: Question, pools: Mapping[str, Pool]) -> None:
    """Raise `InputError` where the architectures that are compared are too few, or all of one accuracy.

    A table's rows say little: not every mapping can rank all of them, and a function counts once.
    """
    from wsnas.ranking import truth_bins

    part = get_space(question.space).comparable_part
    for pool in pools.values():
        if len(pool) < MIN_POOL:
            compared = sum(len(one) for one in pools.values())
            raise InputError(
                f"table {question.table!r}: has {compared} architectures to compare"
                f"{'' if part is None else f' ({part})'}, each function once: at least {2 * MIN_POOL} are"
                " wanted, half for trials and half for confirmation"
            )
        if len(np.unique(truth_bins(pool.truth))) == 1:
            raise InputError(
                f"table {question.table!r}: the {len(pool)} architectures of a pool have accuracies within"
                f" 0.1 %, {pool.truth.min():g} to {pool.truth.max():g}: they cannot be ranked"
            )


def pool_costs(question: Question, pool: Pool) -> NDArray[np.float64]:
    """Return `network_costs` of a pool."""
    return network_costs(question, pool.architectures)


def network_costs(question: Question, architectures: Sequence[Any]) -> NDArray[np.float64]:
    """Return parameter counts and FLOPs of stand-alone networks, shape (2, len(architectures)).

    The networks have the size of the baseline recipe.
    """
    from wsnas.supernets.cost import measure_cost

    space = get_space(question.space)
    size = question.baseline().size()
    costs = [
        measure_cost(space, architecture, channels=size.channels, cells=size.cells)
        for architecture in architectures
    ]
    return np.array([[cost.parameters for cost in costs], [cost.flops for cost in costs]], dtype=np.float64)


def load_problem(question: Question, place: Place) -> Problem:
    """Load the images and bundle what all trials share."""
    from wsnas.data import load_images
    from wsnas.precision import compute_deterministically

    if place.deterministic:
        compute_deterministically()
    sizes = question.sizes()
    images = load_images(question.data, resolution=sizes.resolution, data_dir=place.data_dir)
    available = min(sizes.ranking_images, len(images.validation_labels))
    return Problem(
        space=get_space(question.space),
        images=images.to(resolve_device(place.device)),
        ranking_images=available - available % len(sizes.snapshots),
        calibration_images=sizes.calibration_images,
        table=question.table,
        table_sha256=question.table_sha256,
        rungs=sizes.rungs,
        rung_pool=sizes.rung_pool,
        snapshots=sizes.snapshots,
        count_passes=sizes.count_passes,
        precision=sizes.precision,
        score=sizes.score,
    )


def load_ranked_pools(question: Question, costs: Mapping[str, NDArray[np.float64]]) -> dict[str, RankedPool]:
    """Draw the study's two pools and join them with what `pool_costs` said of each."""
    return {
        name: RankedPool(pool=pool, parameters=costs[name][0]) for name, pool in load_pools(question).items()
    }
