"""Files that benchmarks publish: damaged as disks damage them, and right ones with strange content."""

from __future__ import annotations

import bz2
import io
import json
import pickle
import shutil
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from google_crc32c import value as crc32c
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.inputs import VALUES, as_json, encoded, mistaken_bytes, mistaken_text, mistaken_values
from tests.fuzz.running import fuzz, works_or_is_refused
from tests.wsnas.groundtruth.published import (
    nats_files,
    nb101_metrics,
    nb101_record,
    nb101_records,
    nb201_results,
    nds_training,
    tarred,
    tfrecord,
    zipped,
)
from wsnas.groundtruth import import_table
from wsnas.groundtruth.readers.pickle_names import PickleError
from wsnas.groundtruth.readers.plain_pickle import read_pickle
from wsnas.spaces import get_space
from wsnas.spaces.darts import to_genotype

RNG = np.random.default_rng(0)
NB101 = get_space("nb101")
CELLS = [NB101.sample(RNG) for _ in range(2)]
RECORDS = nb101_records(NB101, CELLS)
TEXTS = [str(get_space("nb201").sample(RNG)) for _ in range(2)]
WHOLE = {
    "meta_archs": TEXTS,
    "total_archs": 2,
    "arch2infos": {
        row: {"full": nb201_results(row, text, (777, 888)[: row + 1], epochs=3)}
        for row, text in enumerate(TEXTS)
    },
}
DARTS = [to_genotype(get_space("darts").sample(RNG))._asdict() for _ in range(2)]
TRAININGS = json.loads(json.dumps([nds_training(genotype) for genotype in DARTS]))
PLAIN = {"a": [1, 2.5, ("x", None, True)], 3: {b"y": {1, 2}}, "o": VALUES, "d": OrderedDict(n=np.float64(2))}
LEGACY = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]


def imported(space: str, path: Path) -> None:
    with works_or_is_refused():
        table = import_table(space, path, name="mine")
        assert len(list(table.architectures())) == len(table) > 0


def records() -> SearchStrategy[bytes]:
    """Draw files of records whose checksums are right."""
    rows = st.sampled_from([json.loads(record) for record in RECORDS])
    metrics = mistaken_bytes(st.just(nb101_metrics(0.9, 0.91))).map(lambda message: nb101_record(message))
    record = mistaken_values(rows).map(as_json) | metrics | mistaken_text(rows.map(json.dumps)).map(encoded)
    return st.lists(record, max_size=2).map(lambda odd: tfrecord(*odd, *RECORDS, crc32c=crc32c))


def pickles(right: Any) -> SearchStrategy[bytes]:
    """Draw pickles with strange content, and damaged ones."""
    protocols = st.sampled_from([2, 3, 4, 5])
    return st.builds(pickle.dumps, mistaken_values(st.just(right), most=1), protocols) | mistaken_bytes(
        st.builds(pickle.dumps, st.just(right), protocols)
    )


def torch_files(content: bytes, form: int) -> bytes:
    """Return a file of NAS-Bench-201 in one of its three forms."""
    if form == 0:
        return b"".join([*LEGACY, content, pickle.dumps([], 2)])
    return zipped({"archive/data.pkl": content}, zipfile.ZIP_STORED) if form == 1 else bz2.compress(content)


def archives(right: bytes) -> SearchStrategy[bytes]:
    """Draw zip archives of one file, with all methods of compression, whole and damaged."""
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    whole = st.sampled_from([zipped({"nds/DARTS.json": right}, method) for method in methods])
    return mistaken_bytes(whole)


@fuzz(
    records() | mistaken_bytes(st.just(tfrecord(*RECORDS, crc32c=crc32c))),
    quick=40,
    slow=500,
)
def test_records_of_nasbench101_are_imported_or_refused(content: bytes, folder: Path) -> None:
    (folder / "x.tfrecord").write_bytes(content)
    imported("nb101", folder / "x.tfrecord")


@fuzz(
    mistaken_values(st.just(TRAININGS)).map(as_json)
    | mistaken_text(st.just(json.dumps(TRAININGS))).map(encoded)
    | archives(json.dumps(TRAININGS).encode()),
    quick=60,
    slow=800,
)
def test_trainings_of_nds_are_imported_or_refused(content: bytes, folder: Path) -> None:
    (folder / "DARTS.json").write_bytes(content)
    imported("darts", folder / "DARTS.json")
    imported("darts", folder / "DARTS.json" / "DARTS.json")


@fuzz(st.tuples(pickles(WHOLE), st.integers(0, 2)), quick=60, slow=800)
def test_files_of_nasbench201_are_imported_or_refused(drawn: tuple[bytes, int], folder: Path) -> None:
    (folder / "x.pth").write_bytes(torch_files(*drawn))
    imported("nb201", folder / "x.pth")


@fuzz(
    st.integers(0, 2).flatmap(
        lambda form: mistaken_bytes(st.just(torch_files(pickle.dumps(WHOLE, 2), form)))
    ),
    quick=40,
    slow=400,
)
def test_damaged_files_of_nasbench201_are_imported_or_refused(content: bytes, folder: Path) -> None:
    (folder / "x.pth").write_bytes(content)
    imported("nb201", folder / "x.pth")


@fuzz(
    st.tuples(
        mistaken_values(st.just(nats_files(WHOLE)), most=1),
        st.dictionaries(
            st.sampled_from(["meta", "000000", "000001"]).map("{}.pickle.pbz2".format),
            pickles(WHOLE["arch2infos"][0]) | pickles({"meta_archs": TEXTS}),
            max_size=2,
        ),
    ),
    quick=40,
    slow=500,
)
def test_folders_of_natsbench_are_imported_or_refused(
    drawn: tuple[Any, dict[str, bytes]], folder: Path
) -> None:
    files, odd = drawn
    files = (files if isinstance(files, dict) else {}) | {
        name: bz2.compress(content) for name, content in odd.items()
    }
    files = {
        name: content
        for name, content in files.items()
        if name and "\0" not in name and isinstance(content, bytes)
    }
    shutil.rmtree(folder / "NATS", ignore_errors=True)
    (folder / "NATS").mkdir()
    for name, content in files.items():
        (folder / "NATS" / name).write_bytes(content)
    imported("nb201", folder / "NATS")
    (folder / "NATS.tar").write_bytes(tarred(files))
    imported("nb201", folder / "NATS.tar")


@fuzz(mistaken_bytes(st.just(tarred(nats_files(WHOLE)))), quick=40, slow=400)
def test_damaged_archives_of_natsbench_are_imported_or_refused(content: bytes, folder: Path) -> None:
    (folder / "NATS.tar").write_bytes(content)
    imported("nb201", folder / "NATS.tar")


@fuzz(
    pickles(PLAIN) | st.binary(),
    quick=80,
    slow=1500,
)
def test_a_pickle_is_read_or_refused(content: bytes, folder: Path) -> None:
    with works_or_is_refused(PickleError):
        read_pickle(io.BytesIO(content))


def test_the_files_are_right_before_mistakes_are_made(tmp_path: Path) -> None:
    trainings = json.dumps(TRAININGS).encode()
    files = {
        "x.tfrecord": ("nb101", tfrecord(*RECORDS)),
        "x.json": ("darts", trainings),
        "x.zip": ("darts", zipped({"nds/DARTS.json": trainings})),
        **{f"{form}.pth": ("nb201", torch_files(pickle.dumps(WHOLE, 2), form)) for form in range(3)},
        "x.tar": ("nb201", tarred(nats_files(WHOLE))),
    }
    for name, (space, content) in files.items():
        (tmp_path / name).write_bytes(content)
        assert len(import_table(space, tmp_path / name, name="mine", folder=tmp_path / "tables")) == 2
