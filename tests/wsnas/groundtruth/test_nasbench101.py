from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tests.wsnas.groundtruth.published import (
    OFFICIAL_HASH,
    OFFICIAL_OPERATIONS,
    OFFICIAL_PARAMETERS,
    crc32c,
    nb101_metrics,
    nb101_record,
    nb101_records,
    tfrecord,
)
from tests.wsnas.groundtruth.refusing import refusal
from wsnas.errors import InputError
from wsnas.groundtruth import import_table, load
from wsnas.spaces import get_space

SPACE = get_space("nb101")
TESTS, VALIDATIONS = (0.92, 0.921, 0.919), (0.93, 0.928, 0.926)


def official(**changes) -> list[bytes]:
    return [
        nb101_record(nb101_metrics(test, validation), **changes)
        for test, validation in zip(TESTS, VALIDATIONS, strict=True)
    ]


def sample(count, seed=0):
    rng = np.random.default_rng(seed)
    return sorted({SPACE.sample(rng) for _ in range(count)}, key=SPACE.format)


@pytest.fixture
def write(save):
    return lambda content, name="nasbench_only108.tfrecord": save(content, name)


def test_the_writers_checksum_is_that_of_rfc_3720() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA


def test_official_module_is_read_as_the_mean_of_its_trainings(write) -> None:
    table = import_table("nb101", write(tfrecord(*official())))
    (architecture,) = table.architectures()
    assert SPACE.identity(architecture) == OFFICIAL_HASH
    assert (table.name, table.space, len(table)) == ("nasbench_only108", "nb101", 1)
    assert table.accuracy(architecture) == pytest.approx(np.mean(TESTS), abs=1e-15)
    columns = {name: float(values[0]) for name, values in table.columns.items()}
    assert columns == pytest.approx(
        {
            "deviation": np.std(TESTS, ddof=1),
            "validation_accuracy": np.mean(VALIDATIONS),
            "seconds": 1768.75,
            "parameters": OFFICIAL_PARAMETERS,
        }
    )
    assert "3 trainings of 108 epochs" in table.origin


def test_shuffled_trainings_are_put_together(write) -> None:
    cells = sample(40)
    records = nb101_records(SPACE, cells)
    table = import_table("nb101", write(tfrecord(*records)))
    assert list(table.architectures()) == cells
    reversed_table = import_table("nb101", write(tfrecord(*records[::-1])), name="reversed")
    assert reversed_table.accuracies == pytest.approx(table.accuracies, abs=1e-15)


def test_only_trainings_of_108_epochs_of_the_full_file_are_kept(write) -> None:
    cells = sample(5)
    full = import_table(
        "nb101",
        write(tfrecord(*nb101_records(SPACE, cells, epochs=(4, 12, 36, 108))), "nasbench_full.tfrecord"),
    )
    assert (full.name, len(full)) == ("nasbench_full", len(cells))


def test_file_of_shorter_trainings_is_refused(write) -> None:
    short = official(epochs=12)
    assert "has no training of 108 epochs" in refusal("nb101", write(tfrecord(*short)))


@pytest.mark.parametrize("missing", [1, 4, 5, 11, 12, 13, 200, 400])
def test_file_cut_short_anywhere_is_refused(write, missing) -> None:
    content = tfrecord(*official())
    assert "cut short" in refusal("nb101", write(content[:-missing]))


def test_file_cut_short_between_records_is_refused(write) -> None:
    message = refusal("nb101", write(tfrecord(*official()[:2])))
    assert "1 cells were not trained 3 times for 108 epochs" in message
    assert "cut short or has records twice" in message


def test_record_that_comes_twice_is_refused(write) -> None:
    records = official()
    assert "with 4: the file is cut short or has records twice" in refusal(
        "nb101", write(tfrecord(*records, records[0]))
    )


@pytest.mark.parametrize("position", [0, 9, 12, 100, 300, -1, -3])
def test_a_flipped_bit_anywhere_is_found(write, position) -> None:
    content = bytearray(tfrecord(*official()))
    content[position] ^= 4
    message = refusal("nb101", write(bytes(content)))
    assert "wrong checksum" in message or "of no known format" in message


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (nb101_record(nb101_metrics(0.9, 0.9), module="ab" * 16), "the hash 'abab.* is not that of its cell"),
        (nb101_record(nb101_metrics(0.9, 0.9), adjacency="01" * 24), "nb101 matrix .* is not square"),
        (nb101_record(nb101_metrics(0.9, 0.9), operations=OFFICIAL_OPERATIONS[:-7]), "nb101 matrix"),
        (nb101_record(nb101_metrics(0.9, 0.9)[:-30]), "not one of NAS-Bench-101"),
        (nb101_record(nb101_metrics(0.9, 0.9)[143:]), "not one of NAS-Bench-101"),
        (b"[1, 2]", "not one of NAS-Bench-101"),
        (nb101_record(nb101_metrics(0.9, 0.9), operations=5), "not one of NAS-Bench-101"),
        (nb101_record(b"\x08\x01" * 3 + b"\x10\x01"), "not one of NAS-Bench-101"),
        (b"[" * 3000, "not one of NAS-Bench-101"),
        (b"\x0a\x05hello", "not one of NAS-Bench-101"),
    ],
)
def test_foreign_record_is_refused_by_its_number(write, record, message) -> None:
    with pytest.raises(InputError, match=rf"record 1: .*{message}"):
        import_table("nb101", write(tfrecord(record, *official())))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("accuracy", [float("inf"), 93.0])
def test_accuracy_that_is_no_fraction_is_refused_without_a_warning(write, accuracy) -> None:
    records = [nb101_record(nb101_metrics(accuracy, 0.9)) for _ in range(3)]
    message = refusal("nb101", write(tfrecord(*records)))
    assert f"has the accuracy {accuracy:g}, must be a fraction from 0 to 1" in message


@pytest.mark.parametrize("space", ["nb201", "darts"])
def test_other_space_is_refused(write, space) -> None:
    message = refusal(space, write(tfrecord(*official())))
    assert f"of space 'nb101', not '{space}'" in message


def test_table_is_loaded_by_its_name_and_tells_its_source(write) -> None:
    path = write(tfrecord(*official()))
    imported = import_table("nb101", path)
    table = load("nb101", "nasbench_only108")
    assert table.sha256 == imported.sha256
    assert imported.source.name == path.name
    assert imported.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
