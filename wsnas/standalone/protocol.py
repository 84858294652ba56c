"""The one fixed protocol by which a table's architectures are trained and scored."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from importlib import resources
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, one_of, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wsnas.training.protocol import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class StandaloneProtocol:
    """How stand-alone networks are trained on the training images and scored on the test images.

    The validation images, which rank super-nets, play no part. SGD with momentum 0.9, a cosine schedule
    down to 0.001, gradients clipped to 5, random crops and flips.
    """

    data: str = "fashion-clutter"
    """Data set."""
    resolution: int = 12
    """Height and width of the images in pixels."""
    channels: int = 8
    """Channels of the stem."""
    cells: int = 1
    """Cells, in each stage or in all, as the space counts them."""
    epochs: int = 6
    """Passes over the training images."""
    batch_size: int = 128
    """Images per optimiser step."""
    learning_rate: float = 0.2
    """Learning rate at the start of the schedule."""
    weight_decay: float = 5e-4
    """L2 penalty on all weights."""
    views: int = 1
    """How often each test image is scored: as it is, and the other times cropped and mirrored at random,
    alike for all architectures. Averaged over views an accuracy is less noisy."""

    def __post_init__(self) -> None:
        if not isinstance(self.data, str):
            raise InputError(f"data {show(self.data)} is no name of a data set")
        for name in ("learning_rate", "weight_decay"):
            value = getattr(self, name)
            if type(value) not in (int, float):
                raise InputError(f"{name} {show(value)} is not a number")
        for name in ("resolution", "channels", "cells", "epochs", "batch_size", "views"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise InputError(f"{name} {show(value)} is not a positive whole number")
        self.training()

    def training(self) -> Protocol:
        """Return the part that concerns the optimiser."""
        from wsnas.training.protocol import Protocol

        return Protocol(
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            epochs=self.epochs,
            batch_size=self.batch_size,
            train_portion=1.0,
        )

    def values(self) -> dict[str, Any]:
        """Return the protocol as plain values."""
        return asdict(self)


def space_protocol(space: str, changes: Mapping[str, Any] | None = None) -> StandaloneProtocol:
    """Return the protocol of a space: the defaults, what ``protocols/SPACE.toml`` changes, and `changes`.

    Raises:
        InputError: a name or value that is none of a protocol's.
    """
    files = {file.name: file for file in (resources.files(__package__) / "protocols").iterdir()}
    file = files.get(f"{space}.toml")
    own = tomllib.loads(file.read_text("utf-8")) if file is not None else {}
    known = {field.name for field in fields(StandaloneProtocol)}
    for name in {**own, **(changes or {})}:
        if name not in known:
            raise InputError(f"protocol: unknown setting {show(name)}: {one_of(name, sorted(known))}")
    return StandaloneProtocol(**{**own, **(changes or {})})
