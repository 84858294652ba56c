"""`fashion-clutter`: Fashion-MNIST made hard by misplacement, distractors, contrast and noise.

Plain Fashion-MNIST is so easy that good and bad architectures score alike. Here each image is a shrunken
garment at a random place, under patches cut from other garments of the same split; the whole then gets a
random contrast of random sign, and noise. It is the idea of the Cluttered MNIST of Mnih et al. (2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wsnas.data.fashion import NUM_CLASSES, read_fashion
from wsnas.data.images import SPLITS, ImageSet, check_resolution, make_image_set, resize
from wsnas.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Clutter:
    """How hard the images are."""

    garment_fraction: float = 0.875
    """Side of the garment as a fraction of the image's, in (0, 1]."""
    patch_fraction: float = 0.2
    """Side of a distracting patch as a fraction of the image's, in (0, garment_fraction]."""
    patches: int = 3
    """Distracting patches per image, at least 0."""
    noise: float = 0.1
    """Standard deviation of the noise; the brightest pixel before contrast and noise has value 1."""
    min_contrast: float = 0.5
    """Least factor on an image's values, in (0, max_contrast]; its sign is random."""
    max_contrast: float = 1.0
    """Largest factor on an image's values."""

    def __post_init__(self) -> None:
        """Raise `InputError` for a value outside its range."""
        if not 0 < self.patch_fraction <= self.garment_fraction <= 1:
            raise InputError(
                f"patch_fraction {self.patch_fraction} and garment_fraction {self.garment_fraction}:"
                " must be in this order, above 0 and at most 1"
            )
        if self.patches < 0:
            raise InputError(f"patches {self.patches}: must be 0 or more")
        if not 0 <= self.noise < float("inf"):
            raise InputError(f"noise {self.noise}: must be 0 or more")
        if not 0 < self.min_contrast <= self.max_contrast < float("inf"):
            raise InputError(
                f"min_contrast {self.min_contrast} and max_contrast {self.max_contrast}:"
                " must be in this order and above 0"
            )


STANDARD = Clutter()
"""The difficulty of the data set that is called ``fashion-clutter``."""
_SEED = 0
"""What the places, patches, contrasts and noise are drawn from."""


def load_clutter(*, resolution: int, difficulty: Clutter = STANDARD) -> ImageSet:
    """Load the cluttered garments: 10,000, 2,000 and 2,000 images of one channel.

    The same arguments give the same images; the splits share neither garments nor patches.

    Args:
        resolution: height and width of the images in pixels, 4 to 64.
        difficulty: how hard the images are.

    Raises:
        InputError: a value is out of its range, or the embedded file is missing or damaged.
    """
    check_resolution(resolution)
    source = read_fashion()
    images = {
        # A stream for each split, so that its images depend on no other split.
        split: _clutter(
            source.images[split],
            resolution=resolution,
            difficulty=difficulty,
            rng=np.random.default_rng([_SEED, index]),
        )
        for index, split in enumerate(SPLITS)
    }
    return make_image_set(
        "fashion-clutter", images, source.labels, num_classes=NUM_CLASSES, flip=True, sha256=source.sha256
    )


def _clutter(
    images: NDArray[np.uint8], *, resolution: int, difficulty: Clutter, rng: np.random.Generator
) -> Tensor:
    """Make the cluttered version, shape (n, 1, resolution, resolution), of images of shape (n, 1, h, w)."""
    from torch import from_numpy

    side = max(1, round(difficulty.garment_fraction * resolution))
    patch_side = max(1, round(difficulty.patch_fraction * resolution))
    garments = resize(images, resolution=side).numpy()[:, 0]
    n = len(garments)
    each = np.arange(n)[:, None, None]
    canvas = np.zeros((n, resolution, resolution), np.float32)
    canvas[each, *_squares(n, size=resolution, side=side, rng=rng)] = garments
    for _ in range(difficulty.patches):
        other = (each + rng.integers(1, n, (n, 1, 1))) % n
        cut = garments[other, *_squares(n, size=side, side=patch_side, rng=rng)]
        canvas[each, *_squares(n, size=resolution, side=patch_side, rng=rng)] = cut
    contrast = rng.uniform(difficulty.min_contrast, difficulty.max_contrast, (n, 1, 1))
    canvas *= (contrast * rng.choice((-1, 1), (n, 1, 1))).astype(np.float32)
    canvas += difficulty.noise * rng.standard_normal(canvas.shape, np.float32)
    return from_numpy(canvas[:, None])


def _squares(
    n: int, *, size: int, side: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw `n` places for a square in a larger one.

    Returns:
        The rows, shape (n, side, 1), and columns, shape (n, 1, side), that each square covers.
    """
    top, left = rng.integers(0, size - side + 1, (2, n, 1))
    covered = np.arange(side)
    return (top + covered)[:, :, None], (left + covered)[:, None, :]
