from __future__ import annotations

import errno

import optuna
import pytest
import sqlalchemy.exc
import torch

from studies.workers.failures import MACHINE, RECIPE, breaks_device, fault_of, one_line
from wsnas.errors import InputError, RunError


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA error: device-side assert triggered"),
        RuntimeError("CUDA driver error: invalid argument"),
        RuntimeError("GET was unable to find an engine to execute this computation"),
        OSError(errno.ENOSPC, "No space left on device"),
        RunError("weights: cannot be written"),
        optuna.exceptions.StorageInternalError("commit"),
        sqlalchemy.exc.OperationalError("x", {}, Exception("gone")),
    ],
)
def test_memory_disk_device_and_database_are_the_machines_fault(error: Exception) -> None:
    assert fault_of(error) == MACHINE


@pytest.mark.parametrize(
    "error",
    [
        InputError("batch_size 64 exceeds"),
        ValueError("x"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        KeyError("x"),
        FileNotFoundError(errno.ENOENT, "No such file"),
    ],
)
def test_everything_else_is_the_recipes(error: Exception) -> None:
    assert fault_of(error) == RECIPE


def test_a_reason_is_one_line_without_passwords() -> None:
    text = one_line(RuntimeError("at postgresql://me:secret@host/db\nand more"))
    assert text == "RuntimeError: at postgresql://me:***@host/db"


def test_a_device_is_broken_by_its_errors_but_not_by_a_shortage_of_memory() -> None:
    assert breaks_device(RuntimeError("CUDA error: an illegal memory access was encountered"))
    assert not breaks_device(RuntimeError("CUDA out of memory. Tried to allocate"))
    assert not breaks_device(RuntimeError("CUDA error: out of memory"))
    assert not breaks_device(ValueError("x"))
