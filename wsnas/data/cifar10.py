"""`cifar10`: CIFAR-10 from its official binary archive (Krizhevsky 2009)."""

from __future__ import annotations

import hashlib
import logging
import tarfile
import tempfile
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import numpy as np

from wsnas.cache import cache_folder
from wsnas.data.images import SPLITS, ImageSet, check_resolution, make_image_set, resize
from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
ARCHIVE = "cifar-10-binary.tar.gz"
FOLDER = "cifar-10-batches-bin"
FILES = (*(f"data_batch_{batch}.bin" for batch in range(1, 6)), "test_batch.bin")
"""Five files with the official training images, then one with the test images."""
NUM_CLASSES = 10
IMAGE_SHAPE = (3, 32, 32)
RECORD_BYTES = 1 + 3 * 32 * 32
"""A label, then the red, green and blue planes."""
FILE_BYTES = 10_000 * RECORD_BYTES
VALIDATION_IMAGES = 5_000
SPLIT_SEED = 0
_TIMEOUT_SECONDS = 30
_CHUNK_BYTES = 1 << 20

logger = logging.getLogger(__name__)


def load_cifar10(*, data_dir: Path | None = None, resolution: int = 32) -> ImageSet:
    """Load CIFAR-10: 45,000 training, 5,000 validation and 10,000 test images of three channels.

    The validation images are a fixed random draw of the official training images.

    Args:
        data_dir: the archive, or a folder with the archive, with `cifar-10-batches-bin/` or with its files.
            By default the cache, see `wsnas.cache`; the
            archive (170 MB) is fetched into it where it is not there yet.
        resolution: height and width of the images in pixels, 4 to 64.

    Raises:
        InputError: the resolution is out of its range, a file is missing or damaged, or the download failed.
    """
    check_resolution(resolution)
    digest = hashlib.sha256()
    records = []
    for content in _read(_locate(data_dir)):
        digest.update(content)
        records.append(np.frombuffer(content, np.uint8).reshape(-1, RECORD_BYTES))
    official, test = np.concatenate(records[:-1]), records[-1]
    order = np.random.default_rng(SPLIT_SEED).permutation(len(official))
    splits = dict(
        zip(
            SPLITS,
            (official[order[:-VALIDATION_IMAGES]], official[order[-VALIDATION_IMAGES:]], test),
            strict=True,
        )
    )
    return make_image_set(
        "cifar10",
        {split: resize(_pixels(record), resolution=resolution) for split, record in splits.items()},
        {split: record[:, 0] for split, record in splits.items()},
        num_classes=NUM_CLASSES,
        flip=True,
        sha256=digest.hexdigest(),
    )


def _pixels(records: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return records[:, 1:].reshape(-1, *IMAGE_SHAPE)


def _locate(data_dir: Path | None) -> Path:
    """Return the archive or the folder of its files."""
    if data_dir is not None:
        if found := _find(data_dir):
            return found
        raise InputError(f"data folder {str(data_dir)!r}: holds neither {FOLDER}/ nor {ARCHIVE}")
    cache = cache_folder()
    return _find(cache) or _download(cache)


def _find(place: Path) -> Path | None:
    if place.is_file():
        return place
    if any((place / name).is_file() for name in FILES):
        return place
    return next((inner for inner in (place / FOLDER, place / ARCHIVE) if inner.exists()), None)


def _download(cache: Path) -> Path:
    """Fetch the archive into the cache; it appears there whole or not at all."""
    logger.info("downloading %s (170 MB) to %s", URL, cache)
    target = cache / ARCHIVE
    checksum = hashlib.md5(usedforsecurity=False)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            partial = Path(folder, ARCHIVE)
            with urlopen(URL, timeout=_TIMEOUT_SECONDS) as response, partial.open("wb") as file:
                while chunk := response.read(_CHUNK_BYTES):
                    checksum.update(chunk)
                    file.write(chunk)
            if checksum.hexdigest() != MD5:
                raise InputError(f"{URL}: its MD5 is {checksum.hexdigest()}, must be {MD5}: try again")
            partial.replace(target)
    except (OSError, HTTPException) as error:
        raise InputError(
            f"cifar10: not in {str(cache)!r} and {URL} cannot be fetched ({error}):"
            f" give {ARCHIVE} or its folder with --data-dir"
        ) from error
    return target


def _read(place: Path) -> Iterator[bytes]:
    """Yield the contents of `FILES` in their order, each of the right size and with labels in range."""
    found = _read_folder(place) if place.is_dir() else _read_archive(place)
    for name, content in zip(FILES, found, strict=True):
        if max(content[::RECORD_BYTES]) >= NUM_CLASSES:
            raise InputError(f"{place}: {name} is damaged, a label is not from 0 to {NUM_CLASSES - 1}")
        yield content


def _read_folder(folder: Path) -> Iterator[bytes]:
    for name in FILES:
        path = folder / name
        try:
            _check_size(str(path), path.stat().st_size)
            yield path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}: must hold 10,000 images") from error


def _read_archive(path: Path) -> Iterator[bytes]:
    """Read only the members that are expected, straight into memory: nothing is unpacked to disk."""
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                folder, _, name = member.name.rpartition("/")
                if folder == FOLDER and name in FILES and (file := archive.extractfile(member)):
                    _check_size(f"{path}: {name}", member.size)
                    contents[name] = file.read()
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise InputError(f"{path}: not a whole gzipped tar archive ({error}): fetch {URL} again") from error
    for name in FILES:
        if name not in contents:
            raise InputError(f"{path}: {FOLDER}/{name} is missing: fetch {URL} again")
        yield contents[name]


def _check_size(name: str, size: int) -> None:
    if size != FILE_BYTES:
        raise InputError(f"{name}: damaged, it has {size:,} bytes, must be {FILE_BYTES:,}")
