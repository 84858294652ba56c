"""NDS, the network design spaces: `DARTS.json` and its kin, by themselves or inside `nds_data.zip`.

A file is a list of trainings, or for ImageNet two lists, `top` and `mid`. Each has `net` with `genotype`,
`depth`, `width`, `aux` and `drop_prob`, further `optim`, `params`, `flops` and, in percent for each epoch,
`test_ep_top1`, the test error. Source: facebookresearch/nds, `notebooks/nas.ipynb`; microsoft/nni,
`nni/nas/benchmark/nds/db_gen.py`.
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, show_error
from wsnas.groundtruth.readers.archives import member_names, refusing_damage
from wsnas.groundtruth.rows import Rows
from wsnas.spaces.darts import from_genotype

if TYPE_CHECKING:
    from pathlib import Path

    from wsnas.groundtruth.rows import Progress
    from wsnas.spaces import Space

TITLE = "NDS's DARTS.json or DARTS_fix-w-d.json, alone or as nds_data.zip/DARTS.json"
SPACE = "darts"
_COLUMNS = {
    "depth": "cells of the network",
    "width": "channels of the network's first cell",
    "aux": "1 where it was trained with an auxiliary head",
    "drop_prob": "rate of dropped paths in training",
    "parameters": "trainable parameters",
    "flops": "FLOPs as NDS counts them",
}


def recognise(path: Path) -> bool:
    """Return whether it is a JSON file, or a zip archive with such files or one of them."""
    archive, member = _split(path)
    if zipfile.is_zipfile(archive):
        return bool(member) or bool(_members(archive))
    if not path.is_file():
        return False
    with archive.open("rb") as file:
        return file.read(64).lstrip()[:1] in (b"[", b"{")


def read(path: Path, space: Space[Any], progress: Progress) -> Rows:
    """Read the test accuracies after the last epoch; cells that the space lacks are left out and counted.

    Raises:
        InputError: the file is cut short, damaged or not of NDS, or has a cell twice.
    """
    with refusing_damage(str(path)):
        data = json.loads(_content(path), object_hook=_slim)
    progress(0.5)
    trainings = _trainings(data, path)
    texts, numbers, left_out = [], [], 0
    for number, training in enumerate(trainings, start=1):
        try:
            numbers_of_row = _numbers(training)
            genotype = training["net"]["genotype"]
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            reason = str(error) if isinstance(error, InputError) else f"lacks {show_error(error)}"
            raise InputError(f"{path}, training {number:,}: {reason}: not {TITLE}") from error
        try:
            texts.append(space.format(from_genotype(genotype)))
        except InputError:
            left_out += 1
        else:
            numbers.append(numbers_of_row)
    if not texts:
        raise InputError(f"{path}: none of its {len(trainings):,} trainings is of a cell of space {SPACE}")
    return Rows.of_numbers(texts, numbers, origin=_origin(path, len(trainings), left_out), meanings=_COLUMNS)


def _trainings(data: Any, path: Path) -> list[Any]:
    lists = [data] if isinstance(data, list) else [data.get(name, []) for name in ("top", "mid")]
    if not all(isinstance(trainings, list) for trainings in lists):
        raise InputError(f"{path}: has no list of trainings: not {TITLE}")
    return [training for trainings in lists for training in trainings]


def _split(path: Path) -> tuple[Path, str]:
    """Return a file, or an archive and the member that a path such as nds_data.zip/DARTS.json names."""
    return (path.parent, path.name) if path.parent.is_file() else (path, "")


def _members(archive: Path) -> list[str]:
    return [name for name in member_names(archive) if name.endswith(".json") and "__MACOSX" not in name]


def _content(path: Path) -> bytes:
    archive, member = _split(path)
    if not zipfile.is_zipfile(archive):
        return archive.read_bytes()
    found = {name.rpartition("/")[2]: name for name in _members(archive)}
    if len(found) == 1 and not member:
        member = next(iter(found))
    if member not in found:
        choices = ", ".join(name for name in found if name.startswith("DARTS")) or "none of DARTS"
        raise InputError(f"{path}: give one of its files, as in {archive.name}/DARTS.json: {choices}")
    with zipfile.ZipFile(archive) as opened:
        return opened.read(found[member])


def _slim(entry: dict[str, Any]) -> dict[str, Any]:
    """Drop a training's curves as soon as it was read."""
    errors = entry.get("test_ep_top1")
    if not isinstance(errors, list):
        return entry
    kept: dict[str, Any] = {
        name: entry[name] for name in ("net", "optim", "params", "flops") if name in entry
    }
    return {**kept, "test_ep_top1": errors[-1:], "epochs": len(errors)}


def _numbers(training: dict[str, Any]) -> list[float]:
    """Return a training's accuracy and columns."""
    net, epochs = training["net"], training["epochs"]
    planned = training.get("optim", {}).get("max_ep", epochs)
    if epochs != planned or not epochs:
        raise InputError(f"has {epochs} of {planned} epochs")
    return [
        1 - float(training["test_ep_top1"][0]) / 100,
        float(net["depth"]),
        float(net["width"]),
        *(_or_nan(net.get(name)) for name in ("aux", "drop_prob")),
        *(_or_nan(training.get(name)) for name in ("params", "flops")),
    ]


def _or_nan(value: Any) -> float:
    return float("nan" if value is None else value)


def _origin(path: Path, trainings: int, left_out: int) -> str:
    text = f"NDS, {path.name}: test accuracy of one training, after its last epoch"
    if left_out:
        text += (
            f"; {left_out:,} of {trainings:,} trainings are left out, their cells are not of space {SPACE}"
        )
    return text
