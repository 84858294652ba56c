from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from wsnas.training.descent import PathSGD

RATES = (0.1, 0.05, 0.2, 0.1)
LAYOUT = {1: torch.contiguous_format, 4: torch.channels_last}
"""Autograd lays gradients out as the weights are."""


def weights() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    shapes = ((4, 3, 3, 3), (5,), (6, 4, 1, 1))
    made = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]
    made[0].data = made[0].data.to(memory_format=torch.channels_last)
    return made


def gradients(step: int, path: tuple[int, ...]) -> dict[int, Tensor]:
    generator = torch.Generator().manual_seed(step)
    return {index: 4 * torch.randn(weights()[index].shape, generator=generator) for index in path}


@pytest.mark.parametrize("momentum", [0.9, 0.0])
def test_steps_are_those_of_torch_on_the_weights_that_have_gradients(momentum: float) -> None:
    ours, theirs = weights(), weights()
    options = {"lr": 0.1, "momentum": momentum, "weight_decay": 0.01}
    fast, plain = PathSGD(ours, **options), torch.optim.SGD(theirs, **options)
    for step, (rate, path) in enumerate(zip(RATES, ((0, 1), (1, 2), (0, 1, 2), (2,)), strict=True)):
        for optimizer, parameters in ((fast, ours), (plain, theirs)):
            optimizer.zero_grad()
            for index, gradient in gradients(step, path).items():
                parameters[index].grad = gradient.clone(memory_format=LAYOUT[gradient.dim()])
        fast.descend(learning_rate=rate, gradient_clip=5.0)
        torch.nn.utils.clip_grad_norm_(theirs, 5.0)
        plain.param_groups[0]["lr"] = rate
        plain.step()
        for own, other in zip(ours, theirs, strict=True):
            assert_close(own, other, rtol=1e-5, atol=1e-6)


def test_small_gradients_are_left_as_they_are() -> None:
    (weight,) = made = [nn.Parameter(torch.zeros(2))]
    weight.grad = torch.tensor([0.3, 0.4])
    PathSGD(made, lr=1.0, momentum=0.9).descend(learning_rate=1.0, gradient_clip=0.6)
    assert_close(weight.detach(), torch.tensor([-0.3, -0.4]))


def test_state_is_torchs_own_and_can_be_loaded() -> None:
    made = weights()
    optimizer = PathSGD(made, lr=0.1, momentum=0.9)
    for index, gradient in gradients(0, (0, 2)).items():
        made[index].grad = gradient.clone(memory_format=LAYOUT[gradient.dim()])
    optimizer.descend(learning_rate=0.1, gradient_clip=1e9)
    state = optimizer.state_dict()
    assert sorted(state["state"]) == [0, 2]
    torch.optim.SGD(weights(), lr=0.1, momentum=0.9).load_state_dict(state)
    copied = [nn.Parameter(weight.detach().clone()) for weight in made]
    other = PathSGD(copied, lr=0.1, momentum=0.9)
    other.load_state_dict(copy.deepcopy(state))
    for parameters, stepped in ((made, optimizer), (copied, other)):
        for index, gradient in gradients(1, (0, 1, 2)).items():
            parameters[index].grad = gradient.clone(memory_format=LAYOUT[gradient.dim()])
        stepped.descend(learning_rate=0.1, gradient_clip=1e9)
    assert all(torch.equal(own, copy) for own, copy in zip(made, copied, strict=True))
