from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own, so that no table of the machine's user is seen or changed."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("WSNAS_CACHE", str(folder))
    return folder


@pytest.fixture
def save(tmp_path):
    """Write a file of the test's own."""

    def save_file(content, name):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return save_file
