"""What a training strategy must keep, as checks that the tests of any package can call.

In a package's own tests, ``@pytest.mark.parametrize(("check", "space"), strategy_checks())`` over a test that
says ``check(MyStrategy, space)`` is all.
"""

from __future__ import annotations

import io
from itertools import product
from typing import TYPE_CHECKING, Any

import torch

from wsnas.spaces import BUILT_IN, get_space
from wsnas.supernets import SharingMapping, build_supernet
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

    from wsnas.training.strategy import Strategy

    Check = Callable[[type[Strategy], str], None]

_IMAGES, _BATCH, _EPOCHS, _CLASSES = 16, 8, 2, 5
_CELLS = {"darts": 3}
_STOPS = (1, 3)
"""Steps after which a run is killed: within the first epoch and within the second."""


def strategy_checks(spaces: Iterable[str] = BUILT_IN) -> list[tuple[Check, str]]:
    """Return every check with every space, to be called as ``check(MyStrategy, space)``."""
    checks: tuple[Check, ...] = (
        check_steps_change_weights,
        check_weights_off_the_path_are_untouched,
        check_same_bits_after_resume,
    )
    return list(product(checks, spaces))


def tiny_run(kind: type[Strategy] | None, space: str, **protocol: Any) -> TrainingRun:
    """Prepare a run of four steps on made-up images.

    Args:
        kind: What a step does; the protocol's where None.
        space: Name of the space, which may be another package's.
        protocol: Fields of a `Protocol`.
    """
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(_IMAGES, 3, 8, 8, generator=generator)
    labels = torch.randint(_CLASSES, (_IMAGES,), generator=generator)
    supernet = build_supernet(
        space,
        # With dropout, so that passes more or fewer, or in another order, are seen.
        SharingMapping(path_dropout=0.1, global_dropout=0.1),
        in_channels=3,
        num_classes=_CLASSES,
        channels=8,
        cells=_CELLS.get(space, 1),
        generator=generator,
    )
    settings = {"learning_rate": 0.05, "epochs": _EPOCHS, "batch_size": _BATCH, "train_portion": 1.0}
    return TrainingRun(
        supernet,
        get_space(space),
        images,
        labels,
        protocol=Protocol(**{**settings, **protocol}),
        seed=0,
        strategy=kind,
    )


def check_steps_change_weights(strategy: type[Strategy], space: str, **protocol: Any) -> None:
    """Check that every step moves weights by finite numbers and tells a finite loss and its passes."""
    # Without decay, so that only gradients move weights.
    run = tiny_run(strategy, space, **{"weight_decay": 0.0, **protocol})
    while run.step < run.total_steps:
        before, passes = _weights(run), run.passes
        loss = run.advance(run.step + 1)
        after = _weights(run)
        assert torch.isfinite(torch.tensor(loss)), f"step {run.step} has the loss {loss}"
        assert all(bool(weight.isfinite().all()) for weight in after.values()), f"step {run.step} diverged"
        assert any(not torch.equal(before[name], after[name]) for name in after), f"step {run.step} is idle"
        assert run.passes >= passes + _BATCH, f"step {run.step} counts no pass of its batch"


def check_weights_off_the_path_are_untouched(strategy: type[Strategy], space: str, **protocol: Any) -> None:
    """Check that a step leaves weights alone that none of its architectures reads, bit by bit."""
    run = tiny_run(strategy, space, **protocol)
    supernet, ran = run.supernet, []

    def note(_module: Any, inputs: tuple[Any, ...]) -> None:
        ran.append(inputs)

    handle = supernet.register_forward_pre_hook(note)
    while run.step < run.total_steps:
        before = _weights(run)
        ran.clear()
        run.advance(run.step + 1)
        after, read, passes = _weights(run), set(), list(ran)
        for images, architecture in passes:
            supernet.zero_grad(set_to_none=True)
            supernet(images, architecture).square().sum().backward()
            read |= {name for name, weight in supernet.named_parameters() if weight.grad is not None}
        for name in before.keys() - read:
            assert torch.equal(before[name], after[name]), f"{name} moved in step {run.step}, off its paths"
    handle.remove()


def check_same_bits_after_resume(strategy: type[Strategy], space: str, **protocol: Any) -> None:
    """Check that a run that goes on from a saved state, of whatever step, ends with the same bits."""
    whole = tiny_run(strategy, space, **protocol)
    saved = {}
    for step in _STOPS:
        whole.advance(step)
        saved[step] = io.BytesIO()
        torch.save(whole.state_dict(), saved[step])
    whole.advance(whole.total_steps)
    expected = _weights(whole)
    for step, state in saved.items():
        again = tiny_run(strategy, space, **protocol)
        state.seek(0)
        # As studies read it: nothing but plain values and tensors.
        again.load_state_dict(torch.load(state, weights_only=True))
        again.advance(again.total_steps)
        for name, weight in _weights(again).items():
            assert torch.equal(weight, expected[name]), f"{name} differs after going on from step {step}"


def _weights(run: TrainingRun) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in run.supernet.named_parameters()}
