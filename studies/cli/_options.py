"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studies.study import Handle

DEFAULT_STORAGE = "sqlite:///runs/wsnas.db"


@dataclass(frozen=True, kw_only=True)
class StudyChoice:
    """Which study a command is about."""

    space: str = "nb201"
    """Search space; with the scale it names the study where --study does not."""
    scale: str = "mini"
    """How big runs are: mini or paper."""
    study: str | None = None
    """Name of the study; SPACE-SCALE by default."""
    storage: str = DEFAULT_STORAGE
    """Where studies are kept: sqlite:///FILE."""

    @property
    def study_name(self) -> str:
        """The study's name."""
        return self.study or f"{self.space}-{self.scale}"

    @property
    def folder(self) -> Path:
        """Where the study's report, recipe, weights and logs go: beside the database."""
        from studies.storage import database_path

        database = database_path(self.storage)
        name = safe_name(self.study_name)
        return database.parent / (name if database.stem == "wsnas" else f"{database.stem}-{name}")

    def open(self) -> Handle:
        """Open the study."""
        from studies.study import open_study

        return open_study(self.storage, self.study_name)


def safe_name(name: str) -> str:
    """Return the name of a folder that cannot leave its parent; `InputError` where there is none."""
    from wsnas.errors import InputError

    if not name or name.startswith((".", "-")) or any(character in '/\\\0"\n' for character in name):
        raise InputError(f"study name {name!r}: letters, digits, dots, dashes and underscores are wanted")
    return name
