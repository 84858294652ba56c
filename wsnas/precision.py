"""In which numbers a super-net computes, and whether it adds them in the same order each time."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from wsnas.errors import InputError, one_of, show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

FLOAT32, TF32, BFLOAT16 = "float32", "tf32", "bfloat16"
PRECISIONS = (FLOAT32, TF32, BFLOAT16)


def check_precision(precision: str) -> None:
    """Raise `InputError` where a precision is none of `PRECISIONS`."""
    if precision not in PRECISIONS:
        raise InputError(f"precision {show(precision)}: {one_of(precision, PRECISIONS)}")


@contextmanager
def products_of(precision: str) -> Iterator[None]:
    """Let a GPU multiply numbers of single precision as they are, or rounded to TF32, inside the block.

    PyTorch rounds the factors of convolutions by itself, unless it is told not to. Forward and backward
    passes belong into the block; a CPU always multiplies as with float32. With bfloat16, what autocast leaves
    in single precision is not rounded.

    Args:
        precision: One of `PRECISIONS`.
    """
    import torch

    places = (torch.backends.cuda.matmul, torch.backends.cudnn.conv)  # type: ignore[attr-defined]
    before = [place.fp32_precision for place in places]
    try:
        for place in places:
            place.fp32_precision = "tf32" if precision == TF32 else "ieee"
        yield
    finally:
        for place, was in zip(places, before, strict=True):
            place.fp32_precision = was


def computing_in(precision: str, device_type: str) -> AbstractContextManager[object]:
    """Return a context for forward passes.

    With bfloat16, torch's autocast runs convolutions and matrix products in it, and what follows them as
    far as that is safe; weights, gradients, the optimiser, statistics of batch norms and the loss stay in
    single precision. It keeps float32's range, so that no loss has to be scaled.

    Args:
        precision: One of `PRECISIONS`.
        device_type: ``cpu`` or ``cuda``.
    """
    if precision != BFLOAT16:
        return nullcontext()
    import torch

    return torch.autocast(device_type, dtype=torch.bfloat16)


def compute_deterministically() -> None:
    """Let this process compute the same bits from the same seed on a GPU, too, from now on.

    Kernels that add in whatever order their threads arrive are replaced, or refused where PyTorch has no
    other (`torch.use_deterministic_algorithms`). A CPU does so anyway.
    """
    import torch

    # cuBLAS reads it when it is first used, and is not deterministic without it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    # Memory that is written before it is read need not be filled.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
