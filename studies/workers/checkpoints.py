"""Checkpoints of trials under way: one small file each, whole or not there, and gone with the trial.

A file is named after the first attempt at the trial and the attempt that wrote it. No attempt writes
another's file, so a worker that was taken for dead cannot spoil what its successor saved.
"""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

from wsnas.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_log = logging.getLogger(__name__)

IDENTITY = "identity"
"""Key of a checkpoint that says which run it belongs to."""


class Checkpoints:
    """The checkpoints of one study in a folder that all its workers see, or at least those of one host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, origin: int, *, identity: str) -> Mapping[str, Any] | None:
        """Return the last state that an attempt at a trial saved; None where there is none.

        Args:
            origin: Number of the first attempt.
            identity: What the state must carry; states of other runs and damaged files are passed over.
        """
        import torch

        for path in sorted(self._files(origin), reverse=True):
            try:
                state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
                if state[IDENTITY] == identity:
                    return state
                _log.warning("checkpoint %s belongs to another run: it is passed over", path)
            except FileNotFoundError:
                continue
            except Exception as error:
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                _log.warning("checkpoint %s is damaged (%s): it is passed over", path, reason)
        return None

    def save(self, origin: int, attempt: int, state: Mapping[str, Any], *, identity: str) -> bool:
        """Write a state and return whether the disk took it; where it did not, the one before stays."""
        import torch

        path = self._path(origin, attempt)
        buffer = io.BytesIO()
        torch.save({**state, IDENTITY: identity}, buffer)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, buffer.getbuffer(), durable=True)
        except OSError as error:
            reason = error.strerror or error
            _log.warning("checkpoint %s not written (%s): the run goes on, the last one stays", path, reason)
            return False
        for older in self._files(origin):
            if older.name < path.name:
                older.unlink(missing_ok=True)
        return True

    def discard_older(self, origin: int, attempt: int) -> None:
        """Remove an attempt's file where a later attempt has one; otherwise that one may still want it."""
        path = self._path(origin, attempt)
        if any(other.name > path.name for other in self._files(origin)):
            path.unlink(missing_ok=True)

    def remove(self, origin: int) -> None:
        """Remove all files of a trial, half-written ones included."""
        for path in self.folder.glob(f"{origin:06d}-*"):
            path.unlink(missing_ok=True)

    def sweep(self, unfinished: Iterable[int]) -> int:
        """Remove what belongs to no unfinished trial and return how many files that were."""
        kept = {f"{origin:06d}" for origin in unfinished}
        swept = [path for path in self.folder.glob("*-*") if path.name.partition("-")[0] not in kept]
        for path in swept:
            path.unlink(missing_ok=True)
        return len(swept)

    def sizes(self) -> list[int]:
        """Return the size of each file in bytes."""
        sizes = []
        for path in self.folder.glob("*.pt"):
            try:
                sizes.append(path.stat().st_size)
            except FileNotFoundError:
                continue
        return sizes

    def _files(self, origin: int) -> list[Path]:
        return list(self.folder.glob(f"{origin:06d}-*.pt"))

    def _path(self, origin: int, attempt: int) -> Path:
        return self.folder / f"{origin:06d}-{attempt:06d}.pt"
