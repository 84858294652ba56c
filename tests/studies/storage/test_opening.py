from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from studies.storage import StorageLock, open_storage
from wsnas.errors import InputError


@pytest.mark.parametrize(
    "url", ["redis://host", "postgresql+psycopg2://host/db", "runs/wsnas.db", "sqlite:///", ""]
)
def test_other_schemes_are_refused_by_name(url: str) -> None:
    with pytest.raises(InputError, match="sqlite:///FILE") as caught:
        open_storage(url)
    assert repr(url) in str(caught.value)


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
    with pytest.raises(InputError, match="belongs to another program"):
        open_storage(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        open_storage(f"sqlite:///{tmp_path}/file/study.db")


def test_the_lock_keeps_others_out_until_it_is_released(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    code = textwrap.dedent(
        f"""
        from studies.storage import StorageLock
        with StorageLock({url!r}):
            print("in", flush=True)
        """
    )
    with StorageLock(url) as lock:
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1.5)
        lock.release()
        assert other.communicate(timeout=30)[0] == "in\n"


def test_processes_that_start_at_once_make_one_database(tmp_path) -> None:
    code = "import sys; from studies.storage import open_storage; open_storage(sys.argv[1])"
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/new/wsnas.db"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 4
