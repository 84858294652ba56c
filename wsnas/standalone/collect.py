"""From a job's folder to a table: one CSV file with every training, and its description."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from wsnas.errors import InputError
from wsnas.files import own_folder, write_whole
from wsnas.groundtruth.measured_table import DESCRIPTION, ROWS, Description
from wsnas.groundtruth.table import Ceiling
from wsnas.spaces import get_space
from wsnas.standalone.job import is_done
from wsnas.standalone.noise import measure_noise
from wsnas.standalone.work import HEADER, csv_text, read_row
from wsnas.training.streams import numpy_stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from wsnas.standalone.job import Job
    from wsnas.standalone.work import Row

LARGEST_POOL = 200
"""Architectures that a study ranks at a time, at most."""


def collect(folder: Path, job: Job, *, name: str, out: Path | None = None) -> Description:
    """Write ``table.csv`` and ``table.json`` from what is measured so far.

    The noise ceiling is that of the architectures which all mappings can rank: studies use these alone.

    Args:
        folder: The job's folder.
        job: The job.
        name: What to call the table.
        out: Where to write; the job's folder where None.

    Raises:
        InputError: nothing is measured yet.
    """
    units = [unit for unit in job.units() if is_done(folder, unit)]
    if not units:
        raise InputError(f"{folder}: nothing is measured yet")
    rows = [read_row(folder, unit) for unit in units]
    content = csv_text([HEADER, *(row.texts() for row in rows)])
    space = get_space(job.space)
    trained: dict[str, list[float]] = {}
    for row in rows:
        trained.setdefault(row.architecture, []).append(row.accuracy)
    ranked = [np.array(values) for text, values in trained.items() if space.comparable(space.parse(text))]
    description = Description(
        name=name,
        space=job.space,
        origin=_origin(job, rows, architectures=len(trained)),
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        seed=job.seed,
        protocol=job.protocol.values(),
        ceiling=_ceiling(job, ranked),
    )
    out = out or folder
    if out != folder:
        own_folder(out, ROWS, DESCRIPTION)
    write_whole(out / ROWS, content)
    write_whole(out / DESCRIPTION, json.dumps(asdict(description), indent=1) + "\n")
    return description


def _origin(job: Job, rows: Sequence[Row], *, architectures: int) -> str:
    how = job.protocol
    views = f", {how.views} views of each" if how.views > 1 else ""
    return (
        f"{len(rows)} trainings of {architectures} architectures, each on its own: {how.data} at"
        f" {how.resolution}x{how.resolution} pixels, {how.channels} channels, cells {how.cells},"
        f" {how.epochs} epochs, batch {how.batch_size}, learning rate {how.learning_rate:g}; scored on the"
        f" test images{views}; {_cost(rows)}, seed {job.seed}"
    )


def _cost(rows: Sequence[Row]) -> str:
    spent = {
        device: [row.seconds for row in rows if row.device == device]
        for device in sorted({row.device for row in rows})
    }
    said = []
    for device, seconds in spent.items():
        place = "on one core" if device == "cpu" else "on a GPU"
        many = f"{len(seconds)} of them " if len(spent) > 1 else ""
        said.append(f"{many}{place}, {sum(seconds) / len(seconds):.1f} s each")
    return " and ".join(said)


def _ceiling(job: Job, accuracies: list[NDArray[np.float64]]) -> Ceiling | None:
    if sum(len(values) > 1 for values in accuracies) < 4:
        return None
    pool = min(LARGEST_POOL, len(accuracies) // 2)
    noise = measure_noise(accuracies, pool=pool, rng=numpy_stream(job.seed, "noise"))
    mean, low, high = noise.ceiling
    return Ceiling(
        mean=mean,
        low=low,
        high=high,
        source=f"from variance components of {noise.repeated} architectures trained more than once: the"
        f" architecture accounts for {noise.reliability:.0%} of the variance of a training's normal score,"
        f" trainings of one differ by {100 * noise.seed_deviation:.2f} % (a median, as a standard deviation);"
        f" pools of {noise.pool}",
        split_half=noise.split_half,
    )
