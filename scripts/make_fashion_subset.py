"""Make the embedded Fashion-MNIST subset from Debian's package `dataset-fashion-mnist`.

usage: python scripts/make_fashion_subset.py DEB_OR_FOLDER OUT

DEB_OR_FOLDER is the .deb file (unpacked with `dpkg-deb`) or a folder with the four idx.gz files.
The same input gives the same images; put the SHA-256 that is printed into `wsnas/data/fashion.py`.
"""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 0
CLASSES = 10
PER_CLASS = {"train": 1000, "validation": 200, "test": 200}
ORIGIN = (
    "Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, Zalando SE, MIT licence), from Debian's package"
    " dataset-fashion-mnist; a class-balanced draw: train and validation from the 60,000 training images,"
    " test from the 10,000 test images"
)
_UNSIGNED_BYTE = 8


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a gzipped IDX file of unsigned bytes."""
    data = gzip.decompress(path.read_bytes())
    kind, rank = data[2], data[3]
    if data[:2] != b"\0\0" or kind != _UNSIGNED_BYTE:
        sys.exit(f"{path}: not an IDX file of unsigned bytes")
    shape = np.frombuffer(data, ">i4", count=rank, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def unrepeated(*image_sets: NDArray[np.uint8]) -> list[NDArray[np.bool_]]:
    """Mark the images whose bytes occur once in all the sets together, so that no splits share a picture."""
    everything = np.concatenate(image_sets).reshape(sum(map(len, image_sets)), -1)
    _, inverse, counts = np.unique(everything, axis=0, return_inverse=True, return_counts=True)
    once = counts[inverse.reshape(-1)] == 1
    return np.split(once, np.cumsum([len(images) for images in image_sets])[:-1])


def draw(
    labels: NDArray[np.uint8], allowed: NDArray[np.bool_], sizes: list[int], rng: np.random.Generator
) -> list[NDArray[np.intp]]:
    """Draw disjoint lots of indices, each with `sizes[i]` images of every class, in random order."""
    lots: list[list[NDArray[np.intp]]] = [[] for _ in sizes]
    for label in range(CLASSES):
        members = rng.permutation(np.flatnonzero((labels == label) & allowed))
        for lot, part in zip(lots, np.split(members[: sum(sizes)], np.cumsum(sizes)[:-1]), strict=True):
            lot.append(part)
    return [rng.permutation(np.concatenate(lot)) for lot in lots]


def make(folder: Path, out: Path) -> None:
    """Write the subset of the images in `folder` to `out`."""
    train, test = (read_idx(folder / f"{stem}-images-idx3-ubyte.gz") for stem in ("train", "t10k"))
    train_labels, test_labels = (
        read_idx(folder / f"{stem}-labels-idx1-ubyte.gz") for stem in ("train", "t10k")
    )
    train_allowed, test_allowed = unrepeated(train, test)
    rng = np.random.default_rng(SEED)
    train_lot, validation_lot = draw(
        train_labels, train_allowed, [PER_CLASS["train"], PER_CLASS["validation"]], rng
    )
    (test_lot,) = draw(test_labels, test_allowed, [PER_CLASS["test"]], rng)
    np.savez_compressed(
        out,
        train_images=train[train_lot],
        train_labels=train_labels[train_lot],
        validation_images=train[validation_lot],
        validation_labels=train_labels[validation_lot],
        test_images=test[test_lot],
        test_labels=test_labels[test_lot],
        origin=np.array(ORIGIN),
    )


def main() -> None:
    """Run the script."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as unpacked:
        if source.is_file():
            subprocess.run(["dpkg-deb", "-x", str(source), unpacked], check=True)
            source = Path(unpacked, "usr/share/datasets/fashion-mnist")
        make(source, out)
    size, digest = out.stat().st_size, hashlib.sha256(out.read_bytes()).hexdigest()
    sys.stdout.write(f"{out}: {size:,} bytes, SHA-256 {digest}\n")


if __name__ == "__main__":
    main()
