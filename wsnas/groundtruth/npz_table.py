"""Tables that the package carries: the accuracies of a whole space, in the order of its enumeration."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from wsnas.files import read_carried
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
    content = read_carried(folder / f"{name}.npz", embedded.sha256)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return Table(
            name=name,
            space=space.name,
            entries=tuple(space.enumerate()),
            accuracies=arrays["accuracies"] / int(arrays["scale"]),
            origin=str(arrays["origin"]),
            sha256=embedded.sha256,
            ceiling=embedded.ceiling,
        )
