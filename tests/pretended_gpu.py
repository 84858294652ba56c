"""A GPU that is not there: meta tensors stand for those on it, and what would trouble a real one is seen.

Meta tensors have shapes, types and memory formats but no numbers. What would go wrong on a GPU raises: an
operation on tensors of two devices, a generator for another device. What makes the host wait, and what
moves data to or from the device, is counted.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

GPU = torch.device("meta")
READ, DOWNLOAD, UPLOAD = "reads a number", "copies to the host", "copies to the device"
_MOVES = ("_to_copy", "copy_", "to")
_SIZE_DEPENDS = ("equal", "masked_select", "nonzero", "repeat_interleave", "unique", "_unique2")
"""Operations whose result the host must know before it can go on."""


class Watch(TorchDispatchMode):
    """Checks every operation. A number that is read is 0.5, and what is copied to the host holds zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()
        self.generators: list[tuple[torch.Generator, str]] = []
        """Generators on the CPU, and the kind of device that each is meant for."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        tensors = [part for part in _flat((args, kwargs)) if isinstance(part, Tensor)]
        on_gpu = [tensor for tensor in tensors if tensor.device == GPU]
        if name in ("item", "_local_scalar_dense", "is_nonzero") and on_gpu:
            self.seen[READ] += 1
            return True if name == "is_nonzero" else 0.5
        if name in _SIZE_DEPENDS and on_gpu:
            self.seen[READ] += 1
        if name in _MOVES:
            return self._move(func, args, kwargs, tensors)
        if on_gpu and any(tensor.device != GPU and tensor.dim() for tensor in tensors):
            raise RuntimeError(f"{name} on tensors of two devices: {[str(one.device) for one in tensors]}")
        if name == "_fused_sgd_":
            return _check_fused(*args[:3], kwargs["grad_scale"])
        out = func(*args, **kwargs)
        generator = kwargs.get("generator")
        if generator is not None and self._meant_for(generator) != out.device.type:
            raise RuntimeError(f"{name} on {out.device} by a generator for {self._meant_for(generator)}")
        return out

    def _meant_for(self, generator: torch.Generator) -> str:
        # Operations get another object with the same state; streams differ in their seeds.
        (device,) = {
            device for made, device in self.generators if made.initial_seed() == generator.initial_seed()
        }
        return device

    def _move(self, func: Any, args: Any, kwargs: Any, tensors: list[Tensor]) -> Any:
        source = tensors[-1]
        asked = [part for part in _flat((args, kwargs)) if isinstance(part, torch.device)]
        target = torch.device(asked[0].type) if asked else tensors[0].device
        if source.device != target:
            self.seen[UPLOAD if target == GPU else DOWNLOAD] += 1
        if source.device == GPU != target:
            return torch.zeros(source.shape, dtype=kwargs.get("dtype") or source.dtype)
        return func(*args, **kwargs)


@contextmanager
def pretended_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Let tensors on `GPU` be treated inside the block as if there were one."""
    watch = Watch()

    class Generator(torch.Generator):
        def __new__(cls, device: torch.device | str = "cpu") -> Generator:
            made = make(cls, device="cpu")
            watch.generators.append((made, torch.device(device).type))
            return made

        def __init__(self, device: torch.device | str = "cpu") -> None:
            pass

    def tensor(values: Any, *, device: Any = None, **options: Any) -> Tensor:
        on_host = plain_tensor(values, **options)
        return on_host if device is None else on_host.to(device)

    make, plain_tensor = torch.Generator.__new__, torch.tensor
    monkeypatch.setattr(torch, "Generator", Generator)
    monkeypatch.setattr(torch, "tensor", tensor)
    with watch:
        yield watch


def _check_fused(weights: Any, gradients: Any, momenta: Any, scale: Any) -> None:
    """Raise where the fused kernel of a GPU would, which takes numbers in the order of the memory."""
    if scale.dtype != torch.float32:
        raise RuntimeError(f"grad_scale is {scale.dtype}")
    for weight, *others in zip(weights, gradients, momenta, strict=True):
        if any((_layout(other), other.dtype) != (_layout(weight), weight.dtype) for other in others):
            raise RuntimeError(f"layouts differ: {[_layout(tensor) for tensor in (weight, *others)]}")


def _layout(tensor: Tensor) -> list[tuple[int, int]]:
    sizes = zip(tensor.shape, tensor.stride(), strict=True)
    return [(size, step) for size, step in sizes if size > 1]


def _flat(parts: Any) -> Iterator[Any]:
    for part in parts.values() if isinstance(parts, dict) else parts:
        if isinstance(part, (list, tuple, dict)):
            yield from _flat(part)
        else:
            yield part
