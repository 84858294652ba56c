from __future__ import annotations

import bz2
import hashlib
import os
import pickle
import tarfile
import tracemalloc

import numpy as np
import pytest
import torch

from tests.wsnas.groundtruth.published import Calls, nats_files, nb201_dictionary, nb201_results, tarred
from tests.wsnas.groundtruth.refusing import refusal
from wsnas.groundtruth import import_table
from wsnas.spaces import get_space

SPACE = get_space("nb201")
TEXTS = [SPACE.format(cell) for cell in list(SPACE.enumerate())[:12_000:3000]]


TRIALS = "arch2infos", 1, "full", "all_results"


def save_legacy(value, path) -> None:
    torch.save(value, path, _use_new_zipfile_serialization=False)


def save_bzip2(value, path) -> None:
    path.write_bytes(bz2.compress(pickle.dumps(value, protocol=4)))


def save_folder(value, path) -> None:
    path.mkdir()
    for name, content in nats_files(value).items():
        (path / name).write_bytes(content)


def save_tar(value, path) -> None:
    path.write_bytes(tarred(nats_files(value)))


FORMS = {
    "NAS-Bench-201-v1_1.pth": (save_legacy, ("less", "full")),
    "NAS-Bench-201-again.pth": (torch.save, ("less", "full")),
    "NATS-tss-v1_0-3ffb9.pickle.pbz2": (save_bzip2, ("12", "200")),
    "NATS-tss-v1_0-simple": (save_folder, ("12", "200")),
    "NATS-tss-v1_0-simple.tar": (save_tar, ("12", "200")),
}


@pytest.fixture
def write(tmp_path):
    def write_form(name, texts=TEXTS, change=lambda value: None):
        save, schedules = FORMS[name]
        value = nb201_dictionary(texts, schedules=schedules)
        change(value)
        save(value, tmp_path / name)
        return tmp_path / name

    return write_form


@pytest.mark.parametrize("name", FORMS)
def test_accuracy_is_the_mean_over_seeds_after_the_last_epoch(write, name) -> None:
    table = import_table("nb201", write(name))
    assert sorted(map(str, table.architectures())) == sorted(TEXTS)
    for index, text in enumerate(TEXTS):
        seeds = (777, 888)[: 1 + index % 2]
        test = 90 + index + np.array(seeds) / 1000
        position = table.position(SPACE.parse(text))
        row = {column: float(values[position]) for column, values in table.columns.items()}
        assert table.accuracies[position] == pytest.approx(test.mean() / 100)
        assert row == pytest.approx(
            {
                "deviation": test.std(ddof=1) / 100 if len(seeds) > 1 else np.nan,
                "trainings": len(seeds),
                "validation_accuracy": (test - 2).mean() / 100,
                "cifar100": (test - 22).mean() / 100,
                "imagenet16": (test - 42).mean() / 100,
                "parameters": 802_426,
                "flops": 113.95137e6,
            },
            nan_ok=True,
        )
    assert "200 epochs" in table.origin


@pytest.mark.parametrize("name", list(FORMS)[:3])
@pytest.mark.parametrize("share", [0.0001, 0.3, 0.9, 0.9999])
def test_file_cut_short_is_refused(write, name, share) -> None:
    path = write(name, TEXTS[:2])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert any(reason in refusal("nb201", path) for reason in ("cut short", "damaged", "of no known format"))


@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_tar_archive_cut_short_is_refused(write, kept) -> None:
    path = write("NATS-tss-v1_0-simple.tar")
    end = path.read_bytes().rstrip(b"\0")
    path.write_bytes(end[: int(len(end) * kept)])
    assert any(reason in refusal("nb201", path) for reason in ("cut short", "lacks"))


def test_folder_that_lacks_a_cell_is_refused(write) -> None:
    path = write("NATS-tss-v1_0-simple")
    (path / "000002.pickle.pbz2").unlink()
    assert "lacks 1 of 4 cells, such as 000002.pickle.pbz2" in refusal("nb201", path)


def test_flipped_bit_in_a_folder_is_found(write) -> None:
    path = write("NATS-tss-v1_0-simple")
    cell = path / "000002.pickle.pbz2"
    content = bytearray(cell.read_bytes())
    content[len(content) // 2] ^= 1
    cell.write_bytes(content)
    assert "000002.pickle.pbz2: cut short or damaged" in refusal("nb201", path)


def test_file_that_is_named_by_its_md5_must_have_it(write) -> None:
    path = write("NAS-Bench-201-v1_1.pth")
    content = path.read_bytes()
    right = path.with_name(f"NAS-Bench-201-v1_1-{hashlib.md5(content).hexdigest()[-6:]}.pth")
    right.write_bytes(content)
    wrong = path.with_name("NAS-Bench-201-v1_1-096897.pth")
    wrong.write_bytes(content)
    assert "must end in 096897: fetch it again" in refusal("nb201", wrong)
    assert len(import_table("nb201", right)) == len(TEXTS)


@pytest.mark.parametrize("name", FORMS)
def test_pickle_that_calls_something_is_not_run(write, tmp_path, name) -> None:
    target = tmp_path / "touched"

    def poison(value) -> None:
        value["arch2infos"][1]["note"] = Calls(os.mkdir, str(target))

    assert "which no table needs: it was not run" in refusal("nb201", write(name, change=poison))
    assert not target.exists()


def put(*keys, **new):
    """Return a change of a file's content: items are put where the keys lead, or dropped for None."""

    def change(whole) -> None:
        inner = whole
        for key in keys:
            inner = inner[key]
        for place in inner.values() if keys == TRIALS else [inner]:
            place.update(new)
            for name in [name for name, value in new.items() if value is None]:
                del place[name]

    return change


def cell(text, results=None):
    """Return a change of the second cell: its string and, unless None, its results at 200 epochs."""

    def change(whole) -> None:
        whole["meta_archs"][1] = text
        if results is not None:
            whole["arch2infos"][1] = {"full": results}

    return change


def _drop_cell(value) -> None:
    del value["arch2infos"][1]


def _drop_last_test(value) -> None:
    for trial in value["arch2infos"][1]["full"]["all_results"].values():
        trial["eval_acc1es"].pop("ori-test@199", None)


LAST_KEYS = [f"{split}@199" for split in ("ori-test", "x-valid", "x-test")]
ENDLESS = put(*TRIALS, eval_acc1es=dict.fromkeys(LAST_KEYS, float("inf")))
TEXT_FOR_ACCURACY = put(*TRIALS, eval_acc1es=dict.fromkeys(LAST_KEYS, "high\n"))
NO_CELLS = put(meta_archs=[], arch2infos={})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("arch2infos", 1, full=None), "not a whole NAS-Bench-201 file"),
        (_drop_cell, "lacks the results of 1 of its 4 cells"),
        (cell(TEXTS[1], nb201_results(1, TEXTS[2])), "damaged, the results of"),
        (cell(TEXTS[0], nb201_results(1, TEXTS[0])), "is there a second time"),
        (cell("|conv~0|", nb201_results(1, "|conv~0|")), "nb201 architecture '|conv~0|'"),
        (_drop_last_test, "lack 'ori-test@199'"),
        (put(meta_archs=None), "not NAS-Bench-201-v1_1-096897.pth or"),
        (
            put("arch2infos", 1, "full", "dataset_seed", cifar10=[1 << 20_000]),
            "lack KeyError: not a whole NAS-Bench-201 file",
        ),
        (
            put(*TRIALS, params=float("inf")),
            "lack cannot convert float infinity to integer: not a whole",
        ),
        (TEXT_FOR_ACCURACY, r"lack could not convert string to float: 'high\n': not a whole"),
        (cell("a\rb"), r"damaged, the results of 'a\rb' are those of"),
        (ENDLESS, "has the accuracy inf, must be a fraction"),
        (NO_CELLS, "has no cells"),
        (cell(1 << 20_000), "damaged, the string of a cell is no text"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_unfit_content_is_refused(write, change, message) -> None:
    assert message in refusal("nb201", write("NAS-Bench-201-v1_1.pth", change=change))


@pytest.mark.parametrize("name", ["NATS-tss-v1_0-simple", "NATS-tss-v1_0-simple.tar"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(meta_archs=None), "meta.pickle.pbz2 has no list of cells, meta_archs: not the folder or tar"),
        (put(meta_archs=7), "has no list of cells, meta_archs"),
        (NO_CELLS, "has no cells"),
        (TEXT_FOR_ACCURACY, "lack could not convert string to float"),
    ],
)
def test_unfit_content_of_natsbench_is_refused(write, name, change, message) -> None:
    def changed(value) -> None:
        for info in value["arch2infos"].values():
            info["full"] = info.pop("200")
        change(value)

    assert message in refusal("nb201", write(name, change=changed))


def test_archive_with_a_link_to_nowhere_is_refused(write) -> None:
    path = write("NATS-tss-v1_0-simple.tar")
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("NATS/000009.pickle.pbz2")
        link.type, link.linkname = tarfile.SYMTYPE, "nowhere"
        archive.addfile(link)
    assert "cut short or damaged (" in refusal("nb201", path)


def test_damaged_list_of_a_zip_archive_is_refused(write) -> None:
    path = write("NAS-Bench-201-again.pth")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"PK\x01\x02", b"PK\x01\x03"))
    assert "of no known format" in refusal("nb201", path)


def test_other_dictionaries_of_torch_are_refused(tmp_path) -> None:
    path = tmp_path / "model.pth"
    torch.save({"weight": torch.zeros(3)}, path)
    assert "not NAS-Bench-201-v1_1-096897.pth" in refusal("nb201", path)


@pytest.mark.parametrize("name", FORMS)
def test_other_space_is_refused(write, name) -> None:
    assert "of space 'nb201', not 'nb101'" in refusal("nb101", write(name, TEXTS[:1]))


def test_curves_are_dropped_while_reading(write) -> None:
    path = write("NAS-Bench-201-v1_1.pth", TEXTS)
    tracemalloc.start()
    import_table("nb201", path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < path.stat().st_size
