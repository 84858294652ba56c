"""The form in which every data set reaches training: normalised tensors in three splits."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

SPLITS = ("train", "validation", "test")
MIN_RESOLUTION, MAX_RESOLUTION = 4, 64
_CHUNK = 5000


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageSet:
    """Images and labels of a classification task.

    Images are float32 of shape (n, channels, height, width); each channel has zero mean and unit variance
    over the training images, whose statistics also normalise the other splits. Labels are int64 of shape
    (n,), each in [0, num_classes).
    """

    name: str
    """How users call the data set, e.g. ``fashion-clutter``."""
    train_images: Tensor
    """Images that weights are trained on."""
    train_labels: Tensor
    """Classes of `train_images`."""
    validation_images: Tensor
    """Images that architectures are ranked on; disjoint from `train_images`."""
    validation_labels: Tensor
    """Classes of `validation_images`."""
    test_images: Tensor
    """Images for a final accuracy only."""
    test_labels: Tensor
    """Classes of `test_images`."""
    num_classes: int
    """How many classes there are."""
    flip: bool
    """Whether a horizontal flip keeps an image's class."""
    sha256: str
    """SHA-256 of the source data, in hexadecimal."""

    @property
    def in_channels(self) -> int:
        """How many channels the images have."""
        return self.train_images.shape[1]

    def to(self, device: torch.device | str) -> ImageSet:
        """Return the same set with all tensors on `device`."""
        import torch

        moved: dict[str, Any] = {
            field.name: value.to(device)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), torch.Tensor)
        }
        return replace(self, **moved)


def resize(images: NDArray[np.uint8], *, resolution: int) -> Tensor:
    """Scale images to a square, by bilinear interpolation with antialiasing.

    Args:
        images: pixels 0 to 255, shape (n, channels, height, width).
        resolution: height and width of the result in pixels.

    Returns:
        Float32 of shape (n, channels, resolution, resolution) with values in [0, 1].
    """
    import torch
    from torch.nn.functional import interpolate

    scaled = torch.empty(*images.shape[:2], resolution, resolution)
    # In chunks: a float copy of all source images at full size would dwarf the result.
    for start in range(0, len(images), _CHUNK):
        chunk = torch.tensor(images[start : start + _CHUNK]).float().div_(255)
        if chunk.shape[2:] != scaled.shape[2:]:
            chunk = interpolate(chunk, (resolution, resolution), mode="bilinear", antialias=True)
        scaled[start : start + _CHUNK] = chunk
    return scaled


def make_image_set(
    name: str,
    images: Mapping[str, Tensor],
    labels: Mapping[str, NDArray[np.uint8]],
    *,
    num_classes: int,
    flip: bool,
    sha256: str,
) -> ImageSet:
    """Normalise `images` in place with the training statistics and bundle them with their labels.

    Args:
        name: the data set's name.
        images: for each of `SPLITS` float32 of shape (n, channels, height, width).
        labels: for each of `SPLITS` the classes, shape (n,).
        num_classes: how many classes there are.
        flip: whether a horizontal flip keeps an image's class.
        sha256: SHA-256 of the source data, in hexadecimal.
    """
    import torch

    std, mean = torch.std_mean(images["train"], dim=(0, 2, 3), keepdim=True)
    tensors: dict[str, Any] = {}
    for split in SPLITS:
        tensors[f"{split}_images"] = images[split].sub_(mean).div_(std)
        tensors[f"{split}_labels"] = torch.tensor(labels[split], dtype=torch.int64)
    return ImageSet(name=name, num_classes=num_classes, flip=flip, sha256=sha256, **tensors)


def checked(name: str, images: object, *, resolution: int) -> ImageSet:
    """Return a data set of another package; `InputError` unless it has the form that `ImageSet` promises."""
    if not isinstance(images, ImageSet):
        raise InputError(f"data set {name!r}: must be an ImageSet, is {show(images)}")
    classes, shape = images.num_classes, (images.in_channels, resolution, resolution)
    for split in SPLITS:
        pixels, labels = getattr(images, f"{split}_images"), getattr(images, f"{split}_labels")
        if pixels.shape[1:] != shape or len(labels) != len(pixels) or not len(pixels):
            wanted = f"the shape (n, {', '.join(map(str, shape))}) and n labels, n of at least 1"
        elif not pixels.sum().isfinite():
            wanted = "finite pixels, which training images of one colour have not"
        elif not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            wanted = f"labels from 0 to {classes - 1}"
        else:
            continue
        raise InputError(
            f"data set {name!r}: its {len(pixels):,} {split} images with {len(labels):,} labels must have"
            f" {wanted}: are its files whole?"
        )
    return images


def check_resolution(resolution: int) -> None:
    """Raise `InputError` where images cannot sensibly have this height and width in pixels."""
    if not MIN_RESOLUTION <= resolution <= MAX_RESOLUTION:
        raise InputError(f"resolution {resolution}: must be from {MIN_RESOLUTION} to {MAX_RESOLUTION} pixels")
