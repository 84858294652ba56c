"""Writes small files in the formats that the benchmarks publish, independently of the readers."""

from __future__ import annotations

import base64
import bz2
import io
import json
import pickle
import random
import struct
import tarfile
import zipfile
from collections import OrderedDict

# The first module of the official file, and what it holds of it.
OFFICIAL_HASH = "00005c142e6f48ac74fdcf73e3439874"
OFFICIAL_ADJACENCY = "0100110001000000010010000010000001000000010000000"
OFFICIAL_OPERATIONS = (
    "input,conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu,output"
)
OFFICIAL_PARAMETERS = 8_555_530


class Calls:
    """Pickles as a call."""

    def __init__(self, function, *arguments) -> None:
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum, bit by bit."""
    check = 0xFFFFFFFF
    for byte in data:
        check ^= byte
        for _ in range(8):
            check = check >> 1 ^ (0x82F63B78 if check & 1 else 0)
    return check ^ 0xFFFFFFFF


def tfrecord(*records: bytes, crc32c=crc32c) -> bytes:
    written = b""
    for record in records:
        length = struct.pack("<Q", len(record))
        for part in (length, record):
            check = crc32c(part)
            masked = ((check >> 15) | (check << 17)) + 0xA282EAD8 & 0xFFFFFFFF
            written += part + struct.pack("<I", masked)
    return written


def nb101_metrics(test, validation, seconds=1768.75, parameters=OFFICIAL_PARAMETERS, epochs=108) -> bytes:
    """A ModelMetrics: three EvaluationData, the parameters as a varint, the total time."""
    message = b""
    for share in (0.0, 0.5, 1.0):
        numbers = (epochs * share, seconds * share, 0.999 * share, validation * share, test * share)
        inner = b"".join(
            bytes([number << 3 | 1]) + struct.pack("<d", value) for number, value in enumerate(numbers, 1)
        )
        message += b"\x0a" + bytes([len(inner)]) + inner
    varint = b""
    while parameters >= 0x80:
        varint += bytes([parameters & 0x7F | 0x80])
        parameters >>= 7
    return message + b"\x10" + varint + bytes([parameters]) + b"\x19" + struct.pack("<d", 2 * seconds)


def nb101_record(
    metrics: bytes,
    *,
    module=OFFICIAL_HASH,
    epochs=108,
    adjacency=OFFICIAL_ADJACENCY,
    operations=OFFICIAL_OPERATIONS,
) -> bytes:
    row = [module, epochs, adjacency, operations, base64.b64encode(metrics).decode()]
    return json.dumps(row).encode()


def nb101_records(space, architectures, *, epochs=(108,), seed=0) -> list[bytes]:
    """Three trainings of each architecture and number of epochs, shuffled."""
    rng = random.Random(seed)
    records = []
    for architecture in architectures:
        vertices = len(architecture.operations) + 2
        bits = [["0"] * vertices for _ in range(vertices)]
        for target, sources in enumerate(architecture.inputs, start=1):
            for source in sources:
                bits[source][target] = "1"
        names = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
        operations = ["input", *(names[operation] for operation in architecture.operations), "output"]
        for number in (*epochs, *epochs, *epochs):
            metrics = nb101_metrics(rng.uniform(0.8, 0.95), rng.uniform(0.8, 0.95), rng.uniform(500, 4000))
            records.append(
                nb101_record(
                    metrics,
                    module=space.identity(architecture),
                    epochs=number,
                    adjacency="".join(map("".join, bits)),
                    operations=",".join(operations),
                )
            )
    rng.shuffle(records)
    return records


def nb201_trial(dataset, seed, *, last, epochs=200) -> dict:
    """The state of a ResultsCount without weights; `last` has a set's accuracy after the last epoch."""
    curve = OrderedDict((epoch, 100 - 90 / (epoch + 1)) for epoch in range(epochs))
    keys = {name: [f"{name}@{epoch}" for epoch in range(epochs)] for name in last}
    accuracies = {
        key: accuracy * (0.5 + 0.5 * (epoch + 1) / epochs)
        for name, accuracy in last.items()
        for epoch, key in enumerate(keys[name])
    }
    return {
        "name": dataset,
        "net_state_dict": None,
        "train_acc1es": dict(curve),
        "train_acc5es": dict(curve),
        "train_losses": dict(curve),
        "train_times": curve,
        "arch_config": {"channel": 16, "num_cells": 5, "class_num": 10},
        "params": 0.802426,
        "flop": 113.95137,
        "seed": seed,
        "epochs": epochs,
        "latency": [0.0156],
        "eval_names": list(last),
        "eval_acc1es": accuracies,
        "eval_times": dict.fromkeys(accuracies, 0.7),
        "eval_losses": dict.fromkeys(accuracies, 0.3),
    }


def nb201_results(index, text, seeds=(777, 888), *, epochs=200, base=90.0) -> dict:
    """The state of an ArchResults: its accuracies grow with the seed."""
    sets = {
        "cifar10-valid": {"x-valid": base - 2, "ori-test": base - 1},
        "cifar10": {"ori-test": base},
        "cifar100": {"ori-test": base - 21, "x-valid": base - 20, "x-test": base - 22},
        "ImageNet16-120": {"ori-test": base - 41, "x-valid": base - 40, "x-test": base - 42},
    }
    trials = {
        (dataset, seed): nb201_trial(
            dataset, seed, last={name: value + seed / 1000 for name, value in last.items()}, epochs=epochs
        )
        for seed in seeds
        for dataset, last in sets.items()
    }
    return {
        "arch_index": index,
        "arch_str": text,
        "all_results": trials,
        "dataset_seed": {dataset: list(seeds) for dataset in sets},
        "clear_net_done": True,
    }


def nb201_dictionary(texts, *, schedules=("less", "full")) -> dict:
    short, long = schedules
    infos = {
        index: OrderedDict(
            [
                (short, nb201_results(index, text, (777,), epochs=12, base=60 + index % 8)),
                (long, nb201_results(index, text, (777, 888)[: 1 + index % 2], base=90 + index % 8)),
            ]
        )
        for index, text in enumerate(texts)
    }
    return {
        "meta_archs": list(texts),
        "total_archs": len(texts),
        "arch2infos": infos,
        "evaluated_indexes": set(infos),
    }


def nats_files(whole, protocol=4) -> dict[str, bytes]:
    """Return the files of a folder as `tss-collect.py` of AutoDL-Projects writes it."""
    values = {"meta": {**whole, "arch2infos": None, "evaluated_indexes": set()}}
    values |= {f"{index:06d}": info for index, info in whole["arch2infos"].items()}
    return {
        f"{name}.pickle.pbz2": bz2.compress(pickle.dumps(value, protocol)) for name, value in values.items()
    }


def tarred(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"NATS-tss-v1_0-3ffb9-simple/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def nds_training(genotype, *, depth=20, width=36, errors=(60.0, 8.0, 5.5), **changes) -> dict:
    return {
        "job_id": 7,
        "rng_seed": 1,
        "net": {"depth": depth, "width": width, "aux": True, "drop_prob": 0.2, "genotype": genotype},
        "optim": {"base_lr": 0.1, "wd": 0.0005, "max_ep": len(errors), "lr_policy": "cos"},
        "params": 3_300_000,
        "flops": 5.2e8,
        "iter_time": 0.2,
        "min_test_top1": min(errors),
        "train_ep_top1": [error / 2 for error in errors],
        "train_ep_loss": [float("nan")] * len(errors),
        "test_ep_top1": list(errors),
        **changes,
    }


def zipped(members: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return packed.getvalue()
