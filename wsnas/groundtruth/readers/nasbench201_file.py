"""The whole benchmark in one file: `NAS-Bench-201-v1_1-096897.pth` and `NATS-tss-v1_0-3ffb9.pickle.pbz2`.

Both are the pickle of a dictionary with `meta_archs`, the strings of all cells, and `arch2infos`, their
results by position; the first as `torch.save` wrote it before and since PyTorch 1.6, the second compressed
by bzip2. Source: D-X-Y/NAS-Bench-201, `nas_201_api/api_201.py`; D-X-Y/NATS-Bench, `api_topology.py`.
"""

from __future__ import annotations

import bz2
import hashlib
import io
import re
import zipfile
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from wsnas.errors import InputError
from wsnas.groundtruth.readers.archives import member_names, refusing_damage
from wsnas.groundtruth.readers.nasbench201 import gather, measure, shrink
from wsnas.groundtruth.readers.plain_pickle import read_pickle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from wsnas.groundtruth.readers.plain_pickle import Shrink
    from wsnas.groundtruth.rows import Progress, Rows
    from wsnas.spaces import Space

TITLE = "NAS-Bench-201-v1_1-096897.pth or NATS-tss-v1_0-3ffb9.pickle.pbz2"
SPACE = "nb201"
_TORCH_MAGIC = b"\x80\x02\x8a\n" + 0x1950A86A20F9469CFC6C.to_bytes(10, "little") + b"."
"""How files of `torch.save` began until PyTorch 1.6: a pickled number."""
_BEFORE_THE_OBJECT = 3
"""Pickles that stand before the object in such files: the number, a version and the machine."""
_BZIP2 = b"BZh"
_REPORT_EVERY = 10_000
_NAMED_BY_MD5 = re.compile(r"NAS-Bench-201-v\w+-([0-9a-f]{6})\.pth")


def recognise(path: Path) -> bool:
    """Return whether the file is one of `torch.save`, or is compressed by bzip2."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(len(_TORCH_MAGIC))
    return head == _TORCH_MAGIC or head.startswith(_BZIP2) or _torch_member(path) is not None


def read(path: Path, space: Space[Any], progress: Progress) -> Rows:
    """Read the mean CIFAR-10 test accuracies after 200 epochs.

    Raises:
        InputError: the file is cut short or damaged, asks to run something, or lacks cells.
    """
    _check_md5(path)
    with refusing_damage(str(path)), path.open("rb") as file, _open_pickle(path, file) as pickle:
        whole = read_pickle(pickle, shrink=_reporting(shrink, file, path.stat().st_size, progress))
    try:
        texts, results = whole["meta_archs"], whole["arch2infos"]
        missing = len(texts) - len(results)
        if missing:
            raise InputError(f"lacks the results of {missing:,} of its {len(texts):,} cells")
        return gather((measure(results[row], text, space) for row, text in enumerate(texts)), TITLE)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: not {TITLE}") from error


def _reporting(shrink: Shrink, file: BinaryIO, size: int, progress: Progress) -> Shrink:
    """Return `shrink` with reports of how far the file was read."""
    calls = count(1)

    def shrink_and_report(state: dict[Any, Any]) -> None:
        shrink(state)
        if next(calls) % _REPORT_EVERY == 0:
            progress(file.tell() / size)

    return shrink_and_report


@contextmanager
def _open_pickle(path: Path, file: BinaryIO) -> Iterator[BinaryIO]:
    """Open the object's own pickle."""
    member = _torch_member(path)
    head = file.read(len(_BZIP2))
    file.seek(0)
    if member is not None:
        with zipfile.ZipFile(file) as archive, archive.open(member) as inner:
            yield io.BufferedReader(cast("io.RawIOBase", inner))
    elif head == _BZIP2:
        with bz2.open(file) as inner:
            yield io.BufferedReader(cast("io.RawIOBase", inner))
    else:
        for _ in range(_BEFORE_THE_OBJECT):
            read_pickle(file)
        yield file
        read_pickle(file)  # the list of tensors ends the file


def _torch_member(path: Path) -> str | None:
    """Return the pickle inside a zip archive of `torch.save`, or None."""
    return next((name for name in member_names(path) if name.endswith("/data.pkl")), None)


def _check_md5(path: Path) -> None:
    """Raise `InputError` where the file is named by its MD5 and has another one."""
    match = _NAMED_BY_MD5.fullmatch(path.name)
    if match is None:
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if not digest.endswith(match[1]):
        raise InputError(f"{path}: its MD5 is {digest}, must end in {match[1]}: fetch it again")
