from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wsnas import memory
from wsnas.errors import InputError
from wsnas.memory import check_memory, free_memory
from wsnas.spaces import BUILT_IN
from wsnas.supernets import build_supernet

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn


def test_free_memory_is_the_machines_or_less_in_a_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert (free_memory("cpu") or 0) > 10**7
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:   4000 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path)
    assert free_memory("cpu") == 4000 * 1024
    (tmp_path / "memory.current").write_text("1000\n")
    for limit, free in (("max\n", 4000 * 1024), ("3000\n", 2000), ("500\n", 0)):
        (tmp_path / "memory.max").write_text(limit)
        assert free_memory("cpu") == free
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "none")
    assert free_memory("cpu") is None


def super_net(space: str, channels: int, cells: int) -> nn.Module:
    return build_supernet(space, in_channels=1, num_classes=10, channels=channels, cells=cells)


@pytest.mark.parametrize("space", BUILT_IN)
def test_the_estimate_of_a_super_nets_weights_is_near_their_number(
    space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = 12 * sum(weight.numel() for weight in super_net(space, 32, 3).parameters())
    for free, fits in ((0.6 * needed, False), (1.7 * needed, True)):
        monkeypatch.setattr(memory, "free_memory", lambda _device, free=free: int(free))
        refused = False
        try:
            check_memory(lambda *sizes: super_net(space, *sizes), device="cpu", channels=32, cells=3)
        except InputError:
            refused = True
        assert refused != fits


@pytest.mark.parametrize(
    ("sizes", "refused"),
    [
        ({"channels": 8, "cells": 1, "batch_size": 128, "epochs": 100, "resolution": 32}, None),
        ({"channels": 2**62, "cells": 1}, "channels 4,611,686,018,427,387,904, cells 1"),
        ({"channels": 100_000, "cells": 1}, "channels 100,000, cells 1"),
        ({"channels": 8, "cells": 10**9}, "cells 1,000,000,000"),
        ({"channels": 64, "cells": 5, "batch_size": 50_000, "resolution": 64}, "batch_size 50,000"),
        ({"channels": 8, "cells": 1, "epochs": 10**12}, "epochs 1,000,000,000,000"),
    ],
)
def test_what_is_sure_not_to_fit_is_refused_with_the_estimate(
    sizes: dict[str, Any], refused: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda _device: 16 * 10**9)

    def build(channels: int, cells: int) -> nn.Module:
        assert (channels, cells) == (16, 1)
        return super_net("nb201", channels, cells)

    if refused is None:
        check_memory(build, device="cpu", **sizes)
        return
    with pytest.raises(
        InputError, match=rf"{refused}.* about [0-9.,e+]+ GB .* cpu has 16.0 GB free"
    ) as caught:
        check_memory(build, device="cpu", **sizes)
    assert "\n" not in str(caught.value)
