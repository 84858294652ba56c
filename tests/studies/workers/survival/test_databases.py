"""What a study does while its database is away, and what it does under a lock."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from optuna_dashboard import wsgi

from studies.config.places import ARTIFACTS
from studies.schedule.study import create_or_open
from studies.storage import StorageLock, locks, open_storage
from studies.storage.retry import retrying
from studies.workers.artifacts import Artifacts, attach_report, illustrate
from tests.studies.asking import ask
from tests.studies.servers import postgres_server
from tests.studies.short_study import settings
from wsnas.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def one_server(servers_folder: Path) -> Iterator[Any]:
    with postgres_server(servers_folder / "stopped") as server:
        yield server


@pytest.fixture
def server(one_server: Any) -> Any:
    """A PostgreSQL server that a test may stop and start."""
    one_server.ensure_postgres_running()
    return one_server


def test_calls_wait_for_a_database_that_is_down_and_set_each_value_once(
    server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    storage = open_storage(server.get_uri())
    storage.retry_seconds = 60.0
    study = optuna.create_study(storage=storage, study_name="x")
    trial = storage.create_new_trial(study._study_id)
    server._stop()
    starter = threading.Timer(3.0, server.ensure_postgres_running)
    starter.start()
    storage.set_trial_intermediate_value(trial, 50, 0.25)
    storage.set_trial_state_values(trial, TrialState.COMPLETE, [0.5])
    starter.join()
    again = optuna.load_study(storage=open_storage(server.get_uri()), study_name="x").trials
    assert [(one.state, one.value, one.intermediate_values) for one in again] == [
        (TrialState.COMPLETE, 0.5, {50: 0.25})
    ]
    words = [record.getMessage() for record in caplog.records if "answer" in record.getMessage()]
    assert len(words) == 2
    assert "waiting up to 60 s" in words[0]
    assert "answers again after" in words[1]


def test_looks_and_beats_do_not_wait(server: Any) -> None:
    storage = open_storage(server.get_uri())
    storage.retry_seconds = 60.0
    study = optuna.create_study(storage=storage, study_name="y")
    trial = storage.create_new_trial(study._study_id)
    assert storage.is_running(trial)
    server._stop()
    started = time.monotonic()
    assert storage.is_running(trial) is None
    storage.record_heartbeat(trial)
    storage.try_set_user_attr(trial, "pace", [1, 2, 3])
    assert time.monotonic() - started < 20


def test_a_database_that_stays_away_ends_the_wait_with_one_line(server: Any) -> None:
    storage = open_storage(server.get_uri())
    storage.retry_seconds = 1.5
    server._stop()
    with pytest.raises(RunError, match=r"did not answer for \d s") as caught:
        storage.get_all_studies()
    assert "\n" not in str(caught.value)


def test_an_outcome_that_was_lost_with_the_connection_is_recognised(tmp_path: Path) -> None:
    import sqlalchemy.exc
    from optuna.storages import RDBStorage

    storage = open_storage(f"sqlite:///{tmp_path}/x.db")
    storage.retry_seconds = 5.0
    study = optuna.create_study(storage=storage, study_name="x")
    trial = storage.create_new_trial(study._study_id)
    really = RDBStorage.set_trial_state_values
    calls = []

    def breaks_after(self: Any, *arguments: Any) -> bool:
        done = really(self, *arguments)
        calls.append(arguments)
        if len(calls) == 1:
            raise sqlalchemy.exc.OperationalError("COMMIT", {}, Exception("server closed the connection"))
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RDBStorage, "set_trial_state_values", breaks_after)
        assert storage.set_trial_state_values(trial, TrialState.COMPLETE, [0.5])
    assert storage.get_trial(trial).values == [0.5]


def test_errors_that_waiting_does_not_mend_are_raised_at_once(tmp_path: Path) -> None:
    import sqlalchemy.exc

    def call() -> None:
        raise sqlalchemy.exc.OperationalError("SELECT", {}, Exception('role "x" does not exist'))

    started = time.monotonic()
    with pytest.raises(sqlalchemy.exc.OperationalError):
        retrying(call, limit=30, name="x")
    assert time.monotonic() - started < 5


def test_the_lock_keeps_others_out_until_it_is_released(address: str) -> None:
    entered: list[float] = []

    def enter() -> None:
        with StorageLock(address):
            entered.append(time.monotonic())

    open_storage(address)
    with StorageLock(address) as lock:
        other = threading.Thread(target=enter)
        other.start()
        time.sleep(1.0)
        assert not entered
        released = time.monotonic()
        lock.release()
        other.join(30)
    assert entered
    assert entered[0] >= released


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_the_lock_of_a_holder_that_stalls_is_taken_away(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = request.getfixturevalue(kind)
    monkeypatch.setattr(locks, "_WAIT_SECONDS", 1)
    monkeypatch.setattr(locks, "STALLED_SECONDS", 1)
    with StorageLock(address) as stalled:
        time.sleep(1.5)
        started = time.monotonic()
        with StorageLock(address):
            assert time.monotonic() - started < 20
        stalled.release()


def test_a_storage_keeps_what_studies_write_on_every_database(address: str) -> None:
    storage = open_storage(address)
    name = f"study-{uuid.uuid4().hex[:8]}"
    study = optuna.create_study(storage=storage, study_name=name)
    study.set_user_attr("long", "x" * 60_000)
    study.enqueue_trial({"x": 0.5}, user_attrs={"ticket": 3})
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    lost = study.trials[0]
    storage.mark_finished(lost._trial_id, "superseded_by", 7)
    storage.mark_finished(lost._trial_id, "superseded_by", 7)
    again = optuna.load_study(storage=open_storage(address), study_name=name)
    assert again.user_attrs["long"] == "x" * 60_000
    assert again.trials[0].user_attrs == {"ticket": 3, "superseded_by": 7}
    assert again.trials[0].value == 0.5


def test_pictures_and_reports_are_artifacts_on_every_database(address: str, tmp_path: Path) -> None:
    opened = create_or_open(address, f"study-{uuid.uuid4().hex[:8]}", settings())
    study = opened.study

    def objective(trial: optuna.Trial) -> float:
        trial.set_user_attr("phase", "tune")
        trial.set_user_attr("correct", json.dumps(list(range(12))))
        trial.report(0.4, 50)
        illustrate(trial, 0.5, truth=np.linspace(0.1, 0.9, 12), folder=tmp_path)
        return 0.5

    optuna.load_study(study_name=opened.name, storage=opened.storage).optimize(objective, n_trials=1)
    link = attach_report(opened, "<p>the answer</p>", folder=tmp_path)
    assert link is not None
    storage = open_storage(address)
    application = wsgi(storage, artifact_store=Artifacts(lambda: [tmp_path / ARTIFACTS]))
    (trial,) = optuna.load_study(study_name=opened.name, storage=storage).trials
    kept = optuna.artifacts.get_all_artifact_meta(trial, storage=storage)
    assert {one.filename for one in kept} == {"ranking.svg", "curve.svg"}
    paths = [f"/artifacts/{study._study_id}/{trial._trial_id}/{one.artifact_id}" for one in kept]
    bodies = [ask(application, path)[2] for path in (*paths, link)]
    assert all(body.startswith(b"<svg") for body in bodies[:2])
    assert bodies[2] == b"<p>the answer</p>"


def test_silence_is_counted_by_the_databases_clock(address: str) -> None:
    storage = open_storage(address)
    study = optuna.create_study(storage=storage, study_name=f"study-{uuid.uuid4().hex[:8]}")
    trial = storage.create_new_trial(study._study_id)
    assert storage.silence(study._study_id) == {}
    storage.record_heartbeat(trial)
    assert 0 <= storage.silence(study._study_id)[trial] < 30
    storage.set_trial_state_values(trial, TrialState.COMPLETE, [0.0])
    assert storage.silence(study._study_id) == {}


ZONES = {
    "postgresql": [
        f"&options=-c%20TimeZone%3D{zone}" for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    ],
    "mysql": ["&init_command=SET time_zone='%2B13:00'", "&init_command=SET time_zone='-11:00'"],
    "sqlite": ["", ""],
}
"""What puts the sessions of clients into zones far apart."""


def test_clients_in_different_zones_agree_on_who_lives(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone of sessions is set for servers' clients, that of the process for all."""
    open_storage(address)
    ends = [f"{address}{zone}" for zone in ZONES[address.partition(":")[0]]]
    name = f"study-{uuid.uuid4().hex[:8]}"
    for writing, reading in (ends, ends[::-1]):
        monkeypatch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        writer = open_storage(writing)
        study = optuna.create_study(storage=writer, study_name=name, load_if_exists=True)
        living, dead = (writer.create_new_trial(study._study_id) for _ in range(2))
        for trial in (living, dead):
            writer.first_heartbeat(trial)
        monkeypatch.setenv("TZ", "Pacific/Pago_Pago")
        time.tzset()
        reader = open_storage(reading)
        reader.grace_period, reader.heartbeat_interval = 2, 1
        for _ in range(5):
            time.sleep(1)
            writer.record_heartbeat(living)
            stale = reader.stale_trials(study._study_id)
        assert reader.silence(study._study_id)[living] < 2
        assert 4 < reader.silence(study._study_id)[dead] < 60
        assert stale == [dead]
        for trial in (living, dead):
            writer.set_trial_state_values(trial, TrialState.FAIL)


def test_workers_that_were_silent_because_the_database_was_away_are_not_called_dead(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path}/x.db")
    storage.heartbeat_interval, storage.grace_period = 1, 2
    study = optuna.create_study(storage=storage, study_name="x")
    living, dead = (storage.create_new_trial(study._study_id) for _ in range(2))
    for trial in (living, dead):
        storage.first_heartbeat(trial)
    time.sleep(3.5)
    assert storage._get_stale_trial_ids(study._study_id) == []
    storage.record_heartbeat(living)
    time.sleep(2.0)
    assert storage._get_stale_trial_ids(study._study_id) == [dead]


def test_a_trial_cannot_be_ended_by_two_workers_of_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them pauses between its look and its write; the other one comes in between."""
    from optuna.exceptions import UpdateFinishedTrialError

    address = f"sqlite:///{tmp_path}/x.db"
    first, second = open_storage(address), open_storage(address)
    study = optuna.create_study(storage=first, study_name="x")
    trial = first.create_new_trial(study._study_id)
    outcomes: list[str] = []

    def end_too() -> None:
        try:
            second.set_trial_state_values(trial, TrialState.FAIL)
            outcomes.append("ended")
        except UpdateFinishedTrialError:
            outcomes.append("refused")

    other = threading.Thread(target=end_too)
    look = first.check_trial_is_updatable

    def pause(trial_id: int, state: TrialState) -> None:
        look(trial_id, state)
        if not other.ident:
            other.start()
            time.sleep(1.0)

    monkeypatch.setattr(first, "check_trial_is_updatable", pause)
    first.set_trial_state_values(trial, TrialState.COMPLETE, [0.5])
    other.join(70)
    assert outcomes == ["refused"]
    assert second.get_trial(trial).values == [0.5]


def test_who_waited_in_vain_once_does_not_wait_again_with_every_call(server: Any) -> None:
    storage = open_storage(server.get_uri())
    storage.retry_seconds = 2.0
    server._stop()
    started = time.monotonic()
    for _ in range(5):
        with pytest.raises(RunError):
            storage.get_all_studies()
    assert time.monotonic() - started < 2 * 2.0 + 5
    server.ensure_postgres_running()
    storage.get_all_studies()
