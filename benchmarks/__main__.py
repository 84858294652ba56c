"""Speed side by side: `python -m benchmarks [training_step] [ranking] [roofline] [--device cuda]`.

Prints a table for each part and writes `benchmarks/results/PART-DEVICE.json`. About ten minutes on two quiet
CPU cores; `--full` ranks all 200 architectures at N=5, too, which takes an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from benchmarks import ranking, roofline, training_step
from benchmarks.settings import DARTS_MINI, MINI, NB101_MINI, PAPER, Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = Path(__file__).with_name("results")
PARTS = ("training_step", "ranking", "roofline")


def rows(part: str, device: str, *, full: bool) -> Iterator[dict[str, Any]]:
    """Measure the settings of one part; each row has its goal, where there is one."""

    def on(setting: Setting) -> Setting:
        return replace(setting, device=device)

    if part == "training_step":
        plans = [
            (MINI, "xautodl", 40, 7, 2.5),
            (PAPER, "xautodl", 8, 7, 3.0),
            (MINI, "plain", 40, 5, None),
            (PAPER, "plain", 8, 5, None),
            (NB101_MINI, "plain", 40, 7, 1.5),
            (DARTS_MINI, "plain", 40, 7, 1.5),
        ]
        for setting, peer, steps, repeats, goal in plans:
            if peer == "xautodl" and find_spec("xautodl") is None:
                sys.stderr.write("xautodl is absent: pip install --no-deps xautodl==1.0.0\n")
                continue
            yield {"goal": goal, **training_step.measure(on(setting), peer, steps=steps, repeats=repeats)}
    elif part == "ranking":
        whole = 200 if full else 16
        for setting, size, images, repeats, goal in (
            (MINI, 200, 1000, 5, 4.0),
            (PAPER, whole, 1000 if full else 250, 5, 2.5),
            (NB101_MINI, 60, 500, 5, None),
            (DARTS_MINI, 60, 500, 5, None),
        ):
            found = ranking.measure(on(setting), pool_size=size, images=images, repeats=repeats)
            yield {"goal": goal, **found}
    else:
        for setting, steps, highest in (
            (MINI, 40, None),
            (PAPER, 8, 1.25),
            (NB101_MINI, 40, None),
            (DARTS_MINI, 40, None),
        ):
            yield {"goal": highest, **roofline.measure(on(setting), steps=steps, repeats=7)}


def machine(device: str) -> dict[str, Any]:
    """Describe what the figures belong to."""
    model = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        lines = information.read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else "cpu",
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="python -m benchmarks"
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all by default")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--full", action="store_true", help="200 architectures at N=5, too")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"part {part!r} is none of {', '.join(PARTS)}")
    from rich.console import Console
    from rich.table import Table

    RESULTS.mkdir(exist_ok=True)
    for part in options.parts or PARTS:
        found = []
        for row in rows(part, options.device, full=options.full):
            found.append(row)
            sys.stderr.write(f"{part}: {row['setting']}: {row['ratio']:.2f}\n")
            # After each row: what was measured is kept where the run is cut off.
            result = {"machine": machine(options.device), "rows": found}
            (RESULTS / f"{part}-{options.device}.json").write_text(json.dumps(result, indent=1) + "\n")
        table = Table("setting", "beside", "ratio", "least to greatest", "goal", title=part)
        for row in found:
            goal = "-" if row["goal"] is None else f"{'<=' if part == 'roofline' else '>='} {row['goal']}"
            beside = row.get("peer", "the floor" if part == "roofline" else "plain")
            table.add_row(
                row["setting"], beside, f"{row['ratio']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}", goal
            )
        Console().print(table)


if __name__ == "__main__":
    main()
