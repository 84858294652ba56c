"""Steps a second of several processes that share a device: ``python -m benchmarks.card --processes 4``.

Each process trains a super-net of its own. All start together, and steps are counted until the seconds are
over. With CUDA's Multi-Process Service (``nvidia-cuda-mps-control -d``, before this starts) their kernels run
side by side, without it they take turns.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import torch
import tyro

from benchmarks.settings import GPU_SETTINGS, MINI, Setting
from benchmarks.training_step import STORED, rounds

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

ROUND = 20
"""Steps between two looks at the clock."""


def measure(setting: Setting, side: str, *, processes: int, seconds: float) -> dict[str, Any]:
    """Return the steps a second of that many processes together, and the peak memory of one.

    Args:
        setting: What each trains.
        side: ``ours``, or one of `benchmarks.training_step.PEERS`.
        processes: How many.
        seconds: How long steps are counted.
    """
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(processes)
    results = context.SimpleQueue()
    crew = [
        context.Process(target=_train, args=(setting, side, seconds, together, results))
        for _ in range(processes)
    ]
    for process in crew:
        process.start()
    for process in crew:
        process.join()
    found = []
    while not results.empty():
        found.append(results.get())
    if len(found) < processes:
        raise RuntimeError(f"{processes - len(found)} of {processes} processes failed")
    return {
        "setting": str(setting),
        "side": side,
        "processes": processes,
        "steps_per_second": sum(speed for speed, _ in found),
        "peak_memory_bytes": max(memory for _, memory in found),
    }


def _train(setting: Setting, side: str, seconds: float, together: Barrier, results: Any) -> None:
    torch.set_num_threads(1)
    script = setting.architectures(ROUND)
    step_round = rounds(setting, side, script, *setting.images("train", STORED))
    for _ in range(2):
        step_round()
    setting.synchronise()
    together.wait(timeout=300)
    steps, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        step_round()
        setting.synchronise()
        steps += ROUND
    speed = steps / (time.perf_counter() - began)
    memory = torch.cuda.max_memory_allocated() if setting.device.startswith("cuda") else 0
    results.put((speed, memory))


def main(
    *,
    processes: int = 2,
    seconds: float = 10.0,
    side: Literal["ours", "plain", "xautodl"] = "ours",
    device: str = "cpu",
    paper: bool = False,
) -> None:
    """Measure and print JSON.

    Args:
        processes: How many train at the same time.
        seconds: How long steps are counted.
        side: Whose super-net.
        device: Where it runs.
        paper: The paper's size on NAS-Bench-201 with 256 images a step; else the mini scale's.
    """
    setting = replace(GPU_SETTINGS[1] if paper else MINI, device=device)
    found = measure(setting, side, processes=processes, seconds=seconds)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
