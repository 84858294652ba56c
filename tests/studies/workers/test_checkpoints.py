from __future__ import annotations

import logging
import resource
from pathlib import Path
from typing import Any

import pytest
import torch

from studies.workers.checkpoints import Checkpoints
from tests.processes import FORKS


def state(value: float, *, size: int = 50_000) -> dict[str, object]:
    return {"run": {"step": 3, "weights": torch.full((size,), value)}}


def value_of(loaded: dict[str, Any] | None) -> float:
    assert loaded is not None
    return float(loaded["run"]["weights"][0])


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "saved")


def test_the_newest_attempts_state_is_loaded_and_older_ones_are_removed(checkpoints: Checkpoints) -> None:
    assert checkpoints.load(7, identity="a") is None
    assert checkpoints.save(7, 7, state(1.0), identity="a")
    assert checkpoints.save(7, 12, state(2.0), identity="a")
    assert checkpoints.save(8, 8, state(3.0), identity="a")
    assert value_of(checkpoints.load(7, identity="a")) == 2.0
    assert len(checkpoints.sizes()) == 2


def test_an_attempt_never_touches_the_file_of_its_successor(checkpoints: Checkpoints) -> None:
    checkpoints.save(7, 12, state(2.0), identity="a")
    checkpoints.save(7, 7, state(1.0), identity="a")
    assert value_of(checkpoints.load(7, identity="a")) == 2.0


def test_damaged_files_and_those_of_other_runs_are_passed_over_with_one_line(
    checkpoints: Checkpoints, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints.save(7, 7, state(1.0), identity="a")
    file = next(checkpoints.folder.iterdir())
    whole = file.read_bytes()
    (checkpoints.folder / "000007-000009.pt").write_bytes(whole[: len(whole) // 2])
    assert value_of(checkpoints.load(7, identity="a")) == 1.0
    assert checkpoints.load(7, identity="b") is None
    messages = [record.getMessage() for record in caplog.records]
    assert any("damaged" in message for message in messages)
    assert any("another run" in message for message in messages)
    assert all("\n" not in message for message in messages)


def test_a_pickle_is_never_unpickled(checkpoints: Checkpoints, tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (Path(tmp_path / "executed"),)  # type: ignore[return-value]

    checkpoints.folder.mkdir()
    (checkpoints.folder / "000007-000007.pt").write_bytes(pickle.dumps({"identity": "a", "evil": Evil()}))
    torch.save({"identity": "a", "evil": Evil()}, checkpoints.folder / "000007-000008.pt")
    assert checkpoints.load(7, identity="a") is None
    assert not (tmp_path / "executed").exists()


def test_removing_and_sweeping_leave_only_what_is_unfinished(checkpoints: Checkpoints) -> None:
    for origin in (1, 2, 3):
        checkpoints.save(origin, origin, state(0.0), identity="a")
    (checkpoints.folder / "000002-000002.pt.123.part").write_bytes(b"half")
    (checkpoints.folder / "000003-000003.pt.124.part").write_bytes(b"half")
    checkpoints.remove(2)
    assert sorted(file.name[:6] for file in checkpoints.folder.iterdir()) == ["000001", "000003", "000003"]
    assert checkpoints.sweep([1]) == 2
    assert [file.name for file in checkpoints.folder.iterdir()] == ["000001-000001.pt"]


def test_a_folder_that_is_not_there_takes_nothing(checkpoints: Checkpoints) -> None:
    checkpoints.remove(1)
    assert checkpoints.sweep([]) == 0
    assert checkpoints.sizes() == []


def _save_on_a_full_disk(folder: Path, words: Path) -> None:
    checkpoints = Checkpoints(folder)
    assert checkpoints.save(7, 7, state(1.0, size=10_000), identity="a")
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    logging.basicConfig(filename=words, format="%(message)s", force=True)
    assert not checkpoints.save(7, 7, state(2.0, size=500_000), identity="a")
    assert value_of(checkpoints.load(7, identity="a")) == 1.0


def test_a_full_disk_leaves_the_old_checkpoint_and_one_line(tmp_path: Path) -> None:
    """In a process whose files may not grow beyond a limit, as on a disk that is full."""
    words, folder = tmp_path / "words", tmp_path / "saved"
    process = FORKS.Process(target=_save_on_a_full_disk, args=(folder, words))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert words.read_text().count("\n") == 1
    assert "the run goes on, the last one stays" in words.read_text()
    assert [file.name for file in folder.iterdir()] == ["000007-000007.pt"]
