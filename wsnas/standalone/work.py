"""Fills a job's folder, unit by unit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wsnas.spaces import get_space
from wsnas.standalone.job import claim, is_done, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wsnas.data import ImageSet
    from wsnas.standalone.job import Job, Unit
    from wsnas.standalone.measure import Measurement

HEADER = "architecture,seed,accuracy,seconds"
"""Columns of a unit's file and of the table; ``seed`` is the training's own."""


def work(
    folder: Path,
    job: Job,
    images: ImageSet,
    *,
    done: Callable[[Unit, Measurement], None],
    deadline: float | None = None,
) -> bool:
    """Measure what no other process has measured or is measuring.

    Args:
        folder: The job's folder.
        job: The job.
        images: The protocol's images, on the device to train on.
        done: Called after each unit.
        deadline: No unit is begun after this moment (`time.time`).

    Returns:
        Whether the deadline left nothing undone. Units that others hold are left to them.
    """
    from wsnas.standalone.measure import measure

    space = get_space(job.space)
    architectures = job.architectures()
    for unit in job.units():
        if is_done(folder, unit):
            continue
        if deadline is not None and time.time() > deadline:
            return False
        with claim(folder, unit) as free:
            if not free:
                continue
            architecture, seed = architectures[unit.index], job.training_seed(unit)
            measurement = measure(space, architecture, images, protocol=job.protocol, seed=seed)
            row = f"{space.format(architecture)},{seed},{measurement.accuracy:.6f},{measurement.seconds:.2f}"
            write_whole(folder / f"{unit.name}.csv", f"{HEADER}\n{row}\n")
        (folder / f"{unit.name}.lock").unlink(missing_ok=True)
        done(unit, measurement)
    return True


def read_row(folder: Path, unit: Unit) -> str:
    """Return the row of a measured unit; its columns are those of `HEADER`."""
    return (folder / f"{unit.name}.csv").read_text("utf-8").splitlines()[1]
