from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wsnas.data import ImageSet
from wsnas.errors import InputError
from wsnas.spaces import get_space
from wsnas.standalone.job import Unit, claim, is_done, open_job
from wsnas.standalone.measure import measure
from wsnas.standalone.work import read_row, work

if TYPE_CHECKING:
    from tests.wsnas.standalone.conftest import Fill, MakeJob

WORKER = """
import sys, time
from pathlib import Path
from wsnas.standalone import measure as module
from wsnas.standalone.job import read_job
from wsnas.standalone.work import work


def measure(space, architecture, images, *, protocol, seed):
    time.sleep(0.02)
    return module.Measurement(accuracy=0.5, seconds=0.02, device="cpu")

module.measure = measure
folder = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
work(folder, read_job(folder), None, done=lambda unit, measurement: print(unit.name, flush=True))
"""


def files(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.glob(f"*{ending}"))


def test_a_row_holds_what_its_seed_gives_again(make_job: MakeJob, images: ImageSet, tmp_path: Path) -> None:
    job = open_job(tmp_path, make_job(size=2, seeds=1, repeated=0))
    assert work(tmp_path, job, images, done=lambda unit, measurement: None)
    unit = Unit(index=1, repeat=0)
    row = read_row(tmp_path, unit)
    space = get_space(job.space)
    assert space.parse(row.architecture) == job.architectures()[1]
    assert row.seed == job.training_seed(unit)
    again = measure(space, space.parse(row.architecture), images, protocol=job.protocol, seed=row.seed)
    assert f"{again.accuracy:.6f}" == f"{row.accuracy:.6f}"
    assert row.seconds >= 0
    assert row.device == "cpu"


def test_a_row_from_before_devices_were_recorded_is_a_cpus(tmp_path: Path) -> None:
    unit = Unit(index=0, repeat=0)
    (tmp_path / f"{unit.name}.csv").write_text("architecture,seed,accuracy,seconds\na,7,0.5,9.50\n")
    assert read_row(tmp_path, unit) == ("a", 7, 0.5, 9.5, "cpu")


def test_all_units_are_measured_and_no_locks_are_left(make_job: MakeJob, fill: Fill, tmp_path: Path) -> None:
    job = fill(tmp_path, make_job())
    assert all(is_done(tmp_path, unit) for unit in job.units())
    assert len(files(tmp_path, ".csv")) == 8
    assert not files(tmp_path, ".lock") + files(tmp_path, ".part")


def test_a_resumed_job_measures_only_what_is_missing(
    make_job: MakeJob, fill: Fill, quick: list[int], tmp_path: Path
) -> None:
    job = fill(tmp_path, make_job())
    before = {file.name: file.read_bytes() for file in files(tmp_path, ".csv")}
    lost = Unit(index=4, repeat=0)
    (tmp_path / f"{lost.name}.csv").unlink()
    quick.clear()
    fill(tmp_path, make_job(size=7))
    assert quick == [job.training_seed(lost), job.training_seed(Unit(index=6, repeat=0))]
    after = {file.name: file.read_bytes() for file in files(tmp_path, ".csv")}
    assert {**after, **before} == after


def test_units_that_others_hold_are_left_to_them(make_job: MakeJob, fill: Fill, tmp_path: Path) -> None:
    held = Unit(index=0, repeat=0)
    with claim(tmp_path, held):
        fill(tmp_path, make_job())
        assert not is_done(tmp_path, held)
        assert len(files(tmp_path, ".csv")) == 7


def test_nothing_is_begun_after_the_deadline(
    make_job: MakeJob, quick: list[int], images: ImageSet, tmp_path: Path
) -> None:
    job = open_job(tmp_path, make_job())
    assert not work(tmp_path, job, images, done=lambda unit, measurement: None, deadline=time.time() - 1)
    assert not quick
    assert work(tmp_path, job, images, done=lambda unit, measurement: None, deadline=time.time() + 60)


def test_an_interrupted_unit_leaves_no_row_and_is_free_again(
    make_job: MakeJob,
    fill: Fill,
    images: ImageSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = open_job(tmp_path, make_job())

    def stop(*arguments: object, **keywords: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("wsnas.standalone.measure.measure", stop)
        with pytest.raises(KeyboardInterrupt):
            work(tmp_path, job, images, done=lambda unit, measurement: None)
    assert not files(tmp_path, ".csv") + files(tmp_path, ".part")
    fill(tmp_path, job)
    assert len(files(tmp_path, ".csv")) == 8


def test_two_workers_share_a_folder_and_measure_every_unit_once(make_job: MakeJob, tmp_path: Path) -> None:
    job = open_job(tmp_path, make_job(size=30, repeated=10))
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    shares = [worker.communicate()[0].split() for worker in workers]
    assert all(worker.returncode == 0 for worker in workers)
    assert sorted([*shares[0], *shares[1]]) == sorted(unit.name for unit in job.units())
    assert all(shares)


@pytest.mark.parametrize("text", ["", "architecture,seed,accuracy,seconds\n", "a,b\n1,2\n", "x" * 10])
def test_a_damaged_row_is_refused_with_its_file(text: str, tmp_path: Path) -> None:
    unit = Unit(index=0, repeat=0)
    (tmp_path / f"{unit.name}.csv").write_text(text)
    with pytest.raises(InputError, match=r"000000-0\.csv: damaged"):
        read_row(tmp_path, unit)
