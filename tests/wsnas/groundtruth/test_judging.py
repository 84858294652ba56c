from __future__ import annotations

import hashlib
import json
from itertools import islice

import numpy as np
import pytest
import torch

from tests.wsnas.groundtruth.published import (
    nb101_metrics,
    nb101_record,
    nb101_records,
    nb201_dictionary,
    tfrecord,
)
from tests.wsnas.groundtruth.refusing import refusal
from wsnas.errors import InputError
from wsnas.groundtruth import import_table, load
from wsnas.groundtruth.judging import fault
from wsnas.groundtruth.mapped_table import Source, write_table
from wsnas.groundtruth.rows import Rows
from wsnas.spaces import get_space

NB201 = get_space("nb201")
TEXTS = [NB201.format(cell) for cell in islice(NB201.enumerate(), 0, 12_000, 1_000)]
HEADER = "architecture,accuracy"
NAN = float("nan")


def rows(*numbers: object, header: str = HEADER) -> str:
    lines = [
        ",".join([text, *np.atleast_1d(number).astype(str)])
        for text, number in zip(TEXTS, numbers, strict=False)
    ]
    return "\n".join([header, *lines, ""])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            [0.5, NAN, 0.7, NAN],
            "b has the accuracy nan, must be a fraction from 0 to 1: of the 4 accuracies 2",
        ),
        ([0.5, 0.6, float("-inf")], "c has the accuracy -inf"),
        ([-0.1, 0.6, NAN], "of the 3 accuracies 2 are finite"),
        (
            [93.5, 0.6],
            "a has the accuracy 93.5, must be a fraction from 0 to 1: of the 2 accuracies 1 are from 0",
        ),
        ([0.1] * 10, "the 10 accuracies are all 0.1: there is nothing to rank by"),
        (
            [0.0094, 0.005],
            "the 2 accuracies range from 0.005 to 0.0094, the best must be above 0.01: were fra",
        ),
        ([0.0], "the best must be above 0.01"),
    ],
)
def test_what_nothing_can_be_ranked_by_is_told_with_its_figures(values, words) -> None:
    assert words in str(fault(values, architectures="abcdefghij"))
    assert f"{len(values)} accuracies of seed 777 " in str(fault(values, of="seed 777"))


@pytest.mark.parametrize("values", [[0.5], [0.1] * 9, [0.0, 1.0], [0.1] * 10 + [0.1001], [0.0, 0.011]])
def test_few_and_extreme_accuracies_are_no_fault(values) -> None:
    assert fault(values) is None


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (rows(*[0.5] * 12), {}, "the 12 accuracies of column accuracy are all 0.5"),
        (
            rows(*np.linspace(0.8, 0.9, 12)),
            {"percent": True},
            "from 0.008 to 0.009, the best must be above 0.01",
        ),
        (rows(0.001, 0.002), {}, "from 0.001 to 0.002, the best must be above 0.01"),
    ],
)
def test_a_csv_file_is_judged_when_it_is_imported_and_when_it_is_read(save, text, options, words) -> None:
    path = save(text, "mine.csv")
    assert words in refusal("nb201", path, **options)
    if not options:
        with pytest.raises(InputError, match=words) as caught:
            load("nb201", path)
        assert "mine.csv" in str(caught.value)


def test_the_part_of_a_table_is_judged_too(save) -> None:
    numbers = [(0.5, 8)] * 10 + [(0.6, 9)] * 2
    path = save(rows(*numbers, header=f"{HEADER},depth"), "mine.csv")
    assert len(load("nb201", f"{path}[depth=9]")) == 2
    with pytest.raises(InputError, match=r"mine.csv\[depth=8\]': the 10 accuracies are all 0.5"):
        load("nb201", f"{path}[depth=8]")


def test_each_column_of_repeats_is_judged(save) -> None:
    nb101 = get_space("nb101")
    rng = np.random.default_rng(0)
    graphs = list({nb101.format(nb101.sample(rng)).partition("-")[::2] for _ in range(12)})
    lines = [f"{graph},{operations},{0.5 + row / 100},0.1" for row, (graph, operations) in enumerate(graphs)]
    path = save("\n".join(["adj_upper,ops,test108_r1,test108_r2", *lines, ""]), "mine.csv")
    assert f"the {len(lines)} accuracies of column test108_r2 are all 0.1" in refusal("nb101", path)


def test_each_training_of_a_measured_table_is_judged(tmp_path) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    lines = [
        f"{text},{seed},{0.1 if seed else row / 20},1.0" for seed in (0, 1) for row, text in enumerate(TEXTS)
    ]
    content = "\n".join(["architecture,seed,accuracy,seconds", *lines, ""])
    (folder / "table.csv").write_text(content)
    described = {"name": "mine", "space": "nb201", "origin": "", "seed": 0, "protocol": {}, "ceiling": None}
    described["sha256"] = hashlib.sha256(content.encode()).hexdigest()
    (folder / "table.json").write_text(json.dumps(described))
    with pytest.raises(InputError, match=r"the 12 accuracies of training 2 are all 0.1"):
        load("nb201", folder)


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (
            [(0.9, 0.9), (0.9, NAN), (0.9, 0.9)],
            "accuracy nan, .* of the 3 accuracies of training . on validation",
        ),
        (
            [(NAN, 0.9), (0.9, 0.9), (0.9, 0.9)],
            "accuracy nan, .* of the 3 accuracies of training . on test images",
        ),
        # Their mean is a fraction.
        ([(1.5, 0.9), (0.6, 0.9), (0.6, 0.9)], "accuracy 1.5, .* 2 are from 0 to 1"),
    ],
)
def test_each_training_of_nas_bench_101_is_judged(save, metrics, words) -> None:
    space = get_space("nb101")
    others = nb101_records(space, [space.parse("1"), space.parse("110101-mp-c3")])
    records = [nb101_record(nb101_metrics(*accuracies)) for accuracies in metrics]
    path = save(tfrecord(*others, *records), "nasbench_only108.tfrecord")
    with pytest.raises(InputError, match=words):
        import_table("nb101", path)


@pytest.mark.parametrize(
    ("data", "split", "accuracy", "words"),
    [
        (
            "cifar100",
            "x-test",
            NAN,
            "accuracy nan, .* of the 2 accuracies of seed 888 on cifar100, x-test 1 are fin",
        ),
        ("cifar10", "ori-test", NAN, "of seed 888 on cifar10, ori-test 1 are finite"),
        # The mean of the two seeds is a fraction.
        (
            "cifar10",
            "ori-test",
            104.0,
            "accuracy 1.04, .* of seed 888 on cifar10, ori-test 1 are from 0 to 1",
        ),
    ],
)
def test_each_seed_of_nas_bench_201_is_judged(tmp_path, data, split, accuracy, words) -> None:
    value = nb201_dictionary(TEXTS[:4])
    curve = value["arch2infos"][1]["full"]["all_results"][data, 888]["eval_acc1es"]
    curve[f"{split}@199"] = accuracy
    torch.save(value, tmp_path / "NAS-Bench-201-v1_1.pth")
    with pytest.raises(InputError, match=words):
        import_table("nb201", tmp_path / "NAS-Bench-201-v1_1.pth")


def test_a_table_that_was_imported_before_it_was_judged_is_judged_when_it_is_opened(cache) -> None:
    level = Rows(architectures=TEXTS, accuracies=np.full(len(TEXTS), 0.5), origin="")
    folder = cache / "tables" / "nb201" / "mine"
    write_table(level, folder, space="nb201", source=Source(name="mine.csv", sha256=""))
    with pytest.raises(InputError, match=r"table 'mine'.*: the 12 accuracies are all 0.5"):
        load("nb201", "mine")
