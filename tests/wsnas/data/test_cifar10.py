from __future__ import annotations

import hashlib
import tarfile

import numpy as np
import pytest
import torch

from wsnas.data import cifar10, load_images
from wsnas.data.cifar10 import ARCHIVE, FILE_BYTES, FILES, FOLDER, load_cifar10
from wsnas.errors import InputError


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    """A folder with the official files: each image has one colour, red and green spell its number."""
    folder = tmp_path_factory.mktemp("cifar10") / FOLDER
    folder.mkdir()
    for batch, name in enumerate(FILES):
        number = np.arange(10_000) + 10_000 * batch
        records = np.zeros((10_000, 3073), np.uint8)
        records[:, 0] = number % 10
        records[:, 1:1025] = (number // 256)[:, None]
        records[:, 1025:2049] = (number % 256)[:, None]
        records[:, 2049:] = (number % 7)[:, None]
        records.tofile(folder / name)
    return folder.parent


@pytest.fixture(scope="module")
def archive(parent, tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / ARCHIVE
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name in reversed(FILES):
            tar.add(parent / FOLDER / name, f"{FOLDER}/{name}")
    return path


@pytest.fixture(scope="module")
def loaded(parent):
    return load_images("cifar10", resolution=4, data_dir=parent)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("WSNAS_CACHE", str(folder))
    return folder


@pytest.fixture
def sparse(tmp_path):
    """A folder with files of the right size that hold zeros."""
    for name in FILES:
        with (tmp_path / name).open("wb") as file:
            file.truncate(FILE_BYTES)
    return tmp_path


def test_splits_are_disjoint_and_complete(loaded) -> None:
    assert loaded.train_images.shape == (45_000, 3, 4, 4)
    assert loaded.validation_images.shape == (5_000, 3, 4, 4)
    assert loaded.test_images.shape == (10_000, 3, 4, 4)
    everything = torch.cat((loaded.train_images, loaded.validation_images, loaded.test_images))
    assert len(torch.unique(everything[:, :2, 0, 0], dim=0)) == 60_000


def test_labels_and_planes_belong_to_their_images(loaded) -> None:
    number = torch.arange(50_000, 60_000)
    planes = loaded.test_images[:, :, 0, 0].T
    for plane, expected in zip(planes, (number // 256, number % 256, number % 7), strict=True):
        assert torch.corrcoef(torch.stack((plane, expected.float())))[0, 1] > 0.9999
    assert torch.equal(loaded.test_labels, number % 10)


@pytest.mark.parametrize("place", ["files", "archive", "folder of the archive"])
def test_every_form_gives_the_same_split(place, parent, archive, loaded) -> None:
    data_dir = {"files": parent / FOLDER, "archive": archive, "folder of the archive": archive.parent}[place]
    again = load_cifar10(data_dir=data_dir, resolution=4)
    assert again.sha256 == loaded.sha256
    assert torch.equal(again.train_images, loaded.train_images)
    assert torch.equal(again.validation_labels, loaded.validation_labels)


def test_short_file_is_named_with_its_size(sparse) -> None:
    with (sparse / FILES[2]).open("r+b") as file:
        file.truncate(FILE_BYTES - 1)
    with pytest.raises(InputError, match=r"data_batch_3\.bin: damaged, it has 30,729,999 bytes") as caught:
        load_cifar10(data_dir=sparse)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(sparse) -> None:
    (sparse / FILES[5]).unlink()
    with pytest.raises(InputError, match=r"test_batch\.bin: No such file"):
        load_cifar10(data_dir=sparse)


def test_impossible_label_is_refused(sparse) -> None:
    with (sparse / FILES[0]).open("r+b") as file:
        file.write(b"\x0a")
    with pytest.raises(InputError, match=r"data_batch_1\.bin is damaged, a label"):
        load_cifar10(data_dir=sparse)


def test_truncated_archive_is_refused(archive, tmp_path) -> None:
    damaged = tmp_path / ARCHIVE
    content = archive.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="not a whole gzipped tar archive"):
        load_cifar10(data_dir=damaged)


def test_archive_without_the_files_is_refused(tmp_path) -> None:
    path = tmp_path / ARCHIVE
    with tarfile.open(path, "w:gz") as tar:
        tar.add(__file__, "../data_batch_1.bin")
    with pytest.raises(InputError, match=r"data_batch_1\.bin is missing"):
        load_cifar10(data_dir=path)
    assert [entry.name for entry in tmp_path.iterdir()] == [ARCHIVE]


def test_folder_without_cifar_is_refused_and_nothing_is_downloaded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cifar10, "urlopen", lambda *_, **__: pytest.fail("downloaded"))
    with pytest.raises(InputError, match="holds neither cifar-10-batches-bin/ nor"):
        load_cifar10(data_dir=tmp_path)


def test_without_network_the_message_says_where_it_looked_and_what_to_do(cache, monkeypatch) -> None:
    monkeypatch.setattr(cifar10, "URL", (cache / "absent").as_uri())
    with pytest.raises(InputError, match=r"cannot be fetched .*--data-dir") as caught:
        load_cifar10()
    assert str(cache) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_download_fills_the_cache_once(cache, archive, monkeypatch) -> None:
    monkeypatch.setattr(cifar10, "URL", archive.as_uri())
    monkeypatch.setattr(cifar10, "MD5", hashlib.md5(archive.read_bytes()).hexdigest())
    first = load_cifar10(resolution=4)
    assert [entry.name for entry in cache.iterdir()] == [ARCHIVE]
    monkeypatch.setattr(cifar10, "urlopen", lambda *_, **__: pytest.fail("downloaded"))
    assert load_cifar10(resolution=4).sha256 == first.sha256


def test_download_with_a_wrong_checksum_leaves_nothing_behind(cache, tmp_path, monkeypatch) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"not the archive")
    monkeypatch.setattr(cifar10, "URL", other.as_uri())
    with pytest.raises(InputError, match=r"its MD5 is .* must be c32a1d4ab5d03f1284b67883e8d87530"):
        load_cifar10()
    assert list(cache.iterdir()) == []
