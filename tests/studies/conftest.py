"""What tests of several folders share: a small finished study, and a folder for servers."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
# The name is that of a default study, so that texts for such a study hold for this one.
STUDY = ("--scale", "tiny", "--study", "nb201-mini", "--trials", "4", "--factors", "learning_rate,epochs")


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder whose ``runs/wsnas.db`` holds the finished study ``nb201-mini``; do not change it."""
    root = tmp_path_factory.getbasetemp()
    # Processes of one run share the folder above theirs, and so the study.
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = root / "small-study"
    folder.mkdir(exist_ok=True)
    with (root / "small-study.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "runs/nb201-mini/report.html").exists():
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
            done = subprocess.run(
                [sys.executable, "-m", "studies", "study", *STUDY, "--workers", "1"],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A folder for database servers.

    As root they run as another user, to whom pytest closes its own folders whenever a session starts.
    """
    with tempfile.TemporaryDirectory(prefix="wsnas-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
