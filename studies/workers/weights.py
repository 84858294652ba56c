"""Weights of trained super-nets on disk, never half-written and never unpickled."""

from __future__ import annotations

import glob
import io
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, RunError
from wsnas.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from wsnas.supernets.base import SuperNet


def weights_path(folder: Path, study: str, ticket: int, snapshot: int) -> Path:
    """Return where a snapshot of a confirmation run's super-net is kept.

    Args:
        folder: The study's folder, which a study of the same name in another storage may share.
        study: The study's key, a name of its own among all studies of all storages.
        ticket: The run's ticket.
        snapshot: Which of the scale's snapshots, from 0.
    """
    return folder / f"supernet-{study}-{ticket}-{snapshot}.pt"


def sweep_weights(folder: Path, study: str, *, keep: Collection[int]) -> None:
    """Remove a study's weights but those of some tickets."""
    kept = {str(ticket) for ticket in keep}
    for file in folder.glob(f"supernet-{glob.escape(study)}-*-*.pt"):
        if file.name.split("-")[-2] not in kept:
            file.unlink(missing_ok=True)


def save_weights(supernet: SuperNet, path: Path) -> None:
    """Write a super-net's state; `RunError` where the disk does not take it."""
    import torch

    buffer = io.BytesIO()
    torch.save(supernet.state_dict(), buffer)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, buffer.getbuffer())
    except OSError as error:
        raise RunError(f"weights {path}: cannot be written ({error})".splitlines()[0]) from error


def load_weights(supernet: SuperNet, path: Path) -> None:
    """Read a super-net's state; `InputError` where the file is missing, damaged or of another network."""
    import torch

    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        supernet.load_state_dict(state)
    except FileNotFoundError as error:
        raise InputError(f"weights {path}: there is no such file") from error
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"weights {path}: damaged, or of another network ({reason})") from error
