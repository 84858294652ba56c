"""Options that several commands share."""

from __future__ import annotations

import os
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studies.storage.address import STORAGE_VARIABLE

if TYPE_CHECKING:
    from studies.storage.address import Address
    from studies.study import Handle

DEFAULT_STORAGE = "sqlite:///runs/wsnas.db"
RUNS = Path("runs")


@dataclass(frozen=True, kw_only=True)
class StorageChoice:
    """Where studies are kept."""

    storage: str | None = None
    """Where studies are kept: sqlite:///FILE, postgresql://USER@HOST/DB, mysql://USER@HOST/DB or
    embedded-postgres; $WSNAS_STORAGE, or sqlite:///runs/wsnas.db, by default."""

    @property
    def address(self) -> Address:
        """The storage's address."""
        from studies.storage.address import parse_address

        return parse_address(self.storage or os.environ.get(STORAGE_VARIABLE) or DEFAULT_STORAGE)

    @property
    def root(self) -> Path:
        """Where the studies' folders are: beside SQLite's file, else in runs/."""
        path = self.address.path
        return RUNS if self.address.kind != "sqlite" or path is None else path.parent

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
    """How big runs are: mini or paper."""
    study: str | None = None
    """Name of the study; SPACE-SCALE by default."""

    @property
    def study_name(self) -> str:
        """The study's name."""
        return self.study or f"{self.space}-{self.scale}"

    @property
    def folder(self) -> Path:
        """Where the study's report, recipe, weights and logs go: beside SQLite's file, else in runs/."""
        name = safe_name(self.study_name)
        if self.address.kind != "sqlite" or self.address.path is None:
            # Studies of one name may stand in two servers, SQLite's are beside their file.
            return RUNS / f"{name}-{zlib.crc32(self.address.shown.encode()):08x}"
        database = self.address.path
        return database.parent / (name if database.stem == "wsnas" else f"{database.stem}-{name}")

    def open(self, *, patience: float = 0.0) -> Handle:
        """Open the study."""
        from studies.study import open_study

        self.warn_of_password()
        return open_study(self.address, self.study_name, patience=patience)


@dataclass(frozen=True, kw_only=True)
class WorkChoice(StudyChoice):
    """How a command works on a study."""

    data_dir: Path | None = None
    """Folder of cifar10's binary archive."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    checkpoints: Path | None = None
    """Folder of the checkpoints of trials under way; one that all hosts see lets any worker go on with
    them. The study's own folder by default."""

    @property
    def checkpoint_folder(self) -> Path:
        """Where checkpoints go."""
        return self.checkpoints or self.folder / "checkpoints"


def safe_name(name: str) -> str:
    """Return the name of a folder that cannot leave its parent; `InputError` where there is none."""
    from wsnas.errors import InputError

    if not name or name.startswith((".", "-")) or any(character in '/\\\0"\n' for character in name):
        raise InputError(f"study name {name!r}: letters, digits, dots, dashes and underscores are wanted")
    return name
