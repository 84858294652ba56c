from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from tests.wsnas.groundtruth.published import nds_training, zipped
from tests.wsnas.groundtruth.refusing import refusal
from wsnas.errors import InputError
from wsnas.groundtruth import import_table, load
from wsnas.spaces import get_space
from wsnas.spaces.darts import to_genotype

SPACE = get_space("darts")
CELLS = [SPACE.sample(np.random.default_rng(seed)) for seed in range(6)]


def genotype(cell) -> dict:
    return json.loads(json.dumps(to_genotype(cell)._asdict()))


TRAININGS = [
    nds_training(genotype(cell), depth=8 + 4 * (index % 3), width=16 + index, errors=(70.0, 9.0, 5.0 + index))
    for index, cell in enumerate(CELLS)
]


def altered(**changes) -> list[dict]:
    return [*TRAININGS[:2], {**TRAININGS[2], **changes}]


@pytest.fixture
def write(save):
    return lambda data, name="DARTS.json": save(json.dumps(data), name)


def test_accuracy_is_the_one_after_the_last_epoch(write) -> None:
    table = import_table("darts", write(TRAININGS))
    assert (table.name, len(table)) == ("DARTS", 6)
    for index, cell in enumerate(CELLS):
        position = table.position(cell)
        assert table.accuracies[position] == pytest.approx((95 - index) / 100, abs=1e-15)
        row = {column: values[position] for column, values in table.columns.items()}
        assert row == {
            "depth": 8 + 4 * (index % 3),
            "width": 16 + index,
            "aux": 1,
            "drop_prob": 0.2,
            "parameters": 3_300_000,
            "flops": 5.2e8,
        }
    assert "left out" not in table.origin


def test_what_a_training_does_not_tell_is_nan(write) -> None:
    training = nds_training(genotype(CELLS[0]), params=None)
    del training["net"]["aux"], training["flops"], training["optim"]
    columns = import_table("darts", write([training])).columns
    assert [name for name, values in columns.items() if np.isnan(values[0])] == ["aux", "parameters", "flops"]


def test_table_can_be_restricted_to_a_depth(write) -> None:
    import_table("darts", write(TRAININGS))
    table = load("darts", "DARTS[depth=8]")
    assert sorted(map(str, table.architectures())) == sorted(map(str, (CELLS[0], CELLS[3])))


def test_file_is_read_inside_the_archive(write, save) -> None:
    alone = import_table("darts", write(TRAININGS, "DARTS_fix-w-d.json"))
    content = json.dumps(TRAININGS).encode()
    members = {"nds_data/DARTS.json": b"[]", "nds_data/DARTS_fix-w-d.json": content}
    archive = save(zipped(members), "nds_data.zip")
    inside = import_table("darts", archive / "DARTS_fix-w-d.json", name="inside")
    assert inside.accuracies.tolist() == alone.accuracies.tolist()
    assert inside.source.name == "DARTS_fix-w-d.json"
    assert import_table("darts", str(archive / "DARTS_fix-w-d.json")).name == "DARTS_fix-w-d"


def test_archive_with_one_file_needs_no_choice(save) -> None:
    archive = save(zipped({"DARTS.json": json.dumps(TRAININGS).encode()}), "mine.zip")
    assert len(import_table("darts", archive)) == 6


@pytest.mark.parametrize("inner", ["", "ENAS.json", "nothing.json"])
def test_archive_lists_its_files(save, inner) -> None:
    members = {f"nds_data/{name}.json": b"[]" for name in ("DARTS", "DARTS_fix-w-d", "PNAS")}
    archive = save(zipped(members), "nds_data.zip")
    message = refusal("darts", archive / inner if inner else archive)
    assert "give one of its files, as in nds_data.zip/DARTS.json: DARTS.json, DARTS_fix-w-d.json" in message


def test_lists_of_imagenet_files_are_joined(write) -> None:
    table = import_table("darts", write({"top": TRAININGS[:2], "mid": TRAININGS[2:]}, "DARTS_in.json"))
    assert (table.name, len(table)) == ("DARTS_in", 6)


def test_cells_that_the_space_lacks_are_left_out_and_counted(write) -> None:
    foreign = genotype(CELLS[2])
    foreign["normal"][0][0] = "none"
    table = import_table("darts", write([*TRAININGS[:2], nds_training(foreign), *TRAININGS[3:]]))
    assert len(table) == 5
    assert "1 of 6 trainings are left out, their cells are not of space darts" in table.origin
    with pytest.raises(InputError, match="not among the 5 of table 'DARTS'"):
        table.accuracy(CELLS[2])


def test_cell_that_comes_twice_is_refused(write) -> None:
    assert f"{CELLS[0]} is there a second time" in refusal("darts", write([*TRAININGS, TRAININGS[0]]))
    assert "is there a second time" in refusal(
        "darts", write([*TRAININGS, nds_training(genotype(CELLS[0]), depth=20, width=4)])
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (altered(test_ep_top1=[70.0, 9.0]), "training 3: has 2 of 3 epochs"),
        (altered(test_ep_top1=[]), "training 3: has 0 of 3 epochs"),
        (altered(net={"depth": 8, "width": 16}), "training 3: lacks 'genotype'"),
        (altered(net={"block_type": "res_basic"}), "training 3: lacks 'depth'"),
        (altered(test_ep_top1=[70.0, 9.0, 101.0]), "has the accuracy -0.01, must be a fraction"),
        (altered(test_ep_top1=[70.0, 9.0, float("nan")]), "has the accuracy nan, must be a fraction"),
        (altered(test_ep_top1=None), "training 3: lacks 'epochs'"),
        (altered(net={"genotype": {}, "depth": None, "width": 4}), "training 3: lacks"),
        ([1, 2], "training 1: lacks"),
        ([], "none of its 0 trainings is of a cell of space darts"),
        ({}, "none of its 0 trainings is of a cell of space darts"),
        ({"top": 3}, "has no list of trainings"),
        ({"mid": {"a": 1}}, "has no list of trainings"),
        (altered(optim=[1]), "training 3: lacks 'list' object has no attribute 'get'"),
        (altered(flops=10**400), "training 3: lacks int too large to convert to float"),
        (altered(net={"depth\n": 8}), "training 3: lacks 'depth'"),
        ([nds_training({"normal": []})], "none of its 1 trainings is of a cell of space darts"),
    ],
)
def test_foreign_content_is_refused(write, data, message) -> None:
    assert message in refusal("darts", write(data))


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_file_cut_short_is_refused(write, share) -> None:
    path = write(TRAININGS)
    path.write_text(path.read_text()[: int(path.stat().st_size * share)])
    assert "cut short or damaged" in refusal("darts", path)


@pytest.mark.parametrize("text", ["[" * 3000, '[{"a": ' * 3000, "[" + "9" * 5000 + "]"])
def test_text_without_end_is_refused(save, text) -> None:
    assert "cut short or damaged" in refusal("darts", save(text, "DARTS.json"))


def overwritten(content: bytes, *changes: tuple[int, bytes]) -> bytes:
    for position, part in changes:
        content = content[:position] + part + content[position + len(part) :]
    return content


def encrypted(content: bytes) -> bytes:
    return overwritten(content, (6, b"\x01"), (content.index(b"PK\x01\x02") + 8, b"\x01"))


@pytest.mark.parametrize(
    ("method", "damage", "message"),
    [
        *(
            (method, lambda content: overwritten(content, (60, b"\xff" * 30)), "cut short or damaged")
            for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        ),
        (zipfile.ZIP_STORED, lambda content: overwritten(content, (200, b"~")), "cut short or damaged"),
        (zipfile.ZIP_DEFLATED, encrypted, "password"),
        (
            zipfile.ZIP_DEFLATED,
            lambda content: content.replace(b"K\x01\x02", b"K\x01\x03"),
            "of no known format",
        ),
        (zipfile.ZIP_DEFLATED, lambda content: content[: len(content) // 2], "of no known format"),
    ],
    ids=["deflated", "bzip2", "lzma", "wrong checksum", "encrypted", "unlisted", "cut short"],
)
def test_damaged_archive_is_refused(save, method, damage, message) -> None:
    content = zipped({"DARTS.json": json.dumps(TRAININGS).encode()}, method)
    assert message in refusal("darts", save(damage(content), "nds_data.zip"))


@pytest.mark.parametrize("space", ["nb101", "nb201"])
def test_other_space_is_refused(write, space) -> None:
    assert f"of space 'darts', not '{space}'" in refusal(space, write(TRAININGS))
