"""Each benchmark still runs: a few of its smallest cases, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHORT = {
    "final_search": "--supernets 1 --cells 12 --seeds 3 --size 6 --evolutions 0",
    "card": "--processes 2 --seconds 1",
    "gpu_check": "--device cpu --minutes 4 --no-mps --out gpu",
    "importance": "--only screen-32 --seeds 2",
    "importance_aliases": "--trials 64 --seeds 1",
    "importance_calls": "--trials 64 --repeats 2 --rounds 39",
    "importance_pairs": "--trials 64 --seeds 2",
    "large_study": "--trials 40 --repeats 1",
    "screen_validity": "--repeats 1",
    "signal": "run --space darts --folder runs --seeds 1 --only short",
    "study_time": "--scale tiny --trials 2",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_benchmark_runs(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *SHORT[name].split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    assert done.stdout.strip()
