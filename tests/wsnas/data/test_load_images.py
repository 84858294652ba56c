from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from wsnas.data import data_names, load_images
from wsnas.errors import InputError


def test_names_are_known() -> None:
    assert data_names() == ["fashion-clutter", "fashion", "cifar10"]


@pytest.mark.parametrize("name", ["fashion", "fashion-clutter"])
def test_name_gives_the_set_of_that_name_normalised_with_training_statistics(name) -> None:
    images = load_images(name, resolution=16)
    assert images.name == name
    assert images.train_images.shape == (10_000, 1, 16, 16)
    assert images.validation_images.shape == images.test_images.shape == (2_000, 1, 16, 16)
    assert images.train_images.dtype == torch.float32
    assert images.train_labels.dtype == torch.int64
    assert images.train_images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.train_images.std().item() == pytest.approx(1, abs=1e-5)
    # Their own statistics would give exactly 0 and 1 here too.
    assert images.test_images.mean().item() != pytest.approx(0, abs=1e-5)
    assert images.in_channels == 1


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        InputError, match=r"unknown data set 'mnist': choose one of fashion-clutter, .*cifar10"
    ):
        load_images("mnist", resolution=16)


def test_folder_for_an_embedded_set_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="fashion needs none"):
        load_images("fashion", resolution=16, data_dir=tmp_path)


@pytest.mark.parametrize("name", ["fashion-clutter", "fashion", "cifar10"])
@pytest.mark.parametrize("resolution", [0, 3, 65])
def test_resolution_out_of_range_is_refused(name, resolution) -> None:
    with pytest.raises(InputError, match=f"resolution {resolution}: must be from 4 to 64"):
        load_images(name, resolution=resolution)


def test_names_are_there_without_torch() -> None:
    code = "import sys; from wsnas.data import data_names; data_names(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
