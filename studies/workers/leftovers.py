"""What trials leave on the disk: checkpoints of trials under way and weights of the winner's super-nets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.schedule.confirmation import CONFIRMATION, winner
from studies.schedule.recovery import unfinished_origins
from studies.schedule.selection import runs_of
from studies.workers.checkpoints import Checkpoints
from studies.workers.weights import sweep_weights

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy


@dataclass(frozen=True, kw_only=True, slots=True)
class Folders:
    """Where a worker's files go; not part of a study's question."""

    study: Path | None = None
    """Keeps pictures of trials, and the winner's super-nets of its confirmation runs; None: none are kept."""
    checkpoints: Path | None = None
    """Keeps checkpoints, with a folder in it for each of the study's two halves; None: an interrupted trial
    begins anew."""


def open_checkpoints(opened: OpenStudy, folder: Path | None) -> dict[str, Checkpoints]:
    """Return the checkpoints of the study's two halves by their names; none where there is no folder."""
    if folder is None:
        return {}
    halves = {opened.study.study_name: "trials", opened.confirm.study_name: "confirm"}
    # Studies may share a folder, also those of one name in two storages.
    return {name: Checkpoints(folder / opened.key / half) for name, half in halves.items()}


def sweep_checkpoints(opened: OpenStudy, folder: Path | None) -> int:
    """Remove the checkpoints of trials that are finished and return how many files those were."""
    checkpoints = open_checkpoints(opened, folder)
    return sum(
        checkpoints[study.study_name].sweep(unfinished_origins(study))
        for study in (opened.study, opened.confirm)
        if study.study_name in checkpoints
    )


def sweep(opened: OpenStudy, folders: Folders) -> None:
    """Remove the checkpoints that killed workers left behind, and the weights of former winners."""
    sweep_checkpoints(opened, folders.checkpoints)
    best = winner(opened)
    if folders.study is not None and best is not None:
        searching = {run.user_attrs["ticket"] for run in runs_of(opened, CONFIRMATION, best)}
        sweep_weights(folders.study, opened.key, keep=searching)
