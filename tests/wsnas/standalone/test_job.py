from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wsnas.errors import InputError
from wsnas.files import write_whole
from wsnas.spaces import get_space
from wsnas.standalone.job import Unit, claim, is_done, open_job, read_job

if TYPE_CHECKING:
    from tests.wsnas.standalone.conftest import MakeJob

HOLD = (
    "import fcntl, sys, time\n"
    "lock = open(sys.argv[1], 'w')\n"
    "fcntl.flock(lock, fcntl.LOCK_EX)\n"
    "print('held', flush=True)\n"
    "time.sleep(60)\n"
)


@pytest.mark.parametrize("space", ["darts", "nb101", "nb201"])
def test_architectures_of_a_smaller_job_come_first_in_a_larger_one(space: str, make_job: MakeJob) -> None:
    small, large = (make_job(space=space, size=size).architectures() for size in (7, 30))
    assert large[:7] == small
    assert len(set(large)) == 30


def test_architectures_depend_on_the_seed(make_job: MakeJob) -> None:
    assert make_job(seed=1).architectures() != make_job(seed=2).architectures()
    assert make_job(seed=1).architectures() == make_job(seed=1, seeds=5).architectures()


def test_at_least_half_of_any_beginning_can_be_ranked_by_all_mappings(make_job: MakeJob) -> None:
    space = get_space("nb101")
    drawn = [space.comparable(each) for each in make_job(space="nb101", size=60).architectures()]
    assert all(2 * sum(drawn[:count]) >= count for count in range(1, 61))
    assert not all(drawn)


def test_first_seeds_of_all_come_before_second_seeds_of_some(make_job: MakeJob) -> None:
    units = list(make_job(size=3, seeds=3, repeated=2).units())
    assert [(unit.index, unit.repeat) for unit in units] == [
        *((0, 0), (1, 0), (2, 0)),
        *((0, 1), (1, 1)),
        *((0, 2), (1, 2)),
    ]
    assert len({unit.name for unit in units}) == 7


def test_each_training_has_a_seed_of_its_own_that_outlasts_growth(make_job: MakeJob) -> None:
    small, large = make_job(), make_job(size=20, seeds=3, repeated=9)
    seeds = {unit: large.training_seed(unit) for unit in large.units()}
    assert len(set(seeds.values())) == len(seeds)
    assert all(small.training_seed(unit) == seeds[unit] for unit in small.units())


def test_the_draw_and_the_seeds_are_those_of_tables_already_made(make_job: MakeJob) -> None:
    job = make_job(space="nb101", size=2)
    first = get_space("nb101").format(job.architectures()[0])
    assert first == "100101100001000101101-mp-c1-mp-c1-c3"
    assert job.training_seed(Unit(index=0, repeat=0)) == 1591047058


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"space": "nb999"}, "nb999"),
        ({"seed": -1}, "seed -1"),
        ({"size": 1, "repeated": 0}, "1 architectures"),
        ({"seeds": 0}, "0 seeds"),
        ({"repeated": 7}, "7 of them"),
        ({"repeated": -1}, "-1 of them"),
        ({"size": 8000}, "at most half of the 15,625"),
    ],
)
def test_a_job_that_cannot_be_done_is_refused(
    changes: dict[str, object], words: str, make_job: MakeJob
) -> None:
    with pytest.raises(InputError, match=words):
        make_job(**changes)


def test_a_job_is_read_as_it_was_opened(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job()
    assert open_job(tmp_path / "deep" / "table", job) == job
    assert read_job(tmp_path / "deep" / "table") == job


def test_a_job_grows_and_never_shrinks(make_job: MakeJob, tmp_path: Path) -> None:
    open_job(tmp_path, make_job(size=6, seeds=2, repeated=2))
    assert open_job(tmp_path, make_job(size=9, seeds=1, repeated=3)) == make_job(size=9, seeds=2, repeated=3)
    assert open_job(tmp_path, make_job(size=2, seeds=2, repeated=0)) == make_job(size=9, seeds=2, repeated=3)
    assert read_job(tmp_path).size == 9


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"seed": 5}, "made with seed 0, now it is 5"), ({"space": "nb101"}, "made with space nb201, now")],
)
def test_another_question_in_the_same_folder_is_refused(
    changes: dict[str, object], words: str, make_job: MakeJob, tmp_path: Path
) -> None:
    open_job(tmp_path, make_job())
    before = (tmp_path / "job.json").read_bytes()
    with pytest.raises(InputError, match=words):
        open_job(tmp_path, make_job(**changes))
    assert (tmp_path / "job.json").read_bytes() == before


def test_another_protocol_is_refused_by_its_first_difference(make_job: MakeJob, tmp_path: Path) -> None:
    job = open_job(tmp_path, make_job())
    with pytest.raises(InputError, match="made with epochs 1, now it is 2"):
        open_job(tmp_path, replace(job, protocol=replace(job.protocol, epochs=2, batch_size=16)))


def test_a_file_in_the_place_of_the_folder_is_refused(make_job: MakeJob, tmp_path: Path) -> None:
    (tmp_path / "table").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        open_job(tmp_path / "table", make_job())


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"format": 1, "space": "nb201"}', "\x00"])
def test_an_absent_or_unreadable_job_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "job.json").write_text(text)
    with pytest.raises(InputError, match=r"no readable job\.json"):
        read_job(tmp_path)


@pytest.mark.parametrize(("name", "value"), [("format", 99), ("space", "gone"), ("size", 1)])
def test_a_job_that_this_version_cannot_continue_says_why(
    name: str, value: object, make_job: MakeJob, tmp_path: Path
) -> None:
    open_job(tmp_path, make_job())
    file = tmp_path / "job.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), name: value}))
    with pytest.raises(InputError, match=r"job\.json: (another version|unknown space 'gone'|table of 1 )"):
        read_job(tmp_path)


def test_a_job_writes_over_nobody_elses_files(make_job: MakeJob, tmp_path: Path) -> None:
    (tmp_path / "000000-0.csv").write_text("somebody's")
    with pytest.raises(InputError, match=r"holds 000000-0\.csv, which wsnas did not make"):
        open_job(tmp_path, make_job())
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("000000-0.csv", "somebody's")]


def test_a_claim_keeps_other_processes_out_and_ends_with_its_holder(tmp_path: Path) -> None:
    unit = Unit(index=3, repeat=1)
    command = [sys.executable, "-c", HOLD, str(tmp_path / f"{unit.name}.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with claim(tmp_path, unit) as free:
            assert not free
        with claim(tmp_path, Unit(index=3, repeat=0)) as free:
            assert free
        holder.kill()
        holder.wait()
    with claim(tmp_path, unit) as free:
        assert free


def test_a_claim_excludes_a_second_one_of_the_same_process(tmp_path: Path) -> None:
    unit = Unit(index=0, repeat=0)
    with claim(tmp_path, unit) as first, claim(tmp_path, unit) as second:
        assert (first, second) == (True, False)


def test_a_measured_unit_is_not_free_and_leaves_no_lock(tmp_path: Path) -> None:
    unit = Unit(index=0, repeat=0)
    (tmp_path / f"{unit.name}.csv").touch()
    assert is_done(tmp_path, unit)
    with claim(tmp_path, unit) as free:
        assert not free
    assert [file.name for file in tmp_path.iterdir()] == [f"{unit.name}.csv"]


def test_a_failed_write_keeps_the_old_file_and_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "table.csv"
    write_whole(file, "old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("table.csv", "old")]
