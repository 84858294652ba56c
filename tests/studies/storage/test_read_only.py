from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
import pytest
import sqlalchemy.exc
from optuna_dashboard import wsgi
from rich.console import Console

from studies.cli import main
from studies.report.finish import finish
from studies.schedule.study import create_or_open, open_study
from studies.storage import open_storage
from studies.storage.read_only import where_writable
from studies.storage.retry import reason_of
from studies.workers.artifacts import Artifacts, artifact_folders
from tests.processes import FORKS
from tests.studies.asking import ask
from tests.studies.servers import postgres_server
from tests.studies.short_study import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534
READING = ("report", "report --json", "report --all", "status", "export", "importance", "verdicts")
WRITING = ("worker", "study", "study repair", "launch")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o755)
    shutil.rmtree(folder)


def _run_all(commands: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    ended = {}
    for command in commands:
        words = io.StringIO()
        scale = () if "--all" in command else ("--scale", "tiny")
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            code = main((*command.split(" "), *scale, "--storage", "sqlite:///wsnas.db"))
        ended[command] = (code, words.getvalue())
    return ended


def _count_studies() -> int:
    return len(open_storage("sqlite:///wsnas.db", create=False).get_all_studies())


def _ask_dashboard() -> list[str]:
    storage = open_storage("sqlite:///wsnas.db", create=False)
    application = wsgi(storage, artifact_store=Artifacts(lambda: artifact_folders(Path())))
    pages = [ask(application, path) for path in ("/api/studies", "/api/studies/1", "/dashboard")]
    return [page[0] for page in pages]


def _try_to_read() -> str:
    try:
        _count_studies()
    except ValueError as error:
        return str(error)
    return "read"


def _in_child(call: Callable[..., object], arguments: tuple[object, ...], folder: Path, answer: Path) -> None:
    with answer.open("w") as file:
        if os.geteuid() == 0:
            # Whom no rights bind reads only in a test of another user.
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os.chdir(folder)
        json.dump(call(*arguments), file)


def _as_reader(folder: Path, answer: Path, call: Callable[..., object], *arguments: object) -> Any:
    """Return what a call gives in a process of a user that can write nothing in the folder."""
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    for place in folder.rglob("*"):
        place.chmod(0o444)
    folder.chmod(0o555)
    process = FORKS.Process(target=_in_child, args=(call, arguments, folder, answer))
    process.start()
    process.join(300)
    assert process.exitcode == 0
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    return json.loads(answer.read_text())


def test_commands_that_only_read_do_so_where_nothing_can_be_written(
    invented_study: Path, shared: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(invented_study, shared / "runs")
    ended = _as_reader(folder, tmp_path / "answer", _run_all, (*READING, *WRITING))
    for command in READING:
        assert ended[command][0] == 0, ended[command]
    assert "can only be read" in ended["report"][1]
    assert "path_dropout" in ended["report"][1]
    for command in WRITING:
        code, words = ended[command]
        assert code == 1, words
        assert words.startswith("wsnas: ")
        assert words.count("\n") == 1
        assert "can only be read" in words or "cannot be" in words


def test_the_dashboard_shows_what_can_only_be_read(
    invented_study: Path, shared: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(invented_study, shared / "runs")
    assert _as_reader(folder, tmp_path / "answer", _ask_dashboard) == ["200 OK"] * 3


def test_what_another_process_has_just_written_is_read_too(shared: Path, tmp_path: Path) -> None:
    optuna.create_study(storage=open_storage(f"sqlite:///{shared}/wsnas.db"))
    with sqlite3.connect(shared / "wsnas.db") as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("INSERT INTO studies (study_name) VALUES ('new')")
        writer.commit()
        assert (shared / "wsnas.db-wal").stat().st_size
        assert _as_reader(shared, tmp_path / "answer", _count_studies) == 2
    writer.close()


def test_a_log_that_cannot_be_read_alone_is_named(shared: Path, tmp_path: Path) -> None:
    optuna.create_study(storage=open_storage(f"sqlite:///{shared}/wsnas.db"))
    (shared / "copy").mkdir()
    with sqlite3.connect(shared / "wsnas.db") as writer:
        writer.execute("INSERT INTO studies (study_name) VALUES ('new')")
        writer.commit()
        for name in ("wsnas.db", "wsnas.db-wal"):
            shutil.copy(shared / name, shared / "copy" / name)
    writer.close()
    said = _as_reader(shared / "copy", tmp_path / "answer", _try_to_read)
    assert "wsnas.db-wal to a folder of your own" in str(said)


def test_a_server_that_only_reads_gives_its_answer_and_refuses_work(
    servers_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with postgres_server(servers_folder / "reader") as server:
        create_or_open(server.get_uri(), "x", settings())
        reading = f"{server.get_uri()}&options=-c%20default_transaction_read_only%3Don"
        opened = open_study(reading, "x", retry_seconds=60)
        finish(opened, folder=tmp_path, place=None, console=Console(quiet=True))
        assert (tmp_path / "report.html").exists()
        assert "not kept, since the storage can only be read" in caplog.text
        with pytest.raises(optuna.exceptions.StorageInternalError) as caught:
            opened.study.set_user_attr("a", 1)
        assert "read-only transaction" in reason_of(caught.value)


def test_other_errors_of_a_write_are_raised() -> None:
    with pytest.raises(sqlalchemy.exc.ArgumentError), where_writable("it is"):
        raise sqlalchemy.exc.ArgumentError("x")
