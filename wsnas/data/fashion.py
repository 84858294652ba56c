"""`fashion`: a class-balanced subset of Fashion-MNIST that the package carries.

Made by `scripts/make_fashion_subset.py`; the licence lies beside the file.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wsnas.data.images import SPLITS, ImageSet, check_resolution, make_image_set, resize
from wsnas.files import read_carried

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUM_CLASSES = 10
EMBEDDED = Path(__file__).with_name("embedded") / "fashion.npz"
SHA256 = "417d15b404325d33f8d023a5dc4db695889026ea07f64292fdd98f45202e4406"


@dataclass(frozen=True, eq=False)
class Garments:
    """The embedded images as they are stored."""

    images: dict[str, NDArray[np.uint8]]
    """Pixels 0 to 255 by split, shape (n, 1, 28, 28)."""
    labels: dict[str, NDArray[np.uint8]]
    """Classes 0 to 9 by split, shape (n,)."""
    sha256: str
    """SHA-256 of the file, in hexadecimal."""


def read_fashion(path: Path = EMBEDDED) -> Garments:
    """Read the embedded images.

    Raises:
        InputError: the file is missing or damaged.
    """
    content = read_carried(path, SHA256)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return Garments(
            images={split: arrays[f"{split}_images"][:, None] for split in SPLITS},
            labels={split: arrays[f"{split}_labels"] for split in SPLITS},
            sha256=SHA256,
        )


def load_fashion(*, resolution: int) -> ImageSet:
    """Load the plain garments: 10,000, 2,000 and 2,000 images of one channel.

    Args:
        resolution: height and width of the images in pixels, 4 to 64.

    Raises:
        InputError: the resolution is out of its range, or the embedded file is missing or damaged.
    """
    check_resolution(resolution)
    source = read_fashion()
    return make_image_set(
        "fashion",
        {split: resize(source.images[split], resolution=resolution) for split in SPLITS},
        source.labels,
        num_classes=NUM_CLASSES,
        flip=True,
        sha256=source.sha256,
    )
