"""Artifacts: pictures that optuna-dashboard shows on a trial's page, and a study's report.

Pictures are uploaded just before a trial ends, since Optuna takes none for a trial that has ended.
"""

from __future__ import annotations

import io
import logging
import re
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from optuna.artifacts import ArtifactMeta, upload_artifact
from optuna.artifacts.exceptions import ArtifactNotFound

from studies.config.places import ARTIFACTS
from studies.pictures.trial import curve_svg, ranking_svg, trial_title
from studies.schedule.readings import own_ranking
from studies.storage.optuna_internals import attributes_of, read_trial, record_artifact
from wsnas.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    import optuna
    from numpy.typing import NDArray

    from studies.schedule.study import OpenStudy

_NAME = re.compile(r"[0-9a-fA-F-]{1,64}")
_ABSENT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 60" width="480" height="60">'
    '<rect width="480" height="60" fill="#fff"/><text x="12" y="35" font-family="sans-serif" font-size="13">'
    "This is not in the folders of artifacts on this machine.</text></svg>\n"
)

_log = logging.getLogger(__name__)


class Artifacts:
    """An artifact store in folders: what is read may be in any, what is new goes into the first."""

    def __init__(self, folders: Callable[[], Iterable[Path]]) -> None:
        """Prepare a store; the folders are asked for each time, since a new study brings a new one."""
        self._folders = folders

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """Return an artifact's bytes; a picture that says so where another machine has them."""
        file = self._find(artifact_id)
        return io.BytesIO(_ABSENT.encode()) if file is None else file.open("rb")

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Keep an artifact, whole or not at all."""
        folder = next(iter(self._folders()))
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / _checked(artifact_id), content_body.read())

    def remove(self, artifact_id: str) -> None:
        """Remove an artifact; nothing happens where another machine has it."""
        file = self._find(artifact_id)
        if file is not None:
            file.unlink(missing_ok=True)

    def _find(self, artifact_id: str) -> Path | None:
        files = (folder / _checked(artifact_id) for folder in self._folders())
        return next((file for file in files if file.is_file()), None)


def artifact_folders(root: Path) -> list[Path]:
    """Return the folder for what a dashboard's user uploads, and those of the studies below a folder."""
    return [root / ARTIFACTS, *sorted(root.glob(f"*/{ARTIFACTS}"))]


def _checked(artifact_id: str) -> str:
    """Return an identifier that cannot leave its folder."""
    if not _NAME.fullmatch(artifact_id):
        raise ArtifactNotFound(artifact_id)
    return artifact_id


def illustrate(trial: optuna.Trial, value: float | None, *, truth: NDArray[np.float64], folder: Path) -> None:
    """Attach a trial's pictures to it; a failure is logged and costs the trial nothing else.

    Args:
        trial: The trial, still running.
        value: Its s-KdT; None where it was stopped early.
        truth: True accuracies of the architectures that it ranked, in their order.
        folder: The study's folder.
    """
    try:
        store = Artifacts(lambda: [folder / ARTIFACTS])
        with tempfile.TemporaryDirectory() as place:
            for name, text in _pictures(trial, value, truth).items():
                file = Path(place) / name
                file.write_text(text, "utf-8")
                upload_artifact(
                    artifact_store=store, file_path=str(file), study_or_trial=trial, mimetype="image/svg+xml"
                )
    except Exception as error:
        _log.warning("trial %d has no pictures: %s", trial.number, str(error).splitlines()[:1])


def attach_report(opened: OpenStudy, page: str, *, folder: Path) -> str | None:
    """Keep a study's report as its artifact, in place of an earlier one.

    Args:
        opened: The study.
        page: The report's text.
        folder: The study's folder.

    Returns:
        The address of the report in a dashboard that serves the artifacts; None where it cannot be written.
    """
    study = opened.study
    # One for each study, so that the link stays as it is.
    identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, f"wsnas:{opened.key}:report"))
    try:
        Artifacts(lambda: [folder / ARTIFACTS]).write(identifier, io.BytesIO(page.encode()))
    except OSError as error:
        _log.warning("study %s: its report is not among its artifacts (%s)", opened.name, error.strerror)
        return None
    meta = ArtifactMeta(
        artifact_id=identifier, filename="report.html", mimetype="text/html; charset=utf-8", encoding=None
    )
    return record_artifact(study, meta)


def _pictures(trial: optuna.Trial, value: float | None, truth: NDArray[np.float64]) -> dict[str, str]:
    frozen = read_trial(trial.study, trial)
    attributes = attributes_of(frozen)
    title = trial_title(trial.number, attributes["phase"], value)
    found = {}
    ranked = own_ranking(attributes)
    if value is not None and len(ranked) == len(truth) and not attributes.get("diverged", False):
        found["ranking.svg"] = ranking_svg(ranked, truth, title=title)
    if frozen.intermediate_values or value is not None:
        found["curve.svg"] = curve_svg(frozen.intermediate_values, value, title=title)
    return found
