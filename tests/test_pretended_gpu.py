"""What would go wrong on a GPU is seen without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from tests.pretended_gpu import DOWNLOAD, GPU, READ, UPLOAD, pretended_gpu

if TYPE_CHECKING:
    from collections.abc import Callable


def test_tensors_of_two_devices_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_gpu(monkeypatch), pytest.raises(RuntimeError, match="two devices"):
        torch.ones(3, device=GPU) + torch.ones(3)


def test_a_generator_serves_its_own_device(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_gpu(monkeypatch) as watch:
        torch.ones(3, device=GPU).bernoulli_(0.5, generator=torch.Generator(GPU).manual_seed(1))
        torch.randperm(3, generator=torch.Generator().manual_seed(2))
        with pytest.raises(RuntimeError, match="a generator for cpu"):
            torch.ones(3, device=GPU).bernoulli_(0.5, generator=torch.Generator().manual_seed(3))
    assert not watch.seen


@pytest.mark.parametrize("inference", [True, False])
@pytest.mark.parametrize(
    ("use", "seen"),
    [
        (lambda x: float(x.sum()), READ),
        (lambda x: bool(x[0] > 0), READ),
        (lambda x: x.sum().item(), READ),
        (lambda x: x.cpu(), DOWNLOAD),
        (lambda x: torch.ones(2).to(x.device), UPLOAD),
        (lambda x: x.copy_(torch.ones(2)), UPLOAD),
        (lambda x: torch.tensor([1.0, 2.0], device=GPU) + x, UPLOAD),
    ],
)
def test_what_the_host_waits_for_is_counted(
    use: Callable[[torch.Tensor], object], seen: str, inference: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pretended_gpu(monkeypatch) as watch, torch.inference_mode(inference):
        use(torch.ones(2, device=GPU))
    assert watch.seen == {seen: 1}


def test_what_stays_on_the_device_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended_gpu(monkeypatch) as watch:
        x = torch.ones(2, 3, device=GPU)
        x.copy_(x.to(torch.float64)).mul_(2).to(GPU)
    assert not watch.seen
