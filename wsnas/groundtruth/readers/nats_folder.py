"""NATS-Bench's topology cells as one file each: `NATS-tss-v1_0-3ffb9-simple`, unpacked or as a tar archive.

`meta.pickle.pbz2` has the strings of all cells in `meta_archs`; `NNNNNN.pickle.pbz2` has the results of the
cell at that position. All are pickles compressed by bzip2. Source: D-X-Y/NATS-Bench, `api_topology.py`.
"""

from __future__ import annotations

import bz2
import io
import re
import tarfile
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError
from wsnas.groundtruth.readers.archives import DAMAGED, refusing_damage
from wsnas.groundtruth.readers.nasbench201 import gather, measure, shrink
from wsnas.groundtruth.readers.plain_pickle import read_pickle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wsnas.groundtruth.rows import Progress, Rows
    from wsnas.spaces import Space

TITLE = "the folder or tar archive NATS-tss-v1_0-3ffb9-simple"
SPACE = "nb201"
_META = "meta.pickle.pbz2"
_BROKEN = (*DAMAGED, tarfile.TarError, LookupError)
"""What Python's reader of tar archives raises where bytes are wrong; a link to nowhere is a `LookupError`."""
_CELL = re.compile(r"([0-9]{1,6})\.pickle\.pbz2")


def recognise(path: Path) -> bool:
    """Return whether it is a folder with the file of the strings, or a tar archive."""
    if path.is_dir():
        return (path / _META).is_file()
    try:
        with tarfile.open(path, "r:"):
            return True
    except _BROKEN:
        return False


def read(path: Path, space: Space[Any], progress: Progress) -> Rows:
    """Read the mean CIFAR-10 test accuracies after 200 epochs.

    Raises:
        InputError: a file is missing, cut short, damaged or asks to run something.
    """
    texts: Any = None
    results: dict[int, dict[str, Any]] = {}
    for name, content in _files(path):
        match = _CELL.fullmatch(name)
        if name == _META:
            texts = _load(content, f"{path}: {name}").get("meta_archs")
            if not isinstance(texts, list):
                raise InputError(f"{path}: {name} has no list of cells, meta_archs: not {TITLE}")
        elif match is not None:
            results[int(match[1])] = _load(content, f"{path}: {name}")
        if texts:
            progress(len(results) / len(texts))
    if texts is None:
        raise InputError(f"{path}: has no {_META}: cut short, or not {TITLE}")
    missing = [row for row in range(len(texts)) if row not in results]
    if missing:
        raise InputError(
            f"{path}: lacks {len(missing):,} of {len(texts):,} cells, such as {missing[0]:06d}.pickle.pbz2:"
            " fetch or unpack it again"
        )
    try:
        return gather((measure(results[row], text, space) for row, text in enumerate(texts)), TITLE)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents; nothing is unpacked to disk."""
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.name.endswith(".pickle.pbz2"):
                yield file.name, file.read_bytes()
        return
    with refusing_damage(str(path), *_BROKEN), tarfile.open(path, "r:") as archive:
        for member in archive:
            inner = archive.extractfile(member)
            if inner is not None:
                yield member.name.rpartition("/")[2], inner.read()


def _load(content: bytes, place: str) -> dict[str, Any]:
    with refusing_damage(place):
        found = read_pickle(io.BytesIO(bz2.decompress(content)), shrink=shrink)
    if not isinstance(found, dict):
        raise InputError(f"{place}: not of NATS-Bench's topology cells")
    return found
