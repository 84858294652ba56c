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

from tests.wsnas.groundtruth.published import nb201_dictionary, nb201_results, pack_tar, save_nats
from wsnas.errors import InputError
from wsnas.groundtruth import import_table
from wsnas.groundtruth.importing import imported_names
from wsnas.spaces import get_space

SPACE = get_space("nb201")
TEXTS = [SPACE.format(cell) for cell in list(SPACE.enumerate())[:12_000:3000]]


class Evil:
    def __init__(self, target) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def save_legacy(path, value) -> None:
    torch.save(value, path, _use_new_zipfile_serialization=False)


def save_bzip2(path, value) -> None:
    with bz2.open(path, "wb") as file:
        pickle.dump(value, file, protocol=4)


def save_folder(path, value) -> None:
    save_nats(path, value)


def save_tar(path, value) -> None:
    folder = path.with_name("NATS-tss-v1_0-3ffb9-simple")
    save_nats(folder, value)
    pack_tar(folder, path)


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
        if save is torch.save:
            save(value, tmp_path / name)
        else:
            save(tmp_path / name, value)
        return tmp_path / name

    return write_form


def refusal(path, space="nb201") -> str:
    with pytest.raises(InputError) as caught:
        import_table(space, path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert imported_names(space) == []
    return str(caught.value)


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
    assert any(reason in refusal(path) for reason in ("cut short", "damaged", "of no known format"))


@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_tar_archive_cut_short_is_refused(write, kept) -> None:
    path = write("NATS-tss-v1_0-simple.tar")
    end = path.read_bytes().rstrip(b"\0")
    path.write_bytes(end[: int(len(end) * kept)])
    assert any(reason in refusal(path) for reason in ("cut short", "lacks"))


def test_folder_that_lacks_a_cell_is_refused(write) -> None:
    path = write("NATS-tss-v1_0-simple")
    (path / "000002.pickle.pbz2").unlink()
    assert "lacks 1 of 4 cells, such as 000002.pickle.pbz2" in refusal(path)


def test_flipped_bit_in_a_folder_is_found(write) -> None:
    path = write("NATS-tss-v1_0-simple")
    cell = path / "000002.pickle.pbz2"
    content = bytearray(cell.read_bytes())
    content[len(content) // 2] ^= 1
    cell.write_bytes(content)
    assert "000002.pickle.pbz2: cut short or damaged" in refusal(path)


def test_file_that_is_named_by_its_md5_must_have_it(write) -> None:
    path = write("NAS-Bench-201-v1_1.pth")
    content = path.read_bytes()
    right = path.with_name(f"NAS-Bench-201-v1_1-{hashlib.md5(content).hexdigest()[-6:]}.pth")
    right.write_bytes(content)
    wrong = path.with_name("NAS-Bench-201-v1_1-096897.pth")
    wrong.write_bytes(content)
    assert "must end in 096897: fetch it again" in refusal(wrong)
    assert len(import_table("nb201", right)) == len(TEXTS)


@pytest.mark.parametrize("name", FORMS)
def test_pickle_that_calls_something_is_not_run(write, tmp_path, name) -> None:
    target = tmp_path / "touched"

    def poison(value) -> None:
        value["arch2infos"][1]["note"] = Evil(target)

    assert "which no table needs: it was not run" in refusal(write(name, change=poison))
    assert not target.exists()


def _drop_schedule(value) -> None:
    del value["arch2infos"][1]["full"]


def _drop_cell(value) -> None:
    del value["arch2infos"][1]


def _swap(value) -> None:
    value["arch2infos"][1] = value["arch2infos"][2]


def _repeat(value) -> None:
    value["meta_archs"][1] = TEXTS[0]
    value["arch2infos"][1] = value["arch2infos"][0]


def _foreign(value) -> None:
    value["meta_archs"][1] = "|conv~0|"
    value["arch2infos"][1]["full"] = nb201_results(1, "|conv~0|")


def _no_test(value) -> None:
    for trial in value["arch2infos"][1]["full"]["all_results"].values():
        trial["eval_acc1es"].pop("ori-test@199", None)


def _endless_number(value) -> None:
    value["arch2infos"][1]["full"]["dataset_seed"]["cifar10"] = [1 << 20_000]


def _endless_parameters(value) -> None:
    for trial in value["arch2infos"][1]["full"]["all_results"].values():
        trial["params"] = float("inf")


def _text_for_accuracy(value) -> None:
    for trial in value["arch2infos"][1]["full"]["all_results"].values():
        trial["eval_acc1es"] = dict.fromkeys(trial["eval_acc1es"], "high\n")


def _broken_line(value) -> None:
    value["meta_archs"][1] = "a\rb"


def _number_for_cell(value) -> None:
    value["meta_archs"][1] = 1 << 20_000


def _infinite(value) -> None:
    for trial in value["arch2infos"][1]["full"]["all_results"].values():
        trial["eval_acc1es"] = {key: float("inf") for key in trial["eval_acc1es"]}


def _no_cells(value) -> None:
    value.update(meta_archs=[], arch2infos={})


def _no_archs(value) -> None:
    del value["meta_archs"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_drop_schedule, "not a whole NAS-Bench-201 file"),
        (_drop_cell, "lacks the results of 1 of its 4 cells"),
        (_swap, "damaged, the results of"),
        (_repeat, "is there a second time"),
        (_foreign, "nb201 architecture '|conv~0|'"),
        (_no_test, "lack 'ori-test@199'"),
        (_no_archs, "not NAS-Bench-201-v1_1-096897.pth or"),
        (_endless_number, "lack KeyError: not a whole NAS-Bench-201 file"),
        (_endless_parameters, "lack cannot convert float infinity to integer: not a whole"),
        (_text_for_accuracy, r"lack could not convert string to float: 'high\n': not a whole"),
        (_broken_line, r"damaged, the results of 'a\rb' are those of"),
        (_infinite, "has the accuracy inf, must be a fraction"),
        (_no_cells, "has no cells"),
        (_number_for_cell, "damaged, the string of a cell is no text"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_unfit_content_is_refused(write, change, message) -> None:
    assert message in refusal(write("NAS-Bench-201-v1_1.pth", change=change))


@pytest.mark.parametrize("name", ["NATS-tss-v1_0-simple", "NATS-tss-v1_0-simple.tar"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_no_archs, "meta.pickle.pbz2 has no list of cells, meta_archs: not the folder or tar"),
        (lambda value: value.update(meta_archs=7), "has no list of cells, meta_archs"),
        (_no_cells, "has no cells"),
        (_text_for_accuracy, "lack could not convert string to float"),
    ],
)
def test_unfit_content_of_natsbench_is_refused(write, name, change, message) -> None:
    def changed(value) -> None:
        for info in value["arch2infos"].values():
            info["full"] = info.pop("200")
        change(value)

    assert message in refusal(write(name, change=changed))


def test_archive_with_a_link_to_nowhere_is_refused(write) -> None:
    path = write("NATS-tss-v1_0-simple.tar")
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("NATS/000009.pickle.pbz2")
        link.type, link.linkname = tarfile.SYMTYPE, "nowhere"
        archive.addfile(link)
    assert "cut short or damaged (" in refusal(path)


def test_damaged_list_of_a_zip_archive_is_refused(write) -> None:
    path = write("NAS-Bench-201-again.pth")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"PK\x01\x02", b"PK\x01\x03"))
    assert "of no known format" in refusal(path)


def test_other_dictionaries_of_torch_are_refused(tmp_path) -> None:
    path = tmp_path / "model.pth"
    torch.save({"weight": torch.zeros(3)}, path)
    assert "not NAS-Bench-201-v1_1-096897.pth" in refusal(path)


@pytest.mark.parametrize("space", ["nb101", "darts"])
@pytest.mark.parametrize("name", FORMS)
def test_other_space_is_refused(write, name, space) -> None:
    assert f"of space 'nb201', not '{space}'" in refusal(write(name, TEXTS[:1]), space)


def test_curves_are_dropped_while_reading(write) -> None:
    path = write("NAS-Bench-201-v1_1.pth", TEXTS)
    tracemalloc.start()
    import_table("nb201", path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < path.stat().st_size
