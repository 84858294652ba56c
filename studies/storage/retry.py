"""Patience: what to do while a database does not answer."""

from __future__ import annotations

import json
import logging
import os
import random
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy
import sqlalchemy.exc
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from studies.storage.address import hide_password
from studies.storage.optuna_internals import UNLISTED_CALLS, HeartbeatStorage
from studies.storage.read_only import READ_ONLY
from wsnas.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

OUTAGE_SECONDS = 600.0
"""How long workers wait for a database that does not answer."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_MISTAKES = ("authentication failed", "does not exist", "no such table", "no such column", "access denied")
_REFUSALS = (*_MISTAKES, *READ_ONLY)
"""Words of errors that waiting does not mend."""
_MYSQL_REFUSALS = (1044, 1045, 1049, 1146)

_log = logging.getLogger(__name__)


def is_outage(error: BaseException) -> bool:
    """Return whether the database was away, restarting or too busy, so that the call may be made again."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, sqlalchemy.exc.SQLAlchemyError):
        cause = cause.__cause__
    if isinstance(cause, (sqlalchemy.exc.TimeoutError, sqlalchemy.exc.PendingRollbackError)):
        return True
    if not isinstance(cause, sqlalchemy.exc.DBAPIError):
        return False
    if cause.connection_invalidated:
        return True
    code = cause.orig.args[0] if cause.orig is not None and cause.orig.args else None
    refused = code in _MYSQL_REFUSALS or any(word in str(cause.orig).lower() for word in _REFUSALS)
    kinds = (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError, sqlalchemy.exc.InternalError)
    return isinstance(cause, kinds) and not refused


def reason_of(error: BaseException) -> str:
    """Return one line about a database's error, without passwords."""
    cause: BaseException = error
    while cause.__cause__ is not None and not isinstance(cause, sqlalchemy.exc.DBAPIError):
        cause = cause.__cause__
    text = str(getattr(cause, "orig", None) or cause).strip()
    return hide_password(text.splitlines()[0]) if text else type(cause).__name__


def retrying(call: Callable[[], T], *, limit: float, name: str) -> T:
    """Make a call; while the database is away, wait with growing pauses and make it again.

    Args:
        call: What to do; it must be harmless to do it twice.
        limit: Seconds to wait in all; 0 gives up at once.
        name: What the storage is called in messages.

    Raises:
        RunError: the database was away for longer than `limit`.
    """
    started = time.monotonic()
    # Workers that lost their database together should not come back together.
    chance = random.Random(os.getpid())
    pause, told = _FIRST_PAUSE, False
    while True:
        try:
            result = call()
        except Exception as error:
            if not is_outage(error):
                raise
            away = time.monotonic() - started
            if away >= limit:
                waited = f" for {away:.0f} s" if limit else ""
                raise RunError(f"storage {name} did not answer{waited} ({reason_of(error)})") from error
            if away > 1 and not told:
                told = True
                _log.warning(
                    "storage %s does not answer (%s): waiting up to %.0f s", name, reason_of(error), limit
                )
            time.sleep(min(pause * chance.uniform(0.5, 1.5), max(0.0, limit - away)))
            pause = min(1.6 * pause, _LONGEST_PAUSE)
        else:
            if told:
                _log.warning("storage %s answers again after %.0f s", name, time.monotonic() - started)
            return result


class RetryingStorage(HeartbeatStorage):
    """Optuna's storage, whose calls wait while the database is away.

    A call whose outcome was lost with the connection is made again. That is harmless: values are set, not
    added; a trial that ended the same way has ended; a trial that was enqueued twice is told by its ticket
    (`studies.schedule.budget`) and dropped.
    """

    def __init__(self, url: str, *, shown: str, retry_seconds: float, **options: Any) -> None:
        self.shown = shown
        self.retry_seconds = retry_seconds
        self._inside = threading.local()
        self._gave_up = False
        self._suspects: dict[int, dict[int, float]] = {}
        super().__init__(url, **options)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Set a trial's state; see Optuna. A second try that finds the first one done is content."""
        tries = 0

        def set_state() -> bool:
            nonlocal tries
            tries += 1
            try:
                if state.is_finished() and self.engine.dialect.name == "sqlite":
                    self._begin_immediately()
                return RDBStorage.set_trial_state_values(self, trial_id, state, values)
            except UpdateFinishedTrialError:
                if tries > 1 and self.get_trial(trial_id).state == state:
                    return True
                raise

        return self.wait(set_state)

    def _begin_immediately(self) -> None:
        """Let nobody else write until the session that Optuna goes on with has ended.

        SQLite locks no rows: without this, two workers might both find a trial running and both end it.
        """
        session = self.scoped_session()
        try:
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            session.rollback()
            session.close()
            raise

    def stale_trials(self, study_id: int) -> list[int]:
        """Return the running trials that were silent for longer than the grace, at two looks in a row.

        After a database was away, all its workers have been silent; those that live beat again before the
        second look, for which several beats' time must have passed.
        """
        now = time.monotonic()
        grace, between = float(self.grace_period or 0), 1.5 * float(self.heartbeat_interval or 0)
        silent = {trial: one for trial, one in self.silence(study_id).items() if one > grace}
        before = self._suspects.get(study_id, {})
        # A look before a trial's last beat says nothing of the silence since.
        since = self._suspects[study_id] = {
            trial: before[trial] if trial in before and now - before[trial] <= seconds else now
            for trial, seconds in silent.items()
        }
        return [trial for trial in silent if now - since[trial] >= between]

    def first_heartbeat(self, trial_id: int) -> None:
        """Record a trial's first heartbeat for certain: one without any is never found to be silent."""
        self.wait(lambda: RDBStorage.record_heartbeat(self, trial_id))

    def record_heartbeat(self, trial_id: int) -> None:
        """Record a heartbeat; while the database is away the trial is as good as alive."""
        try:
            super().record_heartbeat(trial_id)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.debug("heartbeat of trial id %d not recorded: %s", trial_id, reason_of(error))

    def is_running(self, trial_id: int) -> bool | None:
        """Return whether a trial is still running; None while the database is away. It does not wait."""
        try:
            with self.engine.connect() as connection:
                query = sqlalchemy.text("SELECT state FROM trials WHERE trial_id = :trial")
                state = connection.execute(query, {"trial": trial_id}).scalar()
        except sqlalchemy.exc.SQLAlchemyError as error:
            if not is_outage(error):
                raise
            return None
        return state == TrialState.RUNNING.name

    def try_set_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Set a running trial's attribute, or leave it where the trial ended or the database is away."""
        try:
            RDBStorage.set_trial_user_attr(self, trial_id, key, value)
        except UpdateFinishedTrialError:
            _log.debug("trial id %d ended meanwhile", trial_id)
        except Exception as error:
            if not is_outage(error):
                raise

    def mark_finished(self, trial_id: int, key: str, value: Any) -> None:
        """Add an attribute to a trial that ended, which Optuna leaves alone."""
        table = sqlalchemy.table(
            "trial_user_attributes",
            sqlalchemy.column("trial_id", sqlalchemy.Integer),
            sqlalchemy.column("key", sqlalchemy.String),
            sqlalchemy.column("value_json", sqlalchemy.String),
        )
        row = {"trial_id": trial_id, "key": key, "value_json": json.dumps(value)}

        def insert() -> None:
            try:
                with self.engine.begin() as connection:
                    connection.execute(table.insert().values(row))
            except sqlalchemy.exc.IntegrityError:
                _log.debug("trial id %d has its %s already", trial_id, key)

        self.wait(insert)

    def silence(self, study_id: int) -> dict[int, float]:
        """Return for each running trial's id how many seconds ago its worker showed that it lives."""
        return self.wait(lambda: self._silence(study_id))

    def _silence(self, study_id: int) -> dict[int, float]:
        with self.engine.connect() as connection:
            query = sqlalchemy.text(
                "SELECT t.trial_id, h.heartbeat FROM trials t"
                " JOIN trial_heartbeats h ON h.trial_id = t.trial_id"
                " WHERE t.study_id = :study AND t.state = 'RUNNING'"
            ).columns(trial_id=sqlalchemy.Integer, heartbeat=sqlalchemy.DateTime)
            rows = connection.execute(query, {"study": study_id}).all()
            # By the database's own clock, so that the hosts' clocks do not matter.
            now = connection.execute(sqlalchemy.select(sqlalchemy.func.now())).scalar_one()
        # All sessions are in UTC, though PostgreSQL says so of only one of the two.
        return {trial: (now.replace(tzinfo=None) - beat).total_seconds() for trial, beat in rows}

    def wait(self, call: Callable[[], T]) -> T:
        """Make a call retrying; calls within it do not wait by themselves."""
        if getattr(self._inside, "call", False):
            return call()
        self._inside.call = True
        try:
            # Who has waited once in vain does not wait again with each call on its way out.
            result = retrying(call, limit=0.0 if self._gave_up else self.retry_seconds, name=self.shown)
        except RunError:
            self._gave_up = True
            raise
        else:
            self._gave_up = False
            return result
        finally:
            self._inside.call = False


_RETRIED = (
    *("create_new_study", "delete_study", "get_all_studies", "get_study_directions"),
    *("get_study_id_from_name", "get_study_name_from_id", "get_study_user_attrs", "get_study_system_attrs"),
    *("set_study_user_attr", "set_study_system_attr", "set_trial_user_attr", "set_trial_system_attr"),
    *("create_new_trial", "set_trial_param", "set_trial_intermediate_value", "get_trial", "get_all_trials"),
    *("get_trial_id_from_study_id_trial_number", *UNLISTED_CALLS),
)
"""The calls that a study makes, through Optuna's cache or without it."""


def _retrying(name: str) -> Any:
    method = getattr(RDBStorage, name)

    def call(self: RetryingStorage, *arguments: Any, **options: Any) -> Any:
        return self.wait(lambda: method(self, *arguments, **options))

    call.__name__, call.__doc__ = name, method.__doc__
    return call


for _name in _RETRIED:
    setattr(RetryingStorage, _name, _retrying(_name))
