from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from wsnas.training.streams import numpy_stream, torch_stream

if TYPE_CHECKING:
    from collections.abc import Callable


def first_numbers(seed: int, name: str) -> list[int]:
    return numpy_stream(seed, name).integers(1_000_000, size=3).tolist()


def first_torch_numbers(seed: int, name: str) -> list[int]:
    return torch.randint(1_000_000, (3,), generator=torch_stream(seed, name)).tolist()


@pytest.mark.parametrize("numbers", [first_numbers, first_torch_numbers])
def test_streams_differ_by_name_and_seed_and_are_the_same_again(
    numbers: Callable[[int, str], list[int]],
) -> None:
    drawn = [numbers(seed, name) for seed in (0, 1) for name in ("order", "paths", "dropout")]
    assert len({tuple(some) for some in drawn}) == 6
    assert drawn == [numbers(seed, name) for seed in (0, 1) for name in ("order", "paths", "dropout")]


def test_streams_stay_what_they_were_in_earlier_versions() -> None:
    assert first_numbers(0, "pool") == [263_622, 336_628, 235_655]
    assert first_torch_numbers(0, "order") == [39_161, 159_078, 708_876]


def test_streams_shift_neither_each_other_nor_the_global_one() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    alone = first_torch_numbers(3, "dropout")
    torch.manual_seed(5)
    order, dropout = torch_stream(3, "order"), torch_stream(3, "dropout")
    torch.rand(100, generator=order)
    assert torch.randint(1_000_000, (3,), generator=dropout).tolist() == alone
    assert torch.equal(torch.rand(3), expected)


def test_large_seeds_are_told_apart() -> None:
    assert first_numbers(2**40, "paths") != first_numbers(0, "paths")
    assert first_torch_numbers(2**40, "order") != first_torch_numbers(0, "order")
