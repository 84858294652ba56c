"""The module hash by which NAS-Bench-101 names a cell: equal for all labellings of one cell."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsnas.spaces.nb101_graph import Inputs

_INPUT, _OUTPUT = -1, -2


def module_hash(inputs: Inputs, operations: tuple[int, ...]) -> str:
    """Return the hash of a cell whose interior vertices carry `operations`.

    Every vertex starts as its degrees and its operation and takes up the hashes around it, once for each
    vertex of the cell.
    """
    reads = ((), *inputs)
    vertices = range(len(reads))
    read_by = [[target for target in vertices if source in reads[target]] for source in vertices]
    labels = (_INPUT, *operations, _OUTPUT)
    hashes = [_md5(str((len(read_by[v]), len(reads[v]), labels[v]))) for v in vertices]
    for _ in vertices:
        hashes = [
            _md5(f"{_joined(hashes, reads[v])}|{_joined(hashes, read_by[v])}|{hashes[v]}") for v in vertices
        ]
    return _md5(str(sorted(hashes)))


def _joined(hashes: list[str], vertices: tuple[int, ...] | list[int]) -> str:
    return "".join(sorted(hashes[vertex] for vertex in vertices))


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
