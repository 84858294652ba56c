from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

import pytest

from studies.storage.address import Address, hide_password, parse_address
from tests.processes import Forked
from tests.studies.commands import Commands
from tests.studies.servers import postgres_server
from wsnas.errors import InputError


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("sqlite:///runs/a.db", "sqlite:///runs/a.db"),
        ("postgresql://me@host/db", "postgresql+psycopg://me@host/db"),
        (
            "postgres://me@host:5433/db?sslmode=require",
            "postgresql+psycopg://me@host:5433/db?sslmode=require",
        ),
        ("postgresql+psycopg://host/db", "postgresql+psycopg://host/db"),
        ("mysql://me@host/db", "mysql+pymysql://me@host/db"),
        ("mariadb://me@host/db", "mysql+pymysql://me@host/db"),
        ("mysql+pymysql://me@host/db", "mysql+pymysql://me@host/db"),
        ("postgresql+psycopg2://me@host/db", "postgresql+psycopg://me@host/db"),
        ("mysql+mysqldb://me@host/db?charset=utf8mb4", "mysql+pymysql://me@host/db?charset=utf8mb4"),
        ("mariadb+mysqldb://me@host/db", "mysql+pymysql://me@host/db"),
        ("sqlite+pysqlite:///runs/a.db", "sqlite:///runs/a.db"),
    ],
)
def test_addresses_name_the_driver_that_is_installed(text: str, engine: str) -> None:
    assert parse_address(text).engine_url() == engine


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///runs/",
        "postgresql:/host/db",
        "postgresql://host",
        "postgresql://host:port/db",
        "postgresql+psycopg3://host/db",
        "mysql+psycopg2://host/db",
        "sqlite+aiosqlite:///a.db",
        "oracle://host/db",
        "sqlite:///a\0b",
        "sqlite:///a.db-wal",
        "sqlite:///a.db-wsnas.lock",
        f"sqlite:///{'x' * 245}",
        "redis://host",
        "runs/wsnas.db",
    ],
)
def test_others_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError, match=rf"^storage {re.escape(repr(text))}: ") as caught:
        parse_address(text)
    assert "\n" not in str(caught.value)


def test_another_driver_than_ours_is_told_in_one_line_without_the_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        address = parse_address("postgresql+psycopg2://me:secret@told/db")
        assert parse_address("postgresql+psycopg://me@told/db").kind == "postgresql"
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.startswith("storage postgresql://me:***@told/db: the driver is psycopg,")
    assert "psycopg2" in line
    # Whatever spells it, the study's folder and what workers are given are the same.
    assert address == parse_address("postgresql://me:secret@told/db")


def test_a_server_is_reached_by_an_address_that_names_another_driver(servers_folder: Path) -> None:
    from studies.storage import open_storage

    with postgres_server(servers_folder / "drivers") as server:
        address = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
        assert address.startswith("postgresql+psycopg2://")
        assert open_storage(address).engine.dialect.driver == "psycopg"


def test_an_option_that_the_driver_does_not_know_is_refused_in_one_line() -> None:
    from studies.storage import open_storage

    for option in ("charset=foo", "nonsense=1"):
        with pytest.raises(InputError, match="storage 'mysql"):
            open_storage(f"mysql://ada@127.0.0.1:1/x?{option}")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:secret@host/db",
        "postgresql://me:sec@ret@host/db",
        "postgresql://me:se:cr/et@host/db?x=1",
        "postgresql://host/db?user=me&password=secret",
        "mysql://me:secret@host/db?passwd=secret",
        "mysql://host/db?ssl_key_password=secret",
        "postgresql://host/db?pass%77ord=secret",
        "postgresql://me@server:secret@host/db",
        "nonsense://me:secret@host",
    ],
)
def test_a_password_is_never_shown(text: str) -> None:
    assert "secret" not in hide_password(text)
    assert "ret" not in hide_password(text)
    assert "***" in hide_password(text)
    if not text.startswith("nonsense"):
        address = parse_address(text)
        assert address.has_password
        assert "secret" not in f"{address} {address!r} {[address]} {address.shown}"
        assert address.url == text


def test_addresses_without_a_password_are_shown_as_they_are() -> None:
    for text in (
        "sqlite:///runs/a.db",
        "postgresql://me@host/db",
        "postgresql://me:@/db?host=/tmp",
        "mysql://h/d",
    ):
        assert hide_password(text) == text
        assert not Address(text, "sqlite", hide_password(text)).has_password


def test_the_environment_gives_the_address_and_the_command_line_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wsnas: Commands
) -> None:
    monkeypatch.setenv("WSNAS_STORAGE", f"sqlite:///{tmp_path}/one.db")
    assert "one.db" in wsnas.refused("status", "--study", "x")
    assert "two.db" in wsnas.refused("status", "--study", "x", "--storage", f"sqlite:///{tmp_path}/two.db")


def test_a_password_on_the_command_line_is_taken_with_a_warning_that_hides_it(
    wsnas: Commands,
) -> None:
    code, _, error = wsnas("status", "--study", "x", "--storage", "postgresql://me:secret@127.0.0.1:1/db")
    assert code == 1
    assert "WARNING: other users of this machine can read the password" in error
    assert "did not answer" in error
    assert "secret" not in error


def test_nothing_that_a_study_leaves_or_starts_shows_a_password(tmp_path: Path, servers_folder: Path) -> None:
    """A study on a real server: its output, logs, report, attributes and processes."""
    with postgres_server(servers_folder / "passwords") as server:
        # The server trusts its socket, so any password does.
        address = server.get_uri().replace("postgres:@", "postgres:s3cret@")
        assert "s3cret" in address
        small = ("--scale", "tiny", "--trials", "2", "--factors", "learning_rate", "--workers", "1")
        choice = {"folder": tmp_path, "environment": {"WSNAS_STORAGE": address}}
        study = Forked("study", "--study", "x", *small, **choice)
        while study.poll() is None:
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    assert b"s3cret" not in entry.read_bytes()
            time.sleep(0.1)
        assert study.wait() == 0, study.error
        assert "s3cret" not in study.output + study.error
        for file in (tmp_path / "runs").rglob("*"):
            if file.is_file():
                assert b"s3cret" not in file.read_bytes(), file
        dump = server.psql(
            "SELECT value_json FROM study_user_attributes; SELECT value_json FROM"
            " trial_user_attributes; SELECT value_json FROM study_system_attributes;"
        )
        assert "nb201-analog" in dump
        assert "s3cret" not in dump
