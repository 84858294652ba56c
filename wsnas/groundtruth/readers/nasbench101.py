"""NAS-Bench-101: `nasbench_only108.tfrecord` and `nasbench_full.tfrecord`.

Each record is a JSON list: the module's hash, the epochs, the adjacency matrix row by row as zeros and ones,
the operations joined by commas, and the metrics of one training as a protocol buffer in base64. Source:
google-research/nasbench, `nasbench/api.py` and `nasbench/lib/model_metrics.proto`.
"""

from __future__ import annotations

import json
from array import array
from binascii import a2b_base64
from dataclasses import dataclass, field
from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.errors import InputError, show
from wsnas.groundtruth.judging import fault
from wsnas.groundtruth.readers.protobuf import read_fields
from wsnas.groundtruth.readers.tfrecord import is_tfrecord, read_records
from wsnas.groundtruth.rows import Rows
from wsnas.spaces.nb101 import from_matrix

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from wsnas.groundtruth.rows import Progress
    from wsnas.spaces import Space

TITLE = "NAS-Bench-101's nasbench_only108.tfrecord or nasbench_full.tfrecord"
SPACE = "nb101"
EPOCHS = 108
"""The trainings that are the ground truth; the full file has those of 4, 12 and 36 epochs, too."""
REPEATS = 3
_REPORT_EVERY = 10_000
# Numbers of the fields of ModelMetrics, and of EvaluationData inside its field 1.
_EVALUATION, _PARAMETERS = 1, 2
_SECONDS, _VALIDATION, _TEST = 2, 4, 5
_EVALUATIONS = 3
"""Before training, half-way and at the end."""
_COLUMNS = {
    "deviation": f"standard deviation of the test accuracies of the {REPEATS} trainings",
    "validation_accuracy": "mean validation accuracy",
    "seconds": "mean training time in seconds",
    "parameters": "trainable parameters",
}


@dataclass(frozen=True)
class _Trainings:
    """What is kept of the records, flat, since there are 1.27 million."""

    modules: dict[str, int] = field(default_factory=dict)
    """Row of each module by its hash."""
    architectures: list[str] = field(default_factory=list)
    parameters: array[float] = field(default_factory=lambda: array("d"))
    rows: array[int] = field(default_factory=lambda: array("q"))
    measured: array[float] = field(default_factory=lambda: array("d"))
    """Test accuracy, validation accuracy and seconds of each training."""


def recognise(path: Path) -> bool:
    """Return whether the file is made of TFRecords."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return is_tfrecord(file.read(12))


def read(path: Path, space: Space[Any], progress: Progress) -> Rows:
    """Read the mean test accuracies after 108 epochs.

    Raises:
        InputError: the file is cut short or damaged, a hash is not that of its cell, or a cell was not
            trained three times.
    """
    found = _Trainings()
    with path.open("rb") as file:
        size = path.stat().st_size
        for number, record in enumerate(read_records(file, str(path)), start=1):
            try:
                _take(found, record, space)
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
                reason = str(error) if isinstance(error, InputError) else "not one of NAS-Bench-101"
                raise InputError(f"{path}, record {number:,}: {reason}") from error
            if number % _REPORT_EVERY == 0:
                progress(file.tell() / size)
    _check_repeats(found, path)
    return _summarise(found, path)


def _take(found: _Trainings, record: bytes, space: Space[Any]) -> None:
    module, epochs, adjacency, operations, metrics = json.loads(record)
    if epochs != EPOCHS:
        return
    parameters, evaluation = _read_metrics(a2b_base64(metrics))
    row = found.modules.get(module)
    if row is None:
        vertices = isqrt(len(adjacency))
        matrix = [[int(bit) for bit in adjacency[start : start + vertices]] for start in _starts(adjacency)]
        architecture = from_matrix(matrix, operations.split(","))
        if space.identity(architecture) != module:
            raise InputError(f"damaged, the hash {show(module)} is not that of its cell {architecture}")
        row = found.modules[module] = len(found.modules)
        found.architectures.append(space.format(architecture))
        found.parameters.append(parameters)
    found.rows.append(row)
    found.measured.extend(evaluation)


def _starts(adjacency: str) -> range:
    return range(0, len(adjacency), max(1, isqrt(len(adjacency))))


def _read_metrics(message: bytes) -> tuple[int, tuple[float, float, float]]:
    """Return the parameter count, and test accuracy, validation accuracy and seconds at the end."""
    fields = list(read_fields(message))
    evaluations = [value for number, value in fields if number == _EVALUATION]
    parameters = dict(fields)[_PARAMETERS]
    if len(evaluations) != _EVALUATIONS or not isinstance(parameters, int):
        raise ValueError("no metrics of a whole training")
    last = evaluations[-1]
    if not isinstance(last, bytes):
        raise ValueError("no metrics of a whole training")
    end = dict(read_fields(last))
    return parameters, (float(end[_TEST]), float(end[_VALIDATION]), float(end[_SECONDS]))


def _check_repeats(found: _Trainings, path: Path) -> None:
    if not found.modules:
        raise InputError(f"{path}: has no training of {EPOCHS} epochs")
    counts = np.bincount(np.frombuffer(found.rows, np.int64), minlength=len(found.modules))
    wrong = np.flatnonzero(counts != REPEATS)
    if wrong.size:
        row = int(wrong[0])
        raise InputError(
            f"{path}: {wrong.size:,} cells were not trained {REPEATS} times for {EPOCHS} epochs, such as"
            f" {found.architectures[row]} with {counts[row]}: the file is cut short or has records twice"
        )


def _summarise(found: _Trainings, path: Path) -> Rows:
    order = np.argsort(np.frombuffer(found.rows, np.int64), kind="stable")
    trainings = np.frombuffer(found.measured).reshape(-1, 3)[order].reshape(-1, REPEATS, 3)
    for repeat in range(REPEATS):
        for column, images in enumerate(("test", "validation")):
            of = f"training {repeat + 1} on {images} images"
            wrong = fault(trainings[:, repeat, column], of=of, architectures=found.architectures)
            if wrong is not None:
                raise InputError(f"{path}: {wrong}")
    with np.errstate(over="ignore"):  # of the seconds
        means: NDArray[np.float64] = trainings.mean(axis=1)
    deviations = trainings[:, :, 0].std(axis=1, ddof=1)
    parameters = np.frombuffer(found.parameters)
    return Rows.of_numbers(
        found.architectures,
        np.column_stack((means[:, 0], deviations, means[:, 1:], parameters)),
        origin=f"NAS-Bench-101: mean CIFAR-10 test accuracy of {REPEATS} trainings of {EPOCHS} epochs",
        meanings=_COLUMNS,
    )
