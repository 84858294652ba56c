"""bfloat16 beside float32: the same run up to rounding, and float32 untouched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from wsnas.errors import InputError
from wsnas.precision import BFLOAT16, FLOAT32, check_precision, computing_in
from wsnas.ranking.evaluate import rank_pool
from wsnas.spaces import get_space
from wsnas.supernets import SharingMapping, build_supernet
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

SPACES = ("nb201", "nb101", "darts")


def trained(
    space_name: str, precision: str, *, steps: int = 12, mapping: SharingMapping | None = None
) -> Any:
    space = get_space(space_name)
    images = torch.randn(96, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(96) % 4
    images[:, 0] += labels[:, None, None].float()
    supernet = build_supernet(
        space,
        mapping,
        in_channels=3,
        num_classes=4,
        channels=8,
        cells=3 if space_name == "darts" else 1,
        generator=torch.Generator().manual_seed(1),
    )
    protocol = Protocol(
        learning_rate=0.02, learning_rate_schedule="constant", weight_decay=1e-3, epochs=4, batch_size=32
    )
    run = TrainingRun(supernet, space, images, labels, protocol=protocol, seed=2, precision=precision)
    loss = run.advance(steps)
    pool = [space.sample(np.random.default_rng(seed)) for seed in range(8)]
    return run, loss, rank_pool(supernet, pool, images, labels, calibration=images[:32], precision=precision)


@pytest.mark.parametrize("space", SPACES)
def test_training_and_ranking_in_bfloat16_stay_near_float32(space: str) -> None:
    _, loss, accuracies = trained(space, FLOAT32)
    run, rounded, near = trained(space, BFLOAT16)
    assert rounded == pytest.approx(loss, rel=0.1)
    assert rounded != loss
    assert np.abs(near - accuracies).mean() < 0.15
    assert all(value.dtype != torch.bfloat16 for value in run.state_dict()["supernet"].values())


def test_tracked_statistics_and_shared_batch_norms_stay_in_single_precision() -> None:
    mapping = SharingMapping(bn_statistics="tracked", wsbn=True, op_placement="node")
    run, loss, accuracies = trained("nb201", BFLOAT16, mapping=mapping)
    assert np.isfinite(loss)
    assert np.isfinite(accuracies).all()
    tracked = [value for name, value in run.state_dict()["supernet"].items() if "running" in name]
    assert tracked
    assert all(value.dtype == torch.float32 for value in tracked)


def test_an_interrupted_run_in_bfloat16_ends_with_the_same_bits() -> None:
    whole, _, _ = trained("nb201", BFLOAT16)
    half, _, _ = trained("nb201", BFLOAT16, steps=5)
    again, _, _ = trained("nb201", BFLOAT16, steps=0)
    again.load_state_dict(half.state_dict())
    again.advance(12)
    states = (whole.state_dict()["supernet"], again.state_dict()["supernet"])
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_float32_changes_nothing_and_other_words_are_refused() -> None:
    with computing_in(FLOAT32, "cpu"):
        assert not torch.is_autocast_enabled("cpu")
    with computing_in(BFLOAT16, "cpu"):
        assert torch.is_autocast_enabled("cpu")
    with pytest.raises(InputError, match="precision 'half': choose one of float32, bfloat16"):
        check_precision("half")
