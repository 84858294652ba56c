from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from wsnas.errors import InputError
from wsnas.groundtruth import load
from wsnas.groundtruth.measured_table import read_description
from wsnas.spaces import get_space
from wsnas.standalone.collect import collect
from wsnas.standalone.job import Unit, open_job

if TYPE_CHECKING:
    from tests.wsnas.standalone.conftest import Fill, MakeJob


def test_the_table_has_a_row_for_every_training_and_says_what_it_is(
    make_job: MakeJob, fill: Fill, tmp_path: Path
) -> None:
    job = fill(tmp_path, make_job())
    description = collect(tmp_path, job, name="mine")
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    space = get_space("nb201")
    texts = [space.format(each) for each in job.architectures()]
    assert [row["architecture"] for row in rows] == [*texts, *texts[:2]]
    assert [int(row["seed"]) for row in rows] == [job.training_seed(unit) for unit in job.units()]
    assert description.sha256 == hashlib.sha256((tmp_path / "table.csv").read_bytes()).hexdigest()
    assert read_description(tmp_path) == description
    assert description.origin.startswith("8 trainings of 6 architectures, each on its own: fashion-clutter")
    assert "scored on the test images; on one core, 0.5 s each, seed 0" in description.origin
    assert description.protocol == job.protocol.values()


def test_a_table_says_how_many_trainings_ran_on_which_device(
    make_job: MakeJob, fill: Fill, tmp_path: Path
) -> None:
    job = fill(tmp_path, make_job())
    file = tmp_path / "000003-0.csv"
    file.write_text(file.read_text().replace("0.50,cpu", "0.20,cuda"))
    origin = collect(tmp_path, job, name="mine").origin
    assert "7 of them on one core, 0.5 s each and 1 of them on a GPU, 0.2 s each" in origin


def test_the_table_gives_mean_and_deviation_over_seeds(make_job: MakeJob, fill: Fill, tmp_path: Path) -> None:
    job = fill(tmp_path, make_job(seeds=3))
    collect(tmp_path, job, name="mine")
    with (tmp_path / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    table = load("nb201", tmp_path)
    assert list(table.architectures()) == job.architectures()
    for position in (0, 5):
        text = rows[position]["architecture"]
        values = [float(row["accuracy"]) for row in rows if row["architecture"] == text]
        assert table.accuracies[position] == pytest.approx(np.mean(values))
        assert table.columns["trainings"][position] == len(values)
    assert table.columns["deviation"][0] > 0
    assert np.isnan(table.columns["deviation"][5])


def test_what_is_measured_so_far_makes_a_table(make_job: MakeJob, fill: Fill, tmp_path: Path) -> None:
    job = fill(tmp_path, make_job())
    for repeat in (0, 1):
        (tmp_path / f"{Unit(index=1, repeat=repeat).name}.csv").unlink()
    assert collect(tmp_path, job, name="mine").origin.startswith("6 trainings of 5 architectures")
    assert len(load("nb201", tmp_path)) == 5


def test_nothing_measured_is_refused_and_writes_nothing(make_job: MakeJob, tmp_path: Path) -> None:
    job = open_job(tmp_path, make_job())
    with pytest.raises(InputError, match="nothing is measured yet"):
        collect(tmp_path, job, name="mine")
    assert [file.name for file in tmp_path.iterdir()] == ["job.json"]


def test_collecting_again_gives_the_same_bytes(make_job: MakeJob, fill: Fill, tmp_path: Path) -> None:
    job = fill(tmp_path, make_job(size=12, repeated=8))
    collect(tmp_path, job, name="mine")
    collect(tmp_path, job, name="mine", out=tmp_path / "elsewhere")
    for name in ("table.csv", "table.json"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "elsewhere" / name).read_bytes()
    assert len(list((tmp_path / "elsewhere").glob("[!.]*"))) == 2


def test_a_table_has_a_ceiling_once_four_architectures_are_repeated(
    make_job: MakeJob, fill: Fill, tmp_path: Path
) -> None:
    job = fill(tmp_path, make_job(size=12, repeated=3))
    assert collect(tmp_path, job, name="mine").ceiling is None
    job = fill(tmp_path, make_job(size=12, repeated=6))
    ceiling = collect(tmp_path, job, name="mine").ceiling
    assert ceiling is not None
    assert ceiling.split_half is not None
    assert ceiling.low <= ceiling.mean <= ceiling.high
    assert "6 architectures trained more than once" in ceiling.source
    assert "pools of 6" in ceiling.source
    assert load("nb201", tmp_path).ceiling == ceiling


def test_the_ceiling_is_that_of_what_all_mappings_can_rank(
    make_job: MakeJob, fill: Fill, tmp_path: Path
) -> None:
    job = fill(tmp_path, make_job(space="nb101", size=16, repeated=16))
    ceiling = collect(tmp_path, job, name="mine").ceiling
    comparable = sum(map(get_space("nb101").comparable, job.architectures()))
    assert comparable < 16
    assert ceiling is not None
    assert f"of {comparable} architectures trained more than once" in ceiling.source


def test_architectures_that_all_score_alike_have_a_ceiling_of_nothing(
    make_job: MakeJob, fill: Fill, tmp_path: Path
) -> None:
    job = fill(tmp_path, make_job(size=8, repeated=8))
    for file in tmp_path.glob("*-*.csv"):
        header, row = file.read_text().splitlines()
        text, seed, _accuracy, rest = row.split(",", 3)
        file.write_text(f"{header}\n{text},{seed},0.100000,{rest}\n")
    ceiling = collect(tmp_path, job, name="mine").ceiling
    assert ceiling is not None
    assert (ceiling.mean, ceiling.low, ceiling.high) == (0, 0, 0)


def test_several_views_are_told(make_job: MakeJob, fill: Fill, tmp_path: Path) -> None:
    job = make_job()
    job = fill(tmp_path, replace(job, protocol=replace(job.protocol, views=8)))
    assert "test images, 8 views of each;" in collect(tmp_path, job, name="mine").origin


def test_an_architecture_with_commas_survives(
    make_job: MakeJob, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wsnas.spaces.nb201 import NB201

    plain_format, plain_parse = NB201.format, NB201.parse
    monkeypatch.setattr(NB201, "format", lambda self, each: plain_format(self, each).replace("|+|", ", "))
    monkeypatch.setattr(NB201, "parse", lambda self, text: plain_parse(self, text.replace(", ", "|+|")))
    job = fill(tmp_path, make_job())
    collect(tmp_path, job, name="mine")
    assert list(load("nb201", tmp_path).architectures()) == job.architectures()


def test_the_description_is_plain_json(make_job: MakeJob, fill: Fill, tmp_path: Path) -> None:
    collect(tmp_path, fill(tmp_path, make_job()), name="mine")
    values = json.loads((tmp_path / "table.json").read_text())
    assert values["name"] == "mine"
    assert values["ceiling"] is None
