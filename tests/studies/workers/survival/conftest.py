"""Databases of each kind, real ones, started in temporary folders."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import wait_until
from tests.studies.servers import postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 60


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[str]:
    """Address of a PostgreSQL server's database."""
    with postgres_server(servers_folder / "postgres") as server:
        yield server.get_uri()


@pytest.fixture(scope="session")
def mariadb(servers_folder: Path) -> Iterator[str]:
    """Address of a MariaDB server's database; skipped where Debian's mariadb-server is not installed."""
    import pymysql

    install, serve = (_program(name) for name in ("mariadb-install-db", "mariadbd"))
    if install is None or serve is None:
        pytest.skip("mariadb-server is not installed")
    folder = servers_folder / "maria"
    folder.mkdir()
    socket = folder / "s"
    root: dict[str, Any] = {"user": "root", "unix_socket": str(socket)}
    data = ("--no-defaults", "--user=root", f"--datadir={folder / 'data'}")
    options = ("--auth-root-authentication-method=normal", "--skip-test-db")
    subprocess.run([install, *data, *options], check=True, capture_output=True, timeout=START_SECONDS)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [serve, *data, "--skip-networking", f"--socket={socket}", "--innodb-buffer-pool-size=32M"],
            stdout=log,
            stderr=log,
        )

    def ready() -> bool:
        with suppress(pymysql.err.OperationalError), pymysql.connect(**root) as connection:
            return bool(connection.cursor().execute("CREATE DATABASE wsnas"))
        return False

    try:
        wait_until(ready, seconds=START_SECONDS, pause=0.2)
        yield f"mysql://root@localhost/wsnas?unix_socket={socket}"
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(f"/usr/sbin/{name}")


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty storage, or one that other tests' studies share, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/wsnas.db"
    server: str = request.getfixturevalue(request.param)
    return server
