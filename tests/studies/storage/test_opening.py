from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from studies.storage import open_storage
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
