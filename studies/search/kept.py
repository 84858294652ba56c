"""What super-nets of a random search have judged so far: one that was cut off is gone on with."""

from __future__ import annotations

import glob
import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from wsnas.files import write_whole
from wsnas.ranking.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PARTS = ("correct", "losses", "images")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptSearch:
    """One file for each super-net that has judged all architectures of a search."""

    folder: Path
    """The study's folder."""
    study: str
    """The study's key, a name of its own among all studies of all storages."""
    question: str
    """Digest of what is judged; another search takes no notice of it."""

    @classmethod
    def of(cls, folder: Path, study: str, architectures: Iterable[str]) -> KeptSearch:
        """Return what is kept of a search among these architectures."""
        digest = hashlib.sha256("\n".join(architectures).encode()).hexdigest()
        return cls(folder=folder, study=study, question=digest[:12])

    def load(self, seed: int) -> Judged | None:
        """Return what the super-net with this seed judged; None where that is not kept, or damaged."""
        try:
            with np.load(self._file(seed)) as kept:
                correct, losses, images = (kept[part] for part in _PARTS)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None
        return Judged(correct=correct, losses=losses, images=int(images))

    def save(self, seed: int, judged: Judged) -> None:
        """Keep what a super-net judged."""
        buffer = io.BytesIO()
        np.savez(buffer, **{part: getattr(judged, part) for part in _PARTS})
        write_whole(self._file(seed), buffer.getvalue())

    def remove(self) -> None:
        """Remove what is kept of any search of the study."""
        for file in self.folder.glob(f"search-{glob.escape(self.study)}-*.npz"):
            file.unlink(missing_ok=True)

    def _file(self, seed: int) -> Path:
        return self.folder / f"search-{self.study}-{self.question}-{seed}.npz"
