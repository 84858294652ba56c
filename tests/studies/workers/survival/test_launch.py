"""Workers as jobs, with submitit's executor for one machine."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from optuna.trial import TrialState

from studies.cli import main
from studies.schedule import attributes, budget
from studies.schedule.plan import plan_trials
from studies.schedule.study import create_or_open, open_study
from tests.processes import ROOT, wait_until
from tests.studies.commands import Commands
from tests.studies.short_study import settings
from tests.studies.workers.survival.running import undisturbed

if TYPE_CHECKING:
    from studies.schedule.study import OpenStudy

pytest.importorskip("submitit")


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenStudy:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    opened = create_or_open(f"sqlite:///{tmp_path}/runs/wsnas.db", "x", settings(), grace=6)
    plan_trials(opened, budget=1)
    return opened


def _words_of_the_jobs() -> list[str]:
    return [file.read_text()[-3000:] for file in Path("runs/x/jobs").glob("*.err")]


def _worker_of(opened: OpenStudy) -> int:
    """Return the process that runs a trial which has been saved."""
    saved = Path("runs/x/checkpoints") / opened.key / "trials"

    def owners() -> list[str]:
        trials = opened.study.get_trials(states=(TrialState.RUNNING,))
        return [str(trial.user_attrs["owner"]) for trial in trials if "owner" in trial.user_attrs]

    wait_until(lambda: owners() and list(saved.glob("*.pt")), pause=0.1, words=_words_of_the_jobs)
    return int(owners()[0].rsplit(":", 2)[1])


def test_jobs_finish_the_study_and_a_preempted_one_hands_its_trial_back_and_returns(
    opened: OpenStudy, wsnas: Commands
) -> None:
    wsnas.output("launch", "--study", "x", "--workers", "1", "--cpus", "1", "--hours", "1")
    os.kill(_worker_of(opened), signal.SIGUSR2)
    wait_until(lambda: budget.counted(opened.study), seconds=150, pause=0.3, words=_words_of_the_jobs)
    trials = open_study(opened.address, "x").study.trials
    assert trials[0].state is TrialState.FAIL
    assert trials[0].user_attrs[attributes.INTERRUPTED]
    assert trials[1].user_attrs[attributes.RESUMED] > 0
    assert trials[1].value == undisturbed(opened, trials[1])
    wait_until(lambda: list(Path("runs/x/jobs").glob("*_result.pkl")))


def test_a_dry_run_prints_the_script_and_submits_nothing(
    wsnas: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WSNAS_STORAGE", "postgresql://me:s3cret@host/db")
    choice = ("--study", "x", "--workers", "10", "--partition", "gpu")
    script = wsnas.output("launch", "--slurm", "--dry-run", *choice)
    for line in ("--array=0-9%10", "--gpus-per-node=1", "--partition=gpu", "--signal=USR2@90", "--time=1440"):
        assert f"#SBATCH {line}" in script
    assert "s3cret" not in script
    assert not list(tmp_path.rglob("*.pkl"))


def test_a_launch_leaves_the_environment_of_its_own_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for before in (None, "sqlite:///mine.db"):
        monkeypatch.delenv("WSNAS_STORAGE", raising=False)
        if before is not None:
            monkeypatch.setenv("WSNAS_STORAGE", before)
        assert main(["launch", "--study", "x", "--storage", "sqlite:///other.db", "--dry-run"]) == 0
        assert os.environ.get("WSNAS_STORAGE") == before
