from __future__ import annotations

import numpy as np
import pytest
import torch

from wsnas.data import load_images
from wsnas.data.clutter import Clutter, load_clutter
from wsnas.data.fashion import Garments, read_fashion
from wsnas.data.images import SPLITS
from wsnas.errors import InputError

SMALL = Clutter(garment_fraction=0.4, patches=0, noise=0)


@pytest.fixture
def replace_garments(monkeypatch):
    """Let other images, by split, be the garments; their labels are as in the embedded file."""

    def replace(images) -> None:
        garments = Garments(images=images, labels=read_fashion().labels, sha256="")
        monkeypatch.setattr("wsnas.data.clutter.read_fashion", lambda: garments)

    return replace


@pytest.fixture
def white(replace_garments) -> None:
    """Make every garment a white square."""
    replace_garments(
        {split: np.full(images.shape, 255, np.uint8) for split, images in read_fashion().images.items()}
    )


def _over_background(images: torch.Tensor) -> torch.Tensor:
    """Return images, shape (n, height, width), less their median, which is a background pixel."""
    return images[:, 0] - images.flatten(1).median(dim=1).values[:, None, None]


def test_images_are_the_same_again() -> None:
    first, again = (load_images("fashion-clutter", resolution=8) for _ in range(2))
    for split in SPLITS:
        assert torch.equal(getattr(first, f"{split}_images"), getattr(again, f"{split}_images"))


def test_labels_are_those_of_the_garments() -> None:
    clutter = load_images("fashion-clutter", resolution=8)
    assert clutter.train_labels.tolist() == read_fashion().labels["train"].tolist()


@pytest.mark.usefixtures("white")
def test_garment_is_shrunk_and_placed_everywhere() -> None:
    garment = _over_background(load_clutter(resolution=20, difficulty=SMALL).train_images) != 0
    assert (garment.sum(dim=(1, 2)) == 8 * 8).all()
    assert len({tuple(image.nonzero()[0].tolist()) for image in garment}) == (20 - 8 + 1) ** 2


@pytest.mark.usefixtures("white")
def test_contrast_has_both_signs_and_stays_in_its_range() -> None:
    values = _over_background(load_clutter(resolution=20, difficulty=SMALL).train_images).sum(dim=(1, 2))
    assert 0.4 < (values > 0).float().mean() < 0.6
    assert values.abs().max() / values.abs().min() == pytest.approx(2, abs=0.02)


def test_patches_come_from_the_same_split(replace_garments) -> None:
    def load() -> dict[str, torch.Tensor]:
        images = load_clutter(resolution=20, difficulty=Clutter(noise=0))
        return {split: getattr(images, f"{split}_images") for split in SPLITS}

    garments = read_fashion().images
    unchanged = load()
    # Other validation images: were one used as a patch, another split would show it.
    replace_garments({**garments, "validation": 255 - garments["validation"]})
    changed = load()
    assert torch.equal(changed["train"], unchanged["train"])
    assert torch.equal(changed["test"], unchanged["test"])
    assert not torch.equal(changed["validation"], unchanged["validation"])


def test_patches_come_from_other_garments(replace_garments) -> None:
    images = {split: np.zeros((2, 1, 28, 28), np.uint8) for split in SPLITS}
    for split in SPLITS:
        images[split][0] = 255
    replace_garments(images)
    difficulty = Clutter(garment_fraction=1, patches=1, noise=0)
    bright, dark = load_clutter(resolution=20, difficulty=difficulty).train_images[:, 0]
    # A patch of the other garment marks 4x4 pixels in each; one of its own would leave it uniform.
    for image in (bright, dark):
        assert (~torch.isclose(image, image.median())).sum() == 4 * 4


def test_difficulty_changes_the_images() -> None:
    def signal(difficulty: Clutter) -> torch.Tensor:
        return load_clutter(resolution=8, difficulty=difficulty).train_images

    standard = signal(Clutter())
    for varied in (
        Clutter(noise=0.5),
        Clutter(patches=0),
        Clutter(garment_fraction=1),
        Clutter(min_contrast=1),
    ):
        assert not torch.equal(signal(varied), standard)


@pytest.mark.parametrize(
    "values",
    [
        {"garment_fraction": 1.1},
        {"garment_fraction": 0.1},
        {"patch_fraction": 0.0},
        {"patches": -1},
        {"noise": -0.1},
        {"noise": float("nan")},
        {"min_contrast": 0.0},
        {"min_contrast": 1.5},
    ],
)
def test_impossible_difficulty_is_refused(values) -> None:
    with pytest.raises(InputError, match=f"{next(iter(values))} .*must be"):
        Clutter(**values)
