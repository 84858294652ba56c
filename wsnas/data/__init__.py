"""What networks are trained on: image data sets by name, each in the same form."""

from __future__ import annotations

from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from wsnas.data.images import ImageSet, checked
from wsnas.errors import InputError, RunError, StoppedError, one_of, show_error
from wsnas.plugins import find_provided

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["ImageSet", "data_names", "load_images"]

_EMBEDDED = {
    "fashion-clutter": "wsnas.data.clutter:load_clutter",
    "fashion": "wsnas.data.fashion:load_fashion",
}
"""Sets that the package carries, called with ``resolution``."""

_FROM_FOLDER = {
    "cifar10": "wsnas.data.cifar10:load_cifar10",
}
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
        InputError: no such set, a value out of its range, the set's files are missing or damaged, or another
            package's set is none that can be trained on.
    """
    load: Callable[..., ImageSet]
    if name in _EMBEDDED:
        if data_dir is not None:
            raise InputError(f"data folder {str(data_dir)!r}: {name} needs none, the package carries it")
        load = resolve_name(_EMBEDDED[name])
        return load(resolution=resolution)
    if name in _FROM_FOLDER:
        load = resolve_name(_FROM_FOLDER[name])
        return load(resolution=resolution, data_dir=data_dir)
    if (provided := find_provided(_ENTRY_POINTS, name)) is not None:
        try:
            images = provided(resolution=resolution, data_dir=data_dir)
        except (InputError, RunError, StoppedError):
            raise
        except Exception as error:  # another package's code, on files of its user's
            raise InputError(
                f"data set {name!r}: its package cannot load it ({type(error).__name__}:"
                f" {show_error(error)}): are its files whole?"
            ) from error
        return checked(name, images, resolution=resolution)
    raise InputError(f"unknown data set {name!r}: {one_of(name, data_names())}")
