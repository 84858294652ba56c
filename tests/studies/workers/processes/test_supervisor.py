"""One supervisor: what becomes of processes that end well, fail, or are killed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from studies.workers.processes import supervisor
from studies.workers.processes.supervisor import Command, supervise
from wsnas.errors import InputError, RunError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Script(Command):
    """Runs a line of Python in place of a command; ``index`` and ``folder`` are known to it."""

    text: str

    def start(self, index: int) -> subprocess.Popen[bytes]:
        head = f"import os, sys, time, pathlib; index = {index}; folder = pathlib.Path({str(self.folder)!r})"
        with self.log(index).open("ab") as log:
            return subprocess.Popen([sys.executable, "-c", f"{head}\n{self.text}"], stdout=log, stderr=log)


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "POLL_SECONDS", 0.05)


def run(text: str, folder: Path, *, processes: int = 2, go_on: bool = False) -> None:
    command = Script(arguments=(), folder=folder, text=text)
    supervise(command, processes=processes, show=lambda: None, go_on=go_on)


def test_it_returns_when_all_have_left(tmp_path: Path) -> None:
    run("(folder / str(index)).touch()", tmp_path)
    assert (tmp_path / "0").exists()
    assert (tmp_path / "1").exists()


def test_a_killed_process_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run(
        "mark = folder / 'm'; new = not mark.exists(); mark.touch(); new and os.kill(os.getpid(), 9)",
        tmp_path,
    )
    assert "worker 0 was ended by signal 9: it is replaced" in caplog.text or "worker 1" in caplog.text


@pytest.mark.parametrize(("code", "error"), [(1, RunError), (2, InputError)])
def test_a_failure_is_raised_with_its_last_words(tmp_path: Path, code: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="no such thing"):
        run(f"print('wsnas: no such thing', flush=True); sys.exit({code})", tmp_path, processes=1)


FIRST_FAILS = "index or sys.exit(1); time.sleep(1.5); (folder / 'done').touch()"


def test_the_others_are_ended_where_one_fails(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="worker 0"):
        run(FIRST_FAILS, tmp_path)
    assert not (tmp_path / "done").exists()


def test_the_others_go_on_where_that_is_wanted_and_the_failure_is_raised_at_the_end(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="worker 0"):
        run(FIRST_FAILS, tmp_path, go_on=True)
    assert (tmp_path / "done").exists()
