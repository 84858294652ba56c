"""Addresses of storages: what is shown of one never holds its password, and how its driver is called."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from studies.config.places import DEFAULT_STORAGE, RUNS, SIDE_FILES
from wsnas.errors import InputError
from wsnas.files import LOCK, check_length

FORMS = (
    "sqlite:///FILE, postgresql://USER@HOST/DATABASE, mysql://USER@HOST/DATABASE"
    " or embedded-postgres[:FOLDER]"
)
"""What users may write."""
EMBEDDED = "embedded-postgres"
EMBEDDED_FOLDER = RUNS / "postgres"
"""Where the embedded server keeps its data by default."""
STORAGE_VARIABLE = "WSNAS_STORAGE"
"""Environment variable that holds an address where none is given."""
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
}
_OTHER_DRIVERS = {
    "postgresql": ("psycopg2", "psycopg2cffi", "pg8000", "asyncpg"),
    "mysql": ("mysqldb", "mysqlconnector", "aiomysql", "asyncmy", "cymysql"),
    "mariadb": ("mysqldb", "mysqlconnector", "mariadbconnector", "aiomysql", "asyncmy"),
    "sqlite": ("pysqlite",),
}
"""Drivers that addresses of SQLAlchemy name beside ours."""
_CONNECT_SECONDS = 10
_SILENT_SECONDS = 60
"""Longer than any call of ours takes, the wait for a lock included."""
_SQLITE = "sqlite:///"
_UNWANTED = re.compile(r"[\x00-\x1f\x7f]")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a storage is. `str` and `repr` show it without its password."""

    url: str = field(repr=False)
    """What users write, password and all; give it to processes through the environment only."""
    kind: str
    """``sqlite``, ``postgresql``, ``mysql`` or ``embedded-postgres``."""
    shown: str
    """The address without its password."""
    path: Path | None = None
    """SQLite's file, or the folder of the embedded server; None for servers elsewhere."""

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return repr(self.shown)

    @property
    def has_password(self) -> bool:
        """Whether the address holds a password."""
        return self.url != self.shown

    @property
    def database(self) -> Path | None:
        """SQLite's file; None for servers."""
        return self.path if self.kind == "sqlite" else None

    @property
    def is_server(self) -> bool:
        """Whether several hosts may use the storage, or at least a server stands between."""
        return self.kind != "sqlite"

    def engine_url(self) -> str:
        """Return what SQLAlchemy connects to; an embedded server is started where it does not run."""
        if self.kind == EMBEDDED:
            from studies.storage.embedded import server_url

            return _with_driver(server_url(self.path or EMBEDDED_FOLDER))
        return self.url if self.kind == "sqlite" else _with_driver(self.url)


def chosen_address(storage: str | None = None) -> Address:
    """Return the address of the storage that a user names, else that of the environment, else the default."""
    return parse_address(storage or os.environ.get(STORAGE_VARIABLE) or DEFAULT_STORAGE)


def parse_address(text: str | Address) -> Address:
    """Return the address that a text names; `InputError` where it is none of `FORMS`."""
    if isinstance(text, Address):
        return text
    text = _without_driver(text)
    shown = hide_password(text)
    if _UNWANTED.search(text):
        raise InputError(f"storage {shown!r}: an address has no control characters")
    if text.startswith(_SQLITE):
        return Address(text, "sqlite", shown, _sqlite_path(text))
    if text == EMBEDDED or text.startswith(f"{EMBEDDED}:"):
        folder = text.removeprefix(EMBEDDED).removeprefix(":")
        return Address(text, EMBEDDED, shown, Path(folder) if folder else EMBEDDED_FOLDER)
    scheme = text.partition("://")[0]
    if scheme not in _DRIVERS or "://" not in text:
        raise InputError(f"storage {shown!r}: give {FORMS}")
    _check_server(text, shown)
    return Address(text, _DRIVERS[scheme].partition("+")[0], shown)


def _without_driver(text: str) -> str:
    """Return an address without another driver that it names, as one of `FORMS`."""
    scheme, separator, rest = text.partition("://")
    kind, _, driver = scheme.partition("+")
    if not separator or driver not in _OTHER_DRIVERS.get(kind, ()):
        return text
    plain = f"{kind}://{rest}"
    if kind in _DRIVERS:
        _say_driver(hide_password(plain), driver, _DRIVERS[kind].partition("+")[2])
    return plain


@cache
def _say_driver(shown: str, asked: str, used: str) -> None:
    _log.warning("storage %s: the driver is %s, which comes with wsnas, in place of %s", shown, used, asked)


def hide_password(text: str) -> str:
    """Return an address that can be shown to anybody, also where it is broken."""
    # A user's name may hold an @; names of options may be written with percents.
    text = re.sub(r"://([^:/]*):.+@", r"://\1:***@", text, flags=re.DOTALL)
    return re.sub(r"([?&][^=&]*(?:pass|%)[^=&]*=)[^&]*", r"\1***", text, flags=re.I)


def _sqlite_path(text: str) -> Path:
    name = text.removeprefix(_SQLITE)
    if not name or name.endswith("/"):
        raise InputError(f"storage {text!r}: give {_SQLITE}FILE, such as {_SQLITE}runs/wsnas.db")
    # In an address these would begin its options; in memory no other process could join.
    if "?" in name or "#" in name or name == ":memory:":
        raise InputError(f"storage {text!r}: the name of the file holds no '?' and no '#'")
    path = Path(name)
    if path.name.endswith(SIDE_FILES):
        raise InputError(f"storage {text!r}: files beside a database end in {', '.join(SIDE_FILES)}")
    check_length(path.name + LOCK, f"storage {text!r}")
    return path


def _check_server(text: str, shown: str) -> None:
    import sqlalchemy

    try:
        url = sqlalchemy.make_url(text)
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise InputError(f"storage {shown!r}: give {FORMS}") from error
    if not url.database:
        raise InputError(f"storage {shown!r}: the database's name is missing: .../NAME")


def _with_driver(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{_DRIVERS[scheme]}://{rest}"


def connect_arguments(address: Address) -> dict[str, Any]:
    """Return the arguments for a server's driver: without them a dropped socket blocks for a quarter hour."""
    if address.kind == "mysql":
        return {
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _SILENT_SECONDS,
            "write_timeout": _SILENT_SECONDS,
        }
    return {
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 1000 * _SILENT_SECONDS // 2,
    }
