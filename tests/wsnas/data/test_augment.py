from __future__ import annotations

import pytest
import torch
from torch.nn.functional import pad as pad_zeros

from wsnas.data.augment import augment

FORMATS = [torch.contiguous_format, torch.channels_last]


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_is_one_of_its_own_padded_crops(channels, memory_format) -> None:
    images = torch.rand(200, channels, 5, 6).contiguous(memory_format=memory_format)
    result = augment(images, generator=_generator(), pad=1, flip=True)
    padded = pad_zeros(images, (1, 1, 1, 1))
    seen = set()
    for image, source in zip(result, padded, strict=True):
        matches = [
            (top, left, mirrored)
            for top in range(3)
            for left in range(3)
            for mirrored in (False, True)
            for crop in [source[:, top : top + 5, left : left + 6]]
            if torch.equal(image, crop.flip(2) if mirrored else crop)
        ]
        assert len(matches) == 1
        seen.update(matches)
    assert len(seen) == 18


@pytest.mark.parametrize("memory_format", FORMATS)
def test_memory_format_is_kept(memory_format) -> None:
    images = torch.rand(4, 3, 8, 8).contiguous(memory_format=memory_format)
    assert augment(images, generator=_generator(), pad=2, flip=True).is_contiguous(
        memory_format=memory_format
    )


def test_memory_format_does_not_change_the_result() -> None:
    images = torch.rand(16, 3, 8, 8)
    plain, last = (
        augment(images.contiguous(memory_format=format_), generator=_generator(), pad=2, flip=True)
        for format_ in FORMATS
    )
    assert torch.equal(plain, last)


def test_no_mirroring_unless_asked() -> None:
    images = torch.rand(100, 1, 4, 4)
    assert torch.equal(augment(images, generator=_generator(), pad=0, flip=False), images)
    mirrored = augment(images, generator=_generator(), pad=0, flip=True)
    count = sum(torch.equal(new, old.flip(2)) for new, old in zip(mirrored, images, strict=True))
    assert 30 < count < 70


def test_generator_alone_decides() -> None:
    images = torch.rand(16, 1, 8, 8)
    first = augment(images, generator=_generator(1), pad=2, flip=True)
    torch.manual_seed(5)
    assert torch.equal(augment(images, generator=_generator(1), pad=2, flip=True), first)
    assert not torch.equal(augment(images, generator=_generator(2), pad=2, flip=True), first)


def test_input_is_left_alone() -> None:
    images = torch.rand(16, 1, 8, 8)
    before = images.clone()
    augment(images, generator=_generator(), pad=2, flip=True)
    assert torch.equal(images, before)
