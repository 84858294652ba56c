"""What the files of NAS-Bench-201 and NATS-Bench (topology) tell of each architecture.

Both keep, for each architecture and schedule, the state of the authors' `ArchResults`: `arch_str`,
`dataset_seed` (the seeds of each data set) and `all_results`, which maps (data set, seed) to the state of a
`ResultsCount`: `params` and `flop` in millions, `epochs`, `eval_names`, and `eval_acc1es` in percent, keyed
``set@epoch`` with epochs from 0. Source: D-X-Y/NATS-Bench, `nats_bench/api_utils.py`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.errors import InputError, show, show_error, show_text
from wsnas.groundtruth.judging import fault
from wsnas.groundtruth.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wsnas.spaces import Space

SCHEDULES = ("full", "200")
"""What the schedule of 200 epochs is called in NAS-Bench-201 and in NATS-Bench."""
_UNUSED = (
    "net_state_dict",
    "train_acc1es",
    "train_acc5es",
    "train_losses",
    "train_times",
    "eval_losses",
    "eval_times",
)
"""Nearly all of a file: the curves of every epoch."""
_SETS = (
    ("cifar10", "ori-test"),
    ("cifar10-valid", "x-valid"),
    ("cifar100", "x-test"),
    ("ImageNet16-120", "x-test"),
)
"""The data sets and their parts that are read; the first one's accuracy is the table's."""
_COLUMNS = {
    "deviation": "standard deviation of the CIFAR-10 test accuracies; NaN for a single training",
    "trainings": "how many trainings on CIFAR-10 the accuracy is the mean of",
    "validation_accuracy": "mean CIFAR-10 validation accuracy of trainings on half of the training images",
    "cifar100": "mean CIFAR-100 test accuracy",
    "imagenet16": "mean ImageNet16-120 test accuracy",
    "parameters": "parameters of the network for CIFAR-10",
    "flops": "FLOPs of the network for CIFAR-10, as the benchmark counts them",
}


def shrink(state: dict[Any, Any]) -> None:
    """Drop what is not needed from the state of a `ResultsCount` as soon as it was read."""
    if not {"eval_acc1es", "eval_names", "epochs"} <= state.keys():
        return
    for name in _UNUSED:
        curve = state.pop(name, None)
        if isinstance(curve, dict):
            curve.clear()  # a pickle keeps what it has read, to refer to it again
    curves = state["eval_acc1es"]
    last = {key: curves[key] for key in _last_keys(state) if key in curves}
    curves.clear()
    curves.update(last)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """An architecture and what was measured of it; accuracies are fractions."""

    text: str
    """Its canonical string."""
    numbers: list[float]
    """Its accuracy and the columns."""
    trainings: dict[str, float]
    """The accuracies that these are means of, by what they are."""


def measure(results: dict[str, Any], expected: str, space: Space[Any]) -> Measured:
    """Return what a file tells of an architecture.

    Raises:
        InputError: the results are of another architecture, or something is missing.
    """
    if not isinstance(expected, str):
        raise InputError("damaged, the string of a cell is no text")
    shown = show_text(expected)
    try:
        schedule = next(results[name] for name in SCHEDULES if name in results)
        found = schedule["arch_str"]
        if not isinstance(found, str) or found != expected:
            told = show(found) if isinstance(found, str) else "no cell"
            raise InputError(f"damaged, the results of {shown} are those of {told}")
        text = space.format(space.parse(expected))
        trainings = {_SETS[0]: _accuracies(schedule, *_SETS[0])}
        for which in _SETS[1:]:
            with suppress(LookupError):
                trainings[which] = _accuracies(schedule, *which)
        tests = list(trainings[_SETS[0]].values())
        first = schedule["all_results"]["cifar10", schedule["dataset_seed"]["cifar10"][0]]
        numbers = [
            float(np.mean(tests)),
            _deviation(tests),
            float(len(tests)),
            *(_mean(trainings.get(which)) for which in _SETS[1:]),
            float(round(first["params"] * 1e6)),
            float(first["flop"]) * 1e6,
        ]
    except InputError:
        raise
    except (LookupError, StopIteration, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise InputError(
            f"the results of {shown} lack {show_error(error)}: not a whole NAS-Bench-201 file"
        ) from error
    return Measured(
        text=text,
        numbers=numbers,
        trainings={
            f"seed {seed} on {data}, {split}": accuracy
            for (data, split), accuracies in trainings.items()
            for seed, accuracy in accuracies.items()
        },
    )


def gather(measured: Iterable[Measured], file: str) -> Rows:
    """Join the architectures of a file.

    Raises:
        InputError: there are none, or the accuracies of a seed are none to rank by.
    """
    found = list(measured)
    if not found:
        raise InputError("has no cells")
    for of in {of: None for one in found for of in one.trainings}:
        trained = [one for one in found if of in one.trainings]
        wrong = fault(
            [one.trainings[of] for one in trained], of=of, architectures=[one.text for one in trained]
        )
        if wrong is not None:
            raise InputError(wrong)
    return Rows.of_numbers(
        [one.text for one in found],
        [one.numbers for one in found],
        origin=f"{file}: mean CIFAR-10 test accuracy of 1 to 3 trainings of 200 epochs",
        meanings=_COLUMNS,
    )


def _last_keys(state: dict[str, Any]) -> list[str]:
    return [f"{name}@{state['epochs'] - 1}" for name in state["eval_names"]]


def _accuracies(schedule: dict[str, Any], data: str, split: str) -> dict[Any, float]:
    """Return the accuracy after the last epoch for each seed."""
    found = {}
    for seed in schedule["dataset_seed"][data]:
        state = schedule["all_results"][data, seed]
        found[seed] = float(state["eval_acc1es"][f"{split}@{state['epochs'] - 1}"]) / 100
    if not found:
        raise LookupError(f"trainings on {data}")
    return found


def _deviation(tests: list[float]) -> float:
    """Return the standard deviation, or NaN where there is none."""
    with np.errstate(invalid="ignore"):  # what is no fraction is refused later
        return float(np.std(tests, ddof=1)) if len(tests) > 1 else float("nan")


def _mean(accuracies: dict[Any, float] | None) -> float:
    """Return the mean over seeds, or NaN where the file has none."""
    return float("nan") if accuracies is None else float(np.mean(list(accuracies.values())))
