"""bfloat16 beside float32: the same run up to rounding; and what a GPU is told about single precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.wsnas.tiny import draw, make_supernet
from wsnas.errors import InputError
from wsnas.precision import BFLOAT16, FLOAT32, PRECISIONS, TF32, check_precision, computing_in
from wsnas.ranking.evaluate import rank_pool
from wsnas.spaces import BUILT_IN, get_space
from wsnas.supernets import SharingMapping
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun


def trained(space: str, precision: str, mapping: SharingMapping | None = None) -> Any:
    images = torch.randn(96, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(96) % 4
    images[:, 0] += labels[:, None, None].float()
    supernet = make_supernet(space, mapping, seed=1, channels=8)
    protocol = Protocol(
        learning_rate=0.02, learning_rate_schedule="constant", weight_decay=1e-3, epochs=4, batch_size=32
    )
    run = TrainingRun(
        supernet, get_space(space), images, labels, protocol=protocol, seed=2, precision=precision
    )
    loss = run.advance(12)
    pool = draw(space, 8)
    return run, loss, rank_pool(supernet, pool, images, labels, calibration=images[:32], precision=precision)


@pytest.mark.parametrize("space", BUILT_IN)
def test_training_and_ranking_in_bfloat16_stay_near_float32(space: str) -> None:
    _, loss, judged = trained(space, FLOAT32)
    run, rounded, near = trained(space, BFLOAT16)
    assert rounded == pytest.approx(loss, rel=0.1)
    assert rounded != loss
    assert np.abs(near.accuracies - judged.accuracies).mean() < 0.15
    assert np.abs(near.losses - judged.losses).mean() < 0.15 * judged.losses.mean()
    assert all(value.dtype != torch.bfloat16 for value in run.state_dict()["supernet"].values())


def test_tracked_statistics_and_shared_batch_norms_stay_in_single_precision() -> None:
    mapping = SharingMapping(bn_statistics="tracked", wsbn=True, op_placement="node")
    run, loss, judged = trained("nb201", BFLOAT16, mapping)
    assert np.isfinite(loss)
    # Chance is ln 4 = 1.386, and one image without finite logits would add as much as half of them.
    assert judged.losses.max() / judged.images < 2
    tracked = [value for name, value in run.state_dict()["supernet"].items() if "running" in name]
    assert tracked
    assert all(value.dtype == torch.float32 for value in tracked)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_gpu_rounds_products_in_training_and_ranking_only_where_that_is_named(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []

    def note(*_arguments: object) -> None:
        told.append((torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision))

    before = torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision
    images, labels = torch.randn(64, 3, 8, 8), torch.arange(64) % 4
    supernet = make_supernet("nb201", None, seed=1, channels=4)
    supernet.register_forward_hook(note)
    next(iter(supernet.parameters())).register_hook(note)  # within the backward pass
    protocol = Protocol(epochs=1, batch_size=32, train_portion=1.0)
    run = TrainingRun(
        supernet, get_space("nb201"), images, labels, protocol=protocol, seed=2, precision=precision
    )
    run.advance(1)
    in_training = len(told)
    monkeypatch.setattr(
        "wsnas.ranking.evaluate._judge", lambda waiting, _: note() or torch.zeros(2, len(waiting))
    )
    rank_pool(supernet, draw("nb201", 2), images, labels, precision=precision)
    assert in_training == 2
    assert len(told) > in_training
    assert set(told) == {("tf32", "tf32") if precision == TF32 else ("ieee", "ieee")}
    assert before == (torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision)


def test_float32_changes_nothing_and_other_words_are_refused() -> None:
    with computing_in(FLOAT32, "cpu"):
        assert not torch.is_autocast_enabled("cpu")
    with computing_in(BFLOAT16, "cpu"):
        assert torch.is_autocast_enabled("cpu")
    with pytest.raises(InputError, match="precision 'half': choose one of float32, tf32, bfloat16"):
        check_precision("half")
