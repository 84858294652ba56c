"""The winner of a search trained from scratch, several times, without any weights of the super-net."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.training.streams import numpy_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from objectives.question.inputs import Place
    from studies.config.settings import StudySettings
    from wsnas.spaces import Space
    from wsnas.standalone.protocol import StandaloneProtocol


@dataclass(frozen=True, kw_only=True, slots=True)
class StandalonePlan:
    """How the winner is trained from scratch."""

    protocol: StandaloneProtocol
    """Images, size and training."""
    table: str | None
    """Name of the table whose architectures were measured by this very protocol; None where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrained:
    """Trainings of one architecture from scratch."""

    architecture: str
    """Its canonical string."""
    accuracies: tuple[float, ...]
    """Accuracy on the test images after each training."""
    seconds: float
    """Time of all trainings and scorings."""
    plan: StandalonePlan
    """How it was trained."""
    better: int | None
    """How many of the plan's table are better than the mean; None without such a table."""
    compared: int | None
    """How many that table has."""

    @property
    def mean(self) -> float:
        """Mean accuracy."""
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float | None:
        """Standard deviation between trainings; None for a single one."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.accuracies) > 1 else None


def standalone_plan(settings: StudySettings, changes: Mapping[str, Any] | None = None) -> StandalonePlan:
    """Return the protocol that the study's table was measured by, else the space's.

    Where the study has other images than the space's protocol, its images and the size of its baseline
    recipe take their places.

    Args:
        settings: The study's question.
        changes: Settings of the protocol to change, by name.

    Raises:
        InputError: a name or value that is none of a protocol's.
    """
    from wsnas.standalone.protocol import space_protocol

    measured = _measured_tables(settings)
    own = measured.get(settings.table, {})
    if not own and settings.data != space_protocol(settings.space).data:
        size = settings.baseline().size()
        own = {
            "data": settings.data,
            "resolution": settings.sizes().resolution,
            "channels": size.channels,
            "cells": size.cells,
        }
    protocol = space_protocol(settings.space, {**own, **(changes or {})})
    alike = [name for name, values in measured.items() if values == protocol.values()]
    return StandalonePlan(protocol=protocol, table=alike[0] if alike else None)


def retrain(
    space: Space[Any],
    architecture: Any,
    *,
    plan: StandalonePlan,
    seeds: int,
    seed: int,
    place: Place,
    on_training: Callable[[float], None] = lambda _: None,
) -> Retrained:
    """Train an architecture from scratch several times.

    Args:
        space: Where it is from.
        architecture: What to train.
        plan: How.
        seeds: How often, at least once.
        seed: Source of all randomness.
        place: Data folder and device.
        on_training: Told after each training how many are done.
    """
    from objectives.question.inputs import resolve_device
    from wsnas.data import load_images
    from wsnas.groundtruth import load
    from wsnas.standalone.measure import check, measure

    protocol = plan.protocol
    images = load_images(protocol.data, resolution=protocol.resolution, data_dir=place.data_dir)
    device = resolve_device(place.device)
    check(space, [architecture], images, protocol=protocol, device=device)
    images = images.to(device)
    accuracies: list[float] = []
    seconds = 0.0
    for number in range(seeds):
        drawn = int(numpy_stream(seed, f"retraining {number}").integers(2**31))
        found = measure(space, architecture, images, protocol=protocol, seed=drawn)
        accuracies.append(found.accuracy)
        seconds += found.seconds
        on_training(number + 1)
    table = None if plan.table is None else load(space, plan.table)
    return Retrained(
        architecture=space.format(architecture),
        accuracies=tuple(accuracies),
        seconds=seconds,
        plan=plan,
        better=None if table is None else int((table.accuracies > np.mean(accuracies)).sum()),
        compared=None if table is None else len(table),
    )


def _measured_tables(settings: StudySettings) -> dict[str, dict[str, Any]]:
    """Return the protocols of the measured tables that are at hand by name, the study's own first."""
    from wsnas.groundtruth.measured_table import embedded_tables, is_measured, read_description

    folders = embedded_tables(settings.space)
    if settings.table not in folders and is_measured(Path(settings.table)):
        folders = {settings.table: Path(settings.table), **folders}
    return {name: read_description(folder).protocol for name, folder in folders.items()}
