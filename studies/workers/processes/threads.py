"""How many threads a training takes on a CPU: another number would give other bits."""

from __future__ import annotations

import os


def limit_threads() -> None:
    """Let torch take one thread, unless OMP_NUM_THREADS says otherwise."""
    if "OMP_NUM_THREADS" not in os.environ:
        import torch

        torch.set_num_threads(1)
