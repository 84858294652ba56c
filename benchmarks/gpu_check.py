"""What one GPU shows in at most eight minutes: ``make gpu-check``.

In the order of what is worth most: the tests on CUDA, training steps beside xautodl and the plain loop in
equal precision, ranking beside the plain loop, how many workers a card is best shared by, and trials of a
real study. After each row everything so far is in ``benchmarks/results/gpu/CARD.json`` and ``CARD.md``; a
part that fails says why in the place of its figures, and the others go on.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from benchmarks import card, ranking, study_time, training_step
from benchmarks.__main__ import RESULTS, machine
from benchmarks.settings import DARTS_MINI, GPU_SETTINGS, MINI
from studies.workers.processes.capacity import shares_card
from wsnas.files import write_whole
from wsnas.precision import BFLOAT16, FLOAT32, TF32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = dict[str, Any]
ROOT = Path(__file__).parents[1]


@dataclass(kw_only=True)
class Check:
    """What was measured so far, and how much time is left."""

    device: str
    """Where it runs."""
    until: float
    """When it has to be over (`time.monotonic`)."""
    file: Path
    """Where the figures go, without its ending."""
    parts: dict[str, list[Row]] = field(default_factory=dict)
    """Rows by part."""

    @property
    def rehearsal(self) -> bool:
        """Whether this only shows that the script runs: on a CPU, with the smallest sizes."""
        return self.device == "cpu"

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.until - time.monotonic()

    def run(self, part: str, rows: Callable[[Check], Iterator[Row]]) -> None:
        """Measure a part as far as time allows."""
        kept = self.parts.setdefault(part, [])
        began = time.monotonic()
        try:
            for row in rows(self):
                kept.append(row)
                sys.stderr.write(f"{part}, {time.monotonic() - began:.0f} s: {_short(row)}\n")
                self._write()
        except Exception as error:  # the other parts are worth their time all the same
            kept.append({"failed": f"{type(error).__name__}: {error}"[:500]})
            sys.stderr.write(f"{part}: {kept[-1]['failed']}\n")
        self._write()

    def _write(self) -> None:
        found = {"machine": machine(self.device), "mps": shares_card(), "parts": self.parts}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.file.with_suffix(".json"), json.dumps(found, indent=1) + "\n")
        write_whole(self.file.with_suffix(".md"), _page(found))


def tests(check: Check) -> Iterator[Row]:
    """Run the tests that take a device."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/wsnas/test_devices.py"]
    done = subprocess.run(
        [*command, "-k", "cpu and measured" if check.rehearsal else "cuda", "-n", "8", "--tb=line"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=max(1.0, min(120.0, check.left)),
    )
    lines = done.stdout.strip().splitlines()
    failed = [line for line in lines if line.startswith("FAILED")]
    yield {"summary": lines[-1] if lines else done.stderr[-300:], "failed_tests": failed}


def steps(check: Check) -> Iterator[Row]:
    """Time training steps beside both peers, both sides in the same precision."""
    settings = (MINI, DARTS_MINI) if check.rehearsal else GPU_SETTINGS
    precisions = (FLOAT32,) if check.rehearsal else (FLOAT32, TF32, BFLOAT16)
    repeats = 2 if check.rehearsal else 5
    for setting in settings:
        for precision in precisions:
            for peer in ("xautodl", "plain"):
                if peer == "xautodl" and (setting.space != "nb201" or find_spec("xautodl") is None):
                    continue
                if check.left < 60 or (peer == "plain" and precision == FLOAT32 and len(precisions) > 1):
                    continue
                here = replace(setting, device=check.device, precision=precision)
                yield training_step.measure(here, peer, steps=4 * repeats, repeats=repeats)


def rankings(check: Check) -> Iterator[Row]:
    """Time the ranking of pools beside the plain loop."""
    setting = replace(MINI if check.rehearsal else GPU_SETTINGS[0], device=check.device)
    for pool, images, repeats in ((8, 250, 2),) if check.rehearsal else ((64, 1000, 3), (1000, 1000, 1)):
        if check.left > 60:
            yield ranking.measure(setting, pool_size=pool, images=images, repeats=repeats)


def workers(check: Check) -> Iterator[Row]:
    """Count the steps of several processes on one card."""
    setting = replace(MINI if check.rehearsal else GPU_SETTINGS[1], device=check.device)
    sides = ("ours", "xautodl") if find_spec("xautodl") is not None else ("ours",)
    for processes in (1,) if check.rehearsal else (1, 4, 12):
        for side in sides:
            if check.left > 60:
                seconds = 1.0 if check.rehearsal else 6.0
                yield card.measure(setting, side, processes=processes, seconds=seconds)


def study(check: Check) -> Iterator[Row]:
    """Run trials of nb201's start recipe as workers of a study run them."""
    scale = "tiny" if check.rehearsal else "mini"
    for crew in (1,) if check.rehearsal else (16, 1):
        if check.left > 45:
            with tempfile.TemporaryDirectory() as folder:
                found = study_time.run(
                    Path(folder), scale=scale, workers=crew, trials=2 * crew, device=check.device
                )
            yield {"workers": crew, **found}


PARTS = {"tests": tests, "steps": steps, "ranking": rankings, "workers": workers, "study": study}


def main(*, device: str = "cuda", minutes: float = 8.0, mps: bool = True, out: Path | None = None) -> None:
    """Measure all parts.

    Args:
        device: cuda, or cpu with the smallest sizes, to see whether the script runs.
        minutes: When it has to be over.
        mps: Start CUDA's Multi-Process Service where that is allowed, and end it afterwards.
        out: Where the figures go, without its ending; benchmarks/results/gpu/CARD by default.
    """
    name = "-".join(machine(device)["device"].lower().split())
    check = Check(
        device=device,
        until=time.monotonic() + 60 * minutes,
        file=out or RESULTS / "gpu" / name,
    )
    started = mps and device != "cpu" and _startshares_card()
    try:
        for part, rows in PARTS.items():
            check.run(part, rows)
    finally:
        if started:
            subprocess.run(["nvidia-cuda-mps-control"], input="quit\n", text=True, check=False)
    sys.stdout.write(f"{check.file.with_suffix('.md')}\n")


def _startshares_card() -> bool:
    """Start the service and return whether it runs and a process can use it."""
    if shutil.which("nvidia-cuda-mps-control") is None or shares_card():
        return False
    for name in ("PIPE", "LOG"):
        os.environ.setdefault(f"CUDA_MPS_{name}_DIRECTORY", tempfile.mkdtemp(prefix="wsnas-mps-"))
    subprocess.run(["nvidia-cuda-mps-control", "-d"], check=False)
    probe = [sys.executable, "-c", "import torch; torch.ones(1, device='cuda').item()"]
    if subprocess.run(probe, check=False, timeout=60).returncode == 0:
        return True
    for name in ("PIPE", "LOG"):
        del os.environ[f"CUDA_MPS_{name}_DIRECTORY"]
    return False


def _short(row: Row) -> str:
    shown = {name: value for name, value in row.items() if not isinstance(value, (list, dict))}
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in shown.items()
    )


def _page(found: dict[str, Any]) -> str:
    """Return the figures as Markdown, a table for each part."""
    about = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    lines = [
        "# What a GPU showed",
        "",
        f"`make gpu-check`; {about}; MPS {'on' if found['mps'] else 'off'}.",
        "",
    ]
    for part, rows in found["parts"].items():
        lines += [f"## {part}", ""]
        names = list(dict.fromkeys(name for row in rows for name in row))
        if rows:
            lines += [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
            lines += [f"| {' | '.join(_cell(row.get(name, '')) for name in names)} |" for row in rows]
        lines += [] if rows else ["No time was left."]
        lines.append("")
    return "\n".join(lines)


def _cell(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
