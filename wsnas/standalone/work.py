"""Fills a job's folder, unit by unit."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, NamedTuple

from wsnas.errors import InputError
from wsnas.files import write_whole
from wsnas.spaces import get_space
from wsnas.standalone.job import claim, is_done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from wsnas.data import ImageSet
    from wsnas.standalone.job import Job, Unit
    from wsnas.standalone.measure import Measurement


class Row(NamedTuple):
    """One training, as its file has it."""

    architecture: str
    """The architecture in the space's notation."""
    seed: int
    """The training's seed."""
    accuracy: float
    """Accuracy on the test images, in [0, 1]."""
    seconds: float
    """Time for training and scoring."""
    device: str
    """``cpu`` or ``cuda``."""

    def texts(self) -> list[str]:
        """Return the row as it is written, column by column of `HEADER`."""
        return [self.architecture, str(self.seed), f"{self.accuracy:.6f}", f"{self.seconds:.2f}", self.device]


HEADER = list(Row._fields)
"""Columns of a unit's file and of the table."""


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
            row = Row(
                space.format(architecture),
                seed,
                measurement.accuracy,
                measurement.seconds,
                measurement.device,
            )
            write_whole(folder / f"{unit.name}.csv", csv_text([HEADER, row.texts()]))
        done(unit, measurement)
    return True


def read_row(folder: Path, unit: Unit) -> Row:
    """Return a measured unit; `InputError` where its file is damaged."""
    file = folder / f"{unit.name}.csv"
    try:
        header, row = csv.reader(io.StringIO(file.read_text("utf-8")))
        if header == HEADER[:-1]:  # from before devices were recorded: all were CPUs
            row = [*row, "cpu"]
        elif header != HEADER:
            raise ValueError("other columns")
        architecture, seed, accuracy, seconds, device = row
        return Row(architecture, int(seed), float(accuracy), float(seconds), device)
    except ValueError as error:
        raise InputError(f"{file}: damaged ({error}): delete it, and it is measured again") from error


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
