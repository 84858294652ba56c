"""In which numbers a super-net computes: single precision, or bfloat16 where that is faster."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from wsnas.errors import InputError, one_of, show

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

FLOAT32, BFLOAT16 = "float32", "bfloat16"
PRECISIONS = (FLOAT32, BFLOAT16)


def check_precision(precision: str) -> None:
    """Raise `InputError` where a precision is none of `PRECISIONS`."""
    if precision not in PRECISIONS:
        raise InputError(f"precision {show(precision)}: {one_of(precision, PRECISIONS)}")


def computing_in(precision: str, device_type: str) -> AbstractContextManager[object]:
    """Return a context for forward passes.

    With bfloat16, torch's autocast runs convolutions and matrix products in it, and what follows them as
    far as that is safe; weights, gradients, the optimiser, statistics of batch norms and the loss stay in
    single precision. It keeps float32's range, so that no loss has to be scaled.

    Args:
        precision: One of `PRECISIONS`.
        device_type: ``cpu`` or ``cuda``.
    """
    if precision == FLOAT32:
        return nullcontext()
    import torch

    return torch.autocast(device_type, dtype=torch.bfloat16)
