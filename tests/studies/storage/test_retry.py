"""Who counts as silent after a database was away; calls that wait are tested in workers/survival."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.storage import open_storage, retry

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_look_before_the_last_heartbeat_is_no_first_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage a living worker is suspected; long after, it dies, and two looks find it."""
    storage = open_storage(f"sqlite:///{tmp_path}/x.db")
    storage.heartbeat_interval, storage.grace_period = 10, 60
    now, silent = 0.0, 0.0
    monkeypatch.setattr(retry.time, "monotonic", lambda: now)
    monkeypatch.setattr(storage, "silence", lambda _study: {7: silent})
    silent = 100.0
    assert storage.stale_trials(1) == []
    now, silent = 3600.0, 65.0
    assert storage.stale_trials(1) == [], "silent for less than the time since the first look"
    now, silent = 3610.0, 75.0
    assert storage.stale_trials(1) == [], "a second look too soon after the first"
    now, silent = 3620.0, 85.0
    assert storage.stale_trials(1) == [7]
