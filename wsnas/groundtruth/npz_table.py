"""Tables that the package carries: the accuracies of a whole space, in the order of its enumeration."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from wsnas.errors import InputError
from wsnas.groundtruth.table import Ceiling, Table

if TYPE_CHECKING:
    from wsnas.spaces import Space

A = TypeVar("A")
FOLDER = Path(__file__).with_name("embedded")


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """An embedded table, in the file ``embedded/NAME.npz``.

    The file holds `accuracies` in whole units of 1/`scale`, `scale` and the text `origin`.
    """

    space: str
    """Name of the space."""
    sha256: str
    """SHA-256 that the file must have, in hexadecimal."""
    ceiling: Ceiling | None = None
    """The noise ceiling; None where it is not known."""


def read_npz(name: str, embedded: Embedded, space: Space[A], *, folder: Path = FOLDER) -> Table[A]:
    """Read the embedded table that is called `name`.

    Raises:
        InputError: the file is missing or damaged.
    """
    path = folder / f"{name}.npz"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}: install wsnas again") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != embedded.sha256:
        raise InputError(f"{path}: damaged, its SHA-256 must be {embedded.sha256}: install wsnas again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return Table(
            name=name,
            space=space.name,
            entries=tuple(space.enumerate()),
            accuracies=arrays["accuracies"] / int(arrays["scale"]),
            origin=str(arrays["origin"]),
            sha256=digest,
            ceiling=embedded.ceiling,
        )
