from __future__ import annotations

import pytest

from wsnas.spaces import get_space
from wsnas.supernets import build_supernet
from wsnas.training.memory import estimate_bytes


def estimate(space: str, *, channels: int, cells: int, batch_size: int, resolution: int = 32) -> int:
    supernet = build_supernet(space, in_channels=3, num_classes=10, channels=channels, cells=cells)
    return estimate_bytes(
        supernet, get_space(space), in_channels=3, resolution=resolution, batch_size=batch_size
    )


@pytest.mark.parametrize(
    ("space", "channels", "cells", "batch_size", "measured"),
    [("nb201", 16, 5, 256, 1.8e9), ("darts", 36, 12, 128, 5.9e9)],
)
def test_the_estimate_holds_the_peak_that_an_h200_showed(
    space: str, channels: int, cells: int, batch_size: int, measured: float
) -> None:
    found = estimate(space, channels=channels, cells=cells, batch_size=batch_size)
    assert measured <= found < 1.5 * measured


def test_the_estimate_grows_with_the_batch_and_the_image() -> None:
    small = estimate("nb101", channels=4, cells=1, batch_size=32, resolution=8)
    assert estimate("nb101", channels=4, cells=1, batch_size=64, resolution=8) == pytest.approx(
        2 * small, rel=0.2
    )
    assert estimate("nb101", channels=4, cells=1, batch_size=32, resolution=16) == pytest.approx(
        4 * small, rel=0.3
    )
