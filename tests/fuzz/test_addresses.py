from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.inputs import TOKENS, mistaken_text
from tests.fuzz.running import fuzz, run_command

SECRET = "s3cr3t-w0rd"
WITH_SECRET = f"://ada:{SECRET}@"
NOWHERE = ("127.0.0.1", "localhost")
FILES = ("none.db", "text.db", "empty.db", "other.db", "folder", "folder/none.db", "text.db/none.db")
OPTIONS = ("", "?connect_timeout=1", "?sslmode=disable", "?charset=utf8mb4", "?nonsense=1", "?=", "?a=1&a=2")


def servers() -> SearchStrategy[str]:
    """Draw right addresses of servers, at a port where none listens."""
    schemes = ("postgresql", "postgres", "postgresql+psycopg", "mysql", "mariadb", "mysql+pymysql", "oracle")
    return st.builds(
        "{}://{}{}:1/{}{}".format,
        st.sampled_from(schemes),
        st.sampled_from(["", "ada@", f"ada:{SECRET}@", ":@"]),
        st.sampled_from(NOWHERE),
        st.sampled_from(["wsnas", "", "a/b", "%20", "a b"]),
        st.sampled_from(OPTIONS),
    )


def addresses() -> SearchStrategy[str]:
    """Draw addresses, right and wrong ones, of which none can leave this machine or start a server."""
    files = st.sampled_from(FILES).map("sqlite:///{}".format)
    others = st.sampled_from(
        ["redis://x", "journal://x", "sqlite://", "embedded_postgres", "http://[::1", "://"]
    )
    right = st.one_of(servers(), files, others)
    nonsense = st.sampled_from(TOKENS) | st.text(max_size=40)
    return st.one_of(right, mistaken_text(right), mistaken_text(right, most=1), nonsense).filter(stays_here)


def stays_here(text: str) -> bool:
    """Return whether opening the address connects to nothing, or to a port of this machine that is closed."""
    if text.startswith("embedded-postgres"):
        return False
    try:
        url = sqlalchemy.make_url(text)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        return True
    if url.drivername.startswith("sqlite"):
        return True
    elsewhere = {"host", "hostaddr", "port", "service", "unix_socket", "read_default_file"}
    return url.host in NOWHERE and url.port == 1 and not elsewhere & set(url.query)


@fuzz(addresses(), quick=40, slow=600)
def test_a_storage_is_refused_in_one_line_that_hides_its_password(address: str, folder: Path) -> None:
    (folder / "folder").mkdir(exist_ok=True)
    (folder / "text.db").write_text("no database")
    (folder / "empty.db").touch()
    if not (folder / "other.db").exists():
        with sqlite3.connect(folder / "other.db") as connection:
            connection.execute("CREATE TABLE customers (name TEXT)")
    secret = SECRET if WITH_SECRET in address else None
    assert run_command(["status", "--storage", address, "--study", "x"], secret=secret)


def test_only_addresses_that_stay_here_are_tried() -> None:
    assert stays_here("postgresql://ada@127.0.0.1:1/wsnas")
    for text in (
        "postgresql://example.org:1/x",
        "mysql://localhost/x",
        "postgresql://localhost:1/x?host=a.org",
    ):
        assert not stays_here(text)
