"""Make the embedded table of NAS-Bench-201 accuracies from PyPI's `analog-nasbench` 0.1.3.

usage: python scripts/make_nb201_table.py WHEEL_OR_DATA_ANB OUT

The package holds the CIFAR-10 test accuracies of an independent re-training of all 15,625 cells. Its data
are a pickle, which is read with an unpickler that builds nothing but records of plain values. Put the
SHA-256 that is printed into `wsnas/groundtruth/__init__.py`.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from wsnas.spaces.nb201 import AVG_POOL, CONV_1X1, CONV_3X3, EDGES, NB201, NONE, SKIP

MEMBER = "analognasbench/data.anb"
ORIGIN = (
    "CIFAR-10 test accuracies of an independent re-training of all NAS-Bench-201 cells: `baseline_accuracy`"
    " of PyPI's analog-nasbench 0.1.3"
)
KEY_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
"""Edges (source node, target node) in the order of the package's keys."""
KEY_OPERATIONS = (SKIP, NONE, CONV_3X3, CONV_1X1, AVG_POOL)
"""Operations by their number in the package's keys."""
SCALE = 10_000_000
"""Units per accuracy of 1: the package gives percentages with five decimals, so none is rounded."""


class Record:
    """Stands in for the package's classes: it takes their attributes and does nothing."""

    baseline_accuracy: float
    """Test accuracy in percent."""


class RecordUnpickler(pickle.Unpickler):
    """An unpickler that refuses all but the two classes of the package's records."""

    ALLOWED = frozenset(
        {("analognasbench.data", "Architecture"), ("analognasbench.data", "DriftMeasurement")}
    )

    def find_class(self, module: str, name: str, /) -> type[Record]:
        """Return `Record` for an allowed class."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return Record


def read_records(source: Path) -> dict[tuple[int, ...], Record]:
    """Read the package's records from its wheel or from the data file in it."""
    content = source.read_bytes()
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as wheel:
            content = wheel.read(MEMBER)
    records: Any = RecordUnpickler(io.BytesIO(content)).load()
    return dict(records)


def make(source: Path, out: Path) -> None:
    """Write the accuracies to `out`, in the order in which the space enumerates its cells."""
    by_operations: dict[tuple[int, ...], float] = {}
    for key, record in read_records(source).items():
        operations = {edge: KEY_OPERATIONS[code] for edge, code in zip(KEY_EDGES, key, strict=True)}
        by_operations[tuple(operations[edge] for edge in EDGES)] = record.baseline_accuracy / 100
    accuracies = np.array([by_operations[cell.operations] for cell in NB201().enumerate()])
    units = np.rint(accuracies * SCALE).astype(np.uint32)
    if np.abs(units / SCALE - accuracies).max() > 1e-12:
        sys.exit(f"{source}: accuracies do not fit units of 1/{SCALE:,}")
    np.savez_compressed(
        out, space=np.array(NB201.name), accuracies=units, scale=np.array(SCALE), origin=np.array(ORIGIN)
    )


def main() -> None:
    """Run the script."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    out = Path(sys.argv[2])
    make(Path(sys.argv[1]), out)
    size, digest = out.stat().st_size, hashlib.sha256(out.read_bytes()).hexdigest()
    sys.stdout.write(f"{out}: {size:,} bytes, SHA-256 {digest}\n")


if __name__ == "__main__":
    main()
