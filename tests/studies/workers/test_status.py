from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.trial import TrialState
from rich.console import Console

from objectives.memory import PEAK
from studies.cli.workers.progress import ProgressDisplay
from studies.config.settings import StudySettings
from studies.schedule import attributes, budget, recovery
from studies.schedule.plan import plan_trials
from studies.schedule.selection import reference
from studies.schedule.stages import Progress, Stage, plan_next
from studies.schedule.study import create_or_open, open_study
from studies.storage import open_storage, worker_identity
from studies.workers.repair import repair
from studies.workers.status import duration, seconds_left, study_status, time_left
from tests.studies.commands import Commands
from tests.studies.made_runs import MadeStudy
from tests.studies.short_study import settings
from tests.studies.verdicts.screens import pretend_to_work
from wsnas.errors import InputError

if TYPE_CHECKING:
    from studies.schedule.study import OpenStudy

ELSEWHERE = "otherhost:boot:123:456"


@pytest.fixture
def opened(tmp_path: Path) -> OpenStudy:
    opened = create_or_open(f"sqlite:///{tmp_path}/wsnas.db", "x", settings(), grace=30)
    # Four of them tune, and wait from the beginning.
    plan_trials(opened, budget=11)
    return opened


def take(opened: OpenStudy, owner: str, *, beats: bool = True) -> Any:
    trial = opened.study.ask()
    trial.set_user_attr(attributes.OWNER, owner)
    if beats:
        opened.storage.record_heartbeat(trial._trial_id)
    return trial


def test_a_running_trial_is_shown_with_its_worker_and_pace(opened: OpenStudy) -> None:
    trial = take(opened, worker_identity.this_process())
    trial.set_user_attr("device", "cpu (x)")
    opened.storage.try_set_user_attr(trial._trial_id, attributes.PACE, [2.0, 8.0, 1234.5])
    (worker,) = study_status(opened).workers
    assert (worker.epoch, worker.epochs, worker.images_per_second) == (2.0, 8.0, 1234.5)
    assert worker.host == worker_identity.host_and_process(worker_identity.this_process())[0]
    assert worker.device == "cpu (x)"
    assert worker.alive
    assert worker.silent_seconds is not None
    assert worker.silent_seconds < 30


def test_the_largest_peak_of_the_trials_memory_is_shown(opened: OpenStudy, wsnas: Commands) -> None:
    assert study_status(opened).peak_memory_bytes is None
    for peak in (3 * 10**9, 2 * 10**9):
        take(opened, worker_identity.this_process()).set_user_attr(PEAK, peak)
    assert study_status(opened).peak_memory_bytes == 3 * 10**9
    shown = wsnas.output("status", "--study", "x", "--storage", opened.address.url)
    assert "Memory of a trial (on a CPU: of its process): at most 3.00 GB" in shown


def test_dead_and_silent_workers_are_stale_and_attempts_that_were_followed_are_not_counted(
    opened: OpenStudy,
) -> None:
    take(opened, f"{worker_identity.this_process()}0")
    take(opened, ELSEWHERE, beats=False)
    found = study_status(opened)
    assert found.stale == 2
    assert found.states == {"running": 2, "waiting": 2}
    recovery.reclaim_lost(opened.study)
    found = study_status(opened)
    assert found.stale == 1
    assert found.retries == 1
    assert found.states == {"running": 1, "waiting": 3}
    assert found.budget_left == found.budget == 11


def test_repair_returns_what_is_stuck_and_says_so(opened: OpenStudy, tmp_path: Path) -> None:
    take(opened, f"{worker_identity.this_process()}0")
    take(opened, ELSEWHERE, beats=False)
    take(opened, worker_identity.this_process())
    left = tmp_path / "saved" / opened.key / "trials/000077-000077.pt"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    words = repair(opened, checkpoints=tmp_path / "saved")
    assert words == [
        "trial 1 of x: its worker never showed a sign",
        "trial 0 of x is enqueued again",
        "trial 1 of x is enqueued again",
        "1 checkpoint of finished trials removed",
    ]
    states = [trial.state for trial in opened.study.get_trials()]
    assert states[:3] == [TrialState.FAIL, TrialState.FAIL, TrialState.RUNNING]
    assert repair(opened, checkpoints=tmp_path / "saved") == []


def test_repair_gives_what_was_given_up_another_chance(opened: OpenStudy) -> None:
    trial = take(opened, worker_identity.this_process())
    trial.set_user_attr(attributes.ERROR, "ValueError: broken")
    trial.set_user_attr(attributes.FAULT, "recipe")
    opened.study.tell(trial, state=TrialState.FAIL)
    assert study_status(opened).reasons == ("ValueError: broken",)
    words = repair(opened, checkpoints=None)
    assert words == [
        "ticket 0 of x gets another chance: ValueError: broken",
        "trial 0 of x is enqueued again",
    ]


def test_confirmations_that_were_deleted_are_named_made_again_and_come_to_the_same(
    invented_study: Path, wsnas: Commands
) -> None:
    url = f"sqlite:///{invented_study}/wsnas.db"
    choice = ("--scale", "tiny", "--storage", url)
    before = json.loads(wsnas.output("report", "--json", *choice))
    key = open_study(url, "nb201-tiny").key
    optuna.delete_study(study_name="nb201-tiny-confirm", storage=url)
    for command in ("report", "status", "export", "worker"):
        error = wsnas.refused(command, *choice)
        assert "study 'nb201-tiny' in" in error
        assert "has lost its half 'nb201-tiny-confirm': `wsnas study repair` makes it again" in error
    said = wsnas.output("study", "repair", *choice).splitlines()
    assert said == [
        "nb201-tiny-confirm was gone and is made again: selections and confirmations are lost and run anew"
    ]
    opened = open_study(url, "nb201-tiny")
    assert opened.key != key
    assert study_status(opened).progress.stage is Stage.SELECTION
    pretend_to_work(opened)
    assert json.loads(wsnas.output("report", "--json", *choice)) == before


def test_a_study_that_was_deleted_is_named_and_made_again_by_the_half_that_is_left(
    invented_study: Path, wsnas: Commands
) -> None:
    url = f"sqlite:///{invented_study}/wsnas.db"
    choice = ("--scale", "tiny", "--storage", url)
    before = open_study(url, "nb201-tiny")
    runs = len(before.confirm.trials)
    optuna.delete_study(study_name="nb201-tiny", storage=url)
    error = wsnas.refused("report", *choice)
    assert "is gone but for its half 'nb201-tiny-confirm': `wsnas study repair` makes it again" in error
    with pytest.raises(InputError, match="seed"):
        create_or_open(url, "nb201-tiny", replace(before.settings, seed=5))
    assert optuna.get_all_study_names(url) == ["nb201-tiny-confirm"]
    said = wsnas.output("study", "repair", *choice).splitlines()
    assert said == [
        "nb201-tiny was gone and is made again: its trials are lost,"
        f" {runs} runs of nb201-tiny-confirm are kept"
    ]
    opened = open_study(url, "nb201-tiny")
    assert opened.settings == before.settings
    plan_trials(opened, budget=40)
    assert study_status(opened).progress.stage is Stage.TUNE
    assert wsnas.output("study", "repair", *choice) == "nothing is stuck\n"


def test_a_copy_without_its_half_gets_one_and_keeps_its_files_apart(
    invented_study: Path, wsnas: Commands
) -> None:
    url = f"sqlite:///{invented_study}/wsnas.db"
    optuna.copy_study(from_study_name="nb201-tiny", to_study_name="copy", from_storage=url, to_storage=url)
    choice = ("--scale", "tiny", "--study", "copy", "--storage", url)
    assert "has lost its half 'copy-confirm'" in wsnas.refused("status", *choice)
    assert "copy-confirm was gone and is made again" in wsnas.output("study", "repair", *choice)
    copy, original = open_study(url, "copy"), open_study(url, "nb201-tiny")
    assert copy.key != original.key
    assert reference(copy) == reference(original)
    assert not copy.confirm.trials
    assert original.confirm.trials


def test_runs_that_are_not_known_to_answer_the_question_are_not_taken_over(
    tmp_path: Path, wsnas: Commands
) -> None:
    url = f"sqlite:///{tmp_path}/wsnas.db"
    theirs = optuna.create_study(study_name="x-confirm", storage=open_storage(url))
    theirs.optimize(lambda trial: trial.suggest_float("a", 0, 1), n_trials=1)
    with pytest.raises(InputError, match="'x-confirm' is there and holds other runs"):
        create_or_open(url, "x", settings())
    assert optuna.get_all_study_names(url) == ["x-confirm"]
    assert theirs.user_attrs == {}
    choice = ("--study", "x", "--storage", url)
    assert "does not say what it was about" in wsnas.refused("study", "repair", *choice)


def test_the_half_of_a_study_of_an_earlier_version_comes_to_say_what_it_is_about(opened: OpenStudy) -> None:
    with opened.storage.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM study_user_attributes WHERE study_id = 2")
    assert "settings" not in open_study(opened.address, "x").confirm.user_attrs
    create_or_open(opened.address, "x", settings())
    assert open_study(opened.address, "x").confirm.user_attrs["settings"] == settings().fingerprint()


def test_the_commands_print_it(opened: OpenStudy, wsnas: Commands) -> None:
    take(opened, ELSEWHERE)
    choice = ("--study", "x", "--storage", opened.address.url)
    shown = wsnas.output("status", *choice)
    assert "otherhost" in shown
    assert "11 of the budget of 11 trials left" in shown
    assert "nothing is stuck" in wsnas.output("study", "repair", *choice)


@pytest.mark.parametrize(
    ("stage", "ahead"),
    [
        # Half of the running trial is done; selection, screen and confirmation are still to come.
        (Stage.TUNE, 2.5 + 2 + 7 + 12),
        (Stage.SELECTION, 2.5 + 7 + 12),
        (Stage.SCREEN, 2.5 + 12),
        (Stage.RECHECK, 2.5 + 12),
        (Stage.CONFIRMATION, 3 * 2.5),
        (Stage.DONE, 0.0),
    ],
)
def test_the_time_left_is_that_of_all_stages_to_come_and_of_longer_confirmation_runs(
    stage: Stage, ahead: float, opened: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = replace(opened.settings.sizes(), confirmation_length=3)
    monkeypatch.setattr(StudySettings, "sizes", lambda _: longer)
    progress = Progress(stage=stage, total=5, done=1, pruned=0, running=1, given_up=1)
    assert (seconds_left(opened, progress, workers=1) is None) is (stage is not Stage.DONE)
    MadeStudy(opened=opened, quality=lambda _: 0.5).end(opened.study, most=1)
    assert seconds_left(opened, progress, workers=2) == pytest.approx(10.0 * ahead / 2)


def test_durations_are_said_as_people_say_them() -> None:
    assert [duration(seconds) for seconds in (None, 5, 600, 36000)] == ["?", "1 min", "10 min", "10.0 h"]
    assert [time_left(seconds) for seconds in (None, 0, 59, 600, 36000)] == [
        "time left not known yet",
        "less than 1 min left",
        "less than 1 min left",
        "about 10 min left",
        "about 10.0 h left",
    ]


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("stage", list(Stage))
def test_what_is_left_is_said_of_every_stage_and_of_none_after_the_end(
    stage: Stage, terminal: bool, opened: OpenStudy
) -> None:
    MadeStudy(opened=opened, quality=lambda _: 0.5).end(opened.study, most=1)
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=terminal, width=200)
    with ProgressDisplay(opened, workers=1, console=console) as display:
        display(Progress(stage=stage, total=5, done=5, pruned=0, running=0, given_up=0))
    assert "best s-KdT" in shown.getvalue()
    assert (" left" in shown.getvalue()) is (stage is not Stage.DONE)


def test_a_study_that_is_not_planned_or_only_half_is_not_done(tmp_path: Path) -> None:
    opened = create_or_open(f"sqlite:///{tmp_path}/new.db", "y", settings())
    assert plan_next(opened).stage is Stage.TUNE
    opened.study.set_user_attr(attributes.TUNE, 3)
    opened.study.set_user_attr(attributes.BUDGET, 9)
    ticket = budget.Ticket(number=0, phase="tune", parameters={}, seed=0, pool="trials")
    budget.enqueue(opened.study, [ticket])
    opened.study.optimize(lambda trial: 0.5, n_trials=1)
    progress = plan_next(opened)
    assert (progress.stage, progress.done, progress.total) == (Stage.TUNE, 1, 3)
