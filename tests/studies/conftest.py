"""What tests of several folders share: commands, a finished study, costs of networks, where servers live."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import Forked
from tests.studies.commands import Commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studies.config.settings import StudySettings
    from studies.schedule.study import OpenStudy
    from wsnas.ranking.pools import Pool

# The name is that of a default study, so that texts for such a study hold for this one.
STUDY = ("study", "--scale", "tiny", "--study", "nb201-mini", "--workers", "1")


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder whose ``runs/wsnas.db`` holds the finished study ``nb201-mini``; do not change it.

    ``study.out`` is what the command said that made it.
    """
    root = tmp_path_factory.getbasetemp()
    # Processes of one run share the folder above theirs, and so the study.
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = (root / "small-study").resolve()
    folder.mkdir(exist_ok=True)
    with (root / "small-study.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            study = Forked(*STUDY, folder=folder, name="study")
            assert study.wait(300) == 0, study.error
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def finished(small_study: Path) -> OpenStudy:
    """That study, opened; do not change it."""
    from studies.schedule.study import open_study

    return open_study(f"sqlite:///{small_study}/runs/wsnas.db", "nb201-mini")


@pytest.fixture(scope="session")
def _invented_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import numpy as np

    from studies.schedule import study
    from tests.studies.verdicts.screens import invent_study

    folder = tmp_path_factory.mktemp("invented")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "pool_costs", lambda _settings, pool: np.ones((2, len(pool))))
        invent_study(folder)
    return folder


@pytest.fixture
def invented_study(_invented_study: Path, tmp_path: Path) -> Path:
    """A copy of the folder of the study that `tests.studies.verdicts.screens.invent_study` makes."""
    return shutil.copytree(_invented_study, tmp_path / "runs")


@pytest.fixture
def wsnas(capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(capsys)


@pytest.fixture(scope="session", autouse=True)
def _costs_of_the_same_pools_are_counted_once() -> Iterator[None]:
    """Counting takes a second, and most studies of the tests have the same pools."""
    from objectives.question.inputs import pool_costs
    from studies.schedule import study

    known: dict[Any, Any] = {}

    def counted(settings: StudySettings, pool: Pool) -> Any:
        key = settings.space, settings.baseline().size(), pool.architectures
        if key not in known:
            known[key] = pool_costs(settings, pool)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "pool_costs", counted)
        yield


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A folder for database servers.

    As root they run as another user, to whom pytest closes its own folders whenever a session starts.
    """
    with tempfile.TemporaryDirectory(prefix="wsnas-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
