"""How fast imported tables open, and how fast the official files are imported.

Run: python -m benchmarks.mapped_table [--cells 7000] [--curves 60]

Files are written in the published formats with records of realistic size. Opening is measured in fresh
processes, after the import of what it needs.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from google_crc32c import value as crc32c

from tests.wsnas.groundtruth import published
from wsnas.groundtruth import import_table
from wsnas.groundtruth.mapped_table import Source, write_table
from wsnas.groundtruth.rows import Column, Rows
from wsnas.spaces import get_space

NB101_CELLS = 423_624
OPEN = """
import json, sys, time
from pathlib import Path
import numpy as np
from wsnas.groundtruth import load
from wsnas.spaces import get_space

def resident():
    fields = Path("/proc/self/status").read_text().split()
    return int(fields[fields.index("VmRSS:") + 1]) / 1024

space = get_space("nb101")
before, start = resident(), time.perf_counter()
table = load(space, "big")
seconds, megabytes = time.perf_counter() - start, resident() - before
cells = [table.entries[row] for row in range(0, len(table), len(table) // 200)]
start = time.perf_counter()
for cell in cells:
    table.accuracy(cell)
lookup = (time.perf_counter() - start) / len(cells)
json.dump({"seconds": seconds, "megabytes": megabytes, "lookup": lookup, "rows": len(table)}, sys.stdout)
"""


def measure_opening(cache: Path) -> str:
    """Open a table of all of NAS-Bench-101 in fresh processes."""
    space = get_space("nb101")
    texts = [space.format(cell) for cell in space.enumerate()]
    columns = {
        name: Column(values=np.random.default_rng(0).random(len(texts)), meaning=name)
        for name in ("deviation", "validation_accuracy", "seconds", "parameters")
    }
    rows = Rows(architectures=texts, accuracies=columns["deviation"].values, origin="", columns=columns)
    folder = cache / "tables" / "nb101" / "big"
    write_table(rows, folder, space="nb101", source=Source(name="", sha256=""))
    runs = []
    for _ in range(5):
        run = subprocess.run([sys.executable, "-c", OPEN], check=True, capture_output=True, text=True)
        runs.append(json.loads(run.stdout))
    size = (folder / "rows.npy").stat().st_size / 1e6
    return (
        f"opening {runs[0]['rows']:,} rows ({size:.0f} MB): {min(run['seconds'] for run in runs):.3f} to"
        f" {max(run['seconds'] for run in runs):.3f} s in {len(runs)} processes,"
        f" {max(run['megabytes'] for run in runs):.1f} MB more memory at most;"
        f" a look-up {1e6 * min(run['lookup'] for run in runs):.0f} us\n"
    )


def measure_nb101(folder: Path, cells: int) -> str:
    """Import a TFRecord file of some cells."""
    space = get_space("nb101")
    rng = np.random.default_rng(0)
    drawn = list(space.enumerate() if cells >= space.size else {space.sample(rng) for _ in range(cells)})
    records = published.nb101_records(space, drawn)
    path = folder / "nasbench_only108.tfrecord"
    path.write_bytes(b"".join(published.tfrecord(record, crc32c=crc32c) for record in records))
    start = time.perf_counter()
    import_table(space, path)
    seconds = time.perf_counter() - start
    whole, size = seconds / len(drawn) * NB101_CELLS, path.stat().st_size / len(records)
    return (
        f"NAS-Bench-101: {len(drawn):,} cells, {len(records):,} records of {size:.0f} B in {seconds:.1f} s;"
        f" {NB101_CELLS:,} cells would take {whole:.0f} s\n"
    )


def measure_nb201(folder: Path, cells: int) -> str:
    """Import a file as `torch.save` wrote it until PyTorch 1.6."""
    space = get_space("nb201")
    texts = [space.format(cell) for cell, _ in zip(space.enumerate(), range(cells), strict=False)]
    path = folder / "NAS-Bench-201-v1_1.pth"
    with path.open("wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {}, published.nb201_dictionary(texts), []):
            pickle.dump(value, file, protocol=2)
    start = time.perf_counter()
    import_table(space, path)
    seconds = time.perf_counter() - start
    size = path.stat().st_size
    return (
        f"NAS-Bench-201: {cells} cells in {size / 1e6:.0f} MB in {seconds:.1f} s;"
        f" each GB would take {seconds / size * 1e9:.0f} s\n"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=7000, help="cells of NAS-Bench-101, 423624 for all")
    parser.add_argument("--curves", type=int, default=60, help="cells of NAS-Bench-201")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["WSNAS_CACHE"] = str(folder / "cache")
        sys.stdout.write(measure_opening(folder / "cache"))
        sys.stdout.write(measure_nb101(folder, arguments.cells))
        sys.stdout.write(measure_nb201(folder, arguments.curves))


if __name__ == "__main__":
    main()
