"""Whose fault an error is: the machine's, which another attempt may be spared, or the recipe's."""

from __future__ import annotations

import errno

from studies.storage.address import hide_password
from wsnas.errors import InputError, RunError

MACHINE, RECIPE = "machine", "recipe"
_MEMORY = ("out of memory", "can't allocate memory")
_DEVICE = ("cuda error", "cuda driver error", "cublas_status", "cudnn_status", "cusolver", "nccl")
_WORDS = (*_MEMORY, *_DEVICE, "unable to find an engine")
_OF_THE_USER = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR)


def fault_of(error: BaseException) -> str:
    """Return ``machine`` for errors of memory, disk, device and database, and ``recipe`` for all others."""
    if isinstance(error, InputError):
        return RECIPE
    if isinstance(error, OSError):
        return RECIPE if error.errno in _OF_THE_USER else MACHINE
    if isinstance(error, (MemoryError, RunError)):
        return MACHINE
    if type(error).__name__ in ("OutOfMemoryError", "AcceleratorError", "StorageInternalError"):
        return MACHINE
    if type(error).__module__.startswith("sqlalchemy"):
        return MACHINE
    return MACHINE if any(word in str(error).lower() for word in _WORDS) else RECIPE


def breaks_device(error: BaseException) -> bool:
    """Return whether the error leaves the process without a usable GPU: every later call would fail."""
    text = str(error).lower()
    return any(word in text for word in _DEVICE) and not any(word in text for word in _MEMORY)


def one_line(error: BaseException) -> str:
    """Return an error's kind and first line, without passwords."""
    text = str(error).strip()
    return hide_password(f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__)
