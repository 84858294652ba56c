from __future__ import annotations

import numpy as np
import pytest
import torch

from wsnas.data import load_images
from wsnas.data.fashion import EMBEDDED, read_fashion
from wsnas.data.images import SPLITS
from wsnas.errors import InputError


def test_splits_share_no_image() -> None:
    images = read_fashion().images
    pictures = [{image.tobytes() for image in images[split]} for split in SPLITS]
    assert [len(part) for part in pictures] == [10_000, 2_000, 2_000]
    assert len(set.union(*pictures)) == 14_000


def test_every_split_is_balanced_and_shuffled() -> None:
    for labels in read_fashion().labels.values():
        assert set(np.bincount(labels, minlength=10)) == {len(labels) // 10}
        assert len(set(labels[:100])) == 10


def test_embedded_file_says_where_it_comes_from_without_pickle() -> None:
    with np.load(EMBEDDED, allow_pickle=False) as arrays:
        assert "Zalando" in str(arrays["origin"])
    assert "Zalando" in EMBEDDED.with_name("LICENSE-fashion-mnist").read_text()


def test_native_resolution_keeps_the_pixels() -> None:
    stored = torch.tensor(read_fashion().images["test"]).double()
    loaded = load_images("fashion", resolution=28).test_images.double()
    scale = (stored.max() - stored.min()) / (loaded.max() - loaded.min())
    torch.testing.assert_close((loaded - loaded.min()) * scale, stored, atol=1e-3, rtol=0)


def test_moving_changes_only_the_device() -> None:
    fashion = load_images("fashion", resolution=4)
    moved = fashion.to("meta")
    assert {moved.train_images.device.type, moved.test_labels.device.type} == {"meta"}
    assert moved.train_images.shape == fashion.train_images.shape
    assert (moved.name, moved.sha256, moved.flip) == (fashion.name, fashion.sha256, fashion.flip)


def test_damaged_or_missing_file_is_named(tmp_path) -> None:
    damaged = tmp_path / "fashion.npz"
    content = bytearray(EMBEDDED.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(InputError, match=r"fashion\.npz: damaged"):
        read_fashion(damaged)
    with pytest.raises(InputError, match=r"absent\.npz: No such file"):
        read_fashion(tmp_path / "absent.npz")
