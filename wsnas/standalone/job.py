"""A table as a job: a folder that says what to measure, which many workers fill and which outlives them.

The folder holds ``job.json``, a CSV file for each architecture and seed that is measured, and locks. Each
worker takes the first unit that is neither measured nor locked; a lock ends with its process, so nothing
has to be cleaned up after a kill.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wsnas.claim import claim_file
from wsnas.errors import InputError
from wsnas.files import refuse_foreign, write_whole
from wsnas.spaces import get_space
from wsnas.standalone.protocol import StandaloneProtocol
from wsnas.training.streams import numpy_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wsnas.spaces import Space

FORMAT = 1
JOB = "job.json"
"""File of a folder that says what to measure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """One training: an architecture and the number of its seed."""

    index: int
    """Which architecture, in the order in which they are drawn."""
    repeat: int
    """Which seed of this architecture, from 0."""

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{self.index:06d}-{self.repeat}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What is to be measured. Its size may grow at any time and is no part of the question."""

    space: str
    """Name of the space."""
    seed: int
    """Source of the architectures that are drawn and of the seeds of their trainings."""
    size: int
    """How many architectures."""
    seeds: int
    """Trainings of an architecture that is repeated, at least 1."""
    repeated: int
    """How many architectures, the first ones, are trained `seeds` times; the others once."""
    protocol: StandaloneProtocol
    """How each is trained and scored."""

    def __post_init__(self) -> None:
        space = get_space(self.space)
        if self.seed < 0:
            raise InputError(f"seed {self.seed}: a whole number of at least 0 is wanted")
        if self.size < 2 or self.seeds < 1 or not 0 <= self.repeated <= self.size:
            raise InputError(
                f"table of {self.size} architectures, {self.repeated} of them with {self.seeds} seeds: at"
                " least 2 architectures and 1 seed, and no more repeated than there are"
            )
        if self.size > space.size // 2:
            raise InputError(f"{self.size} architectures: at most half of the {space.size:,} of {space.name}")

    def units(self) -> Iterator[Unit]:
        """Yield what there is to measure; the first seed of every architecture comes first."""
        for repeat in range(self.seeds):
            for index in range(self.repeated if repeat else self.size):
                yield Unit(index=index, repeat=repeat)

    def training_seed(self, unit: Unit) -> int:
        """Return the seed of a unit's training; it depends on the job's seed and the unit alone."""
        return int(numpy_stream(self.seed, f"training {unit.name}").integers(2**31))

    def architectures(self) -> list[Any]:
        """Draw the architectures; those of a smaller job come first in a larger one.

        They are uniform over the space, each once, but every other one is drawn from the part that all
        mappings can rank (`Space.comparable`), so that studies have at least half of the table.
        """
        return _draw(get_space(self.space), seed=self.seed, size=self.size)

    def question(self) -> dict[str, Any]:
        """Return what must not change when the job is resumed, as plain values."""
        return {
            "format": FORMAT,
            "space": self.space,
            "seed": self.seed,
            "protocol": self.protocol.values(),
        }


def _draw(space: Space[Any], *, seed: int, size: int) -> list[Any]:
    rng = numpy_stream(seed, "architectures")
    drawn: dict[Any, None] = {}
    while len(drawn) < size:
        architecture = space.sample(rng)
        if len(drawn) % 2 or space.comparable(architecture):
            drawn.setdefault(architecture)
    return list(drawn)


def open_job(folder: Path, job: Job) -> Job:
    """Create or resume a job; a resumed one never shrinks.

    Raises:
        InputError: the folder holds another job; the message names the first difference.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, a folder is wanted")
    file = folder / JOB
    sizes = {name: getattr(job, name) for name in ("size", "seeds", "repeated")}
    if file.exists():
        kept = read_job(folder)
        refuse_another(folder, kept, job)
        sizes = {name: max(value, getattr(kept, name)) for name, value in sizes.items()}
        job = replace(kept, **sizes)
    refuse_foreign(folder, "*.csv", "table.json", "worker-*.log", signs=(JOB,))
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps({**job.question(), **sizes}, indent=1) + "\n")
    return job


def refuse_another(folder: Path, kept: Job, job: Job) -> None:
    """Raise `InputError`, with the first difference, where a folder's job asks what `job` does not."""
    old, new = (
        {**question, **question["protocol"], "protocol": None}
        for question in (kept.question(), job.question())
    )
    for name in new:
        if old[name] != new[name]:
            raise InputError(f"{folder}: was made with {name} {old[name]}, now it is {new[name]}")


def read_job(folder: Path) -> Job:
    """Read a folder's job; `InputError` where there is none or this version cannot continue it."""
    try:
        values = json.loads((folder / JOB).read_text("utf-8"))
        if values.pop("format") != FORMAT:
            raise InputError("another version's format; make the table in a new folder")
        return Job(**{**values, "protocol": StandaloneProtocol(**values["protocol"])})
    except InputError as error:
        raise InputError(f"{folder / JOB}: {error}") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{folder}: has no readable job.json ({error})") from error


def is_done(folder: Path, unit: Unit) -> bool:
    """Return whether a unit is measured."""
    return (folder / f"{unit.name}.csv").exists()


def claim(folder: Path, unit: Unit) -> AbstractContextManager[bool]:
    """Hold a unit while it is measured; False where another process holds it or it is measured."""
    return claim_file(folder / f"{unit.name}.lock", done=lambda: is_done(folder, unit))
