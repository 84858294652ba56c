"""How much memory a trial takes."""

from __future__ import annotations

import sys

PEAK = "peak_memory_bytes"
"""User attribute of a trial."""


def forget_peak(device: str) -> None:
    """Begin to measure a trial on a GPU; a CPU's peak is that of the process and cannot be forgotten."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: str) -> int:
    """Return the most memory in use at once, in bytes.

    On a GPU this is what torch has reserved there since `forget_peak`, without the driver's own part; on a
    CPU the largest resident set of the process since its start, libraries included.
    """
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_reserved(device))
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1024 * largest
