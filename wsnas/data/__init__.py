"""What networks are trained on: image data sets by name, each in the same form."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from wsnas.data.cifar10 import load_cifar10
from wsnas.data.clutter import load_clutter
from wsnas.data.fashion import load_fashion
from wsnas.data.images import ImageSet
from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["ImageSet", "data_names", "load_images"]

_EMBEDDED: dict[str, Callable[..., ImageSet]] = {
    "fashion-clutter": load_clutter,
    "fashion": load_fashion,
}
"""Sets that the package carries, called with ``resolution``."""

_FROM_FOLDER: dict[str, Callable[..., ImageSet]] = {"cifar10": load_cifar10}
"""Sets that the user has or that are downloaded, called with ``resolution`` and ``data_dir``."""

_ENTRY_POINTS = "wsnas.data"
"""Sets of other installed packages, called with ``resolution`` and ``data_dir``."""


def data_names() -> list[str]:
    """Return the names of the data sets, the default one first, those of other packages last."""
    own = [*_EMBEDDED, *_FROM_FOLDER]
    provided = {point.name for point in entry_points(group=_ENTRY_POINTS)}
    return [*own, *sorted(provided.difference(own))]


def load_images(name: str, *, resolution: int, data_dir: Path | None = None) -> ImageSet:
    """Load the data set that is called `name`.

    Args:
        name: one of `data_names`.
        resolution: height and width of the images in pixels, 4 to 64.
        data_dir: where the set lies, for those that the package does not carry.

    Raises:
        InputError: no such set, a value out of its range, or the set's files are missing or damaged.
    """
    if name in _FROM_FOLDER:
        return _FROM_FOLDER[name](resolution=resolution, data_dir=data_dir)
    if name not in _EMBEDDED:
        for point in entry_points(group=_ENTRY_POINTS, name=name):
            provided: ImageSet = point.load()(resolution=resolution, data_dir=data_dir)
            return provided
        raise InputError(f"unknown data set {name!r}: choose one of {', '.join(data_names())}")
    if data_dir is not None:
        raise InputError(f"data folder {str(data_dir)!r}: {name} needs none, the package carries it")
    return _EMBEDDED[name](resolution=resolution)
