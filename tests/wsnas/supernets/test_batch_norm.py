from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from wsnas.supernets._batch_norm import BatchNorm


def batch(seed: int = 0, size: int = 12) -> Tensor:
    return 3 + 2 * torch.randn(size, 3, 4, 4, generator=torch.Generator().manual_seed(seed))


def trained_pair() -> tuple[BatchNorm, nn.BatchNorm2d]:
    ours, reference = BatchNorm(3, track=True), nn.BatchNorm2d(3)
    for norm in (ours, reference):
        with torch.no_grad():
            norm.weight.copy_(torch.tensor([1.0, 2.0, 0.5]))  # type: ignore[union-attr]
            norm.bias.copy_(torch.tensor([0.0, -1.0, 3.0]))  # type: ignore[union-attr]
        norm.train()
        for seed in range(1, 4):
            norm(batch(seed))
    return ours, reference


def by_hand(x: Tensor, source: Tensor) -> Tensor:
    """Normalise `x` by the statistics of `source`."""
    variance, mean = torch.var_mean(source, dim=(0, 2, 3), correction=0, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()


def test_tracking_norm_is_torchs_in_training_and_evaluation() -> None:
    ours, reference = trained_pair()
    assert_close(ours(batch()), reference(batch()))
    assert_close(ours.eval()(batch()), reference.eval()(batch()))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_norm_without_tracking_uses_the_batch_in_both_modes(training: bool, affine: bool) -> None:
    norm = BatchNorm(3, affine=affine).train(training)
    assert_close(norm(batch()), by_hand(batch(), batch()), rtol=1e-4, atol=1e-5)


def test_norm_without_affine_learns_nothing() -> None:
    assert list(BatchNorm(3, affine=False).parameters()) == []
    assert len(list(BatchNorm(3).parameters())) == 2


def test_evaluation_before_any_training_step_uses_the_batch() -> None:
    norm = BatchNorm(3, track=True).eval()
    assert_close(norm(batch()), by_hand(batch(), batch()), rtol=1e-4, atol=1e-5)
    assert int(norm.state_dict()["num_batches_tracked"]) == 0


@pytest.mark.parametrize("track", [True, False])
def test_calibration_normalises_all_by_the_first_samples(track: bool) -> None:
    norm = BatchNorm(3, track=track)
    norm(batch(5))
    norm.eval()
    norm.calibration = 5
    assert_close(norm(batch()), by_hand(batch(), batch()[:5]), rtol=1e-4, atol=1e-5)


def test_calibration_does_not_concern_training() -> None:
    norm = BatchNorm(3).train()
    norm.calibration = 5
    assert_close(norm(batch()), by_hand(batch(), batch()), rtol=1e-4, atol=1e-5)


def test_evaluation_leaves_tracked_statistics_alone() -> None:
    norm, _ = trained_pair()
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    norm.eval()(batch(9))
    norm.calibration = 3
    norm(batch(9))
    assert all(torch.equal(before[name], value) for name, value in norm.state_dict().items())


@pytest.mark.parametrize(("affine", "track"), [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("training", [True, False])
def test_full_state_gives_an_affine_tracking_norm_of_the_same_function(
    affine: bool, track: bool, training: bool
) -> None:
    norm = BatchNorm(3, affine=affine, track=track).train()
    norm(batch(5))
    full = BatchNorm(3, affine=True, track=True)
    full.load_state_dict(norm.full_state())
    assert torch.equal(full.train(training)(batch()), norm.train(training)(batch()))


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("mode", ["training", "evaluation", "tracking", "calibrated"])
def test_statistics_of_bfloat16_images_are_not_rounded_to_it(affine: bool, mode: str) -> None:
    x = (50 + batch(size=200)).bfloat16()
    norm = BatchNorm(3, affine=affine, track=mode == "tracking").train(mode in ("training", "tracking"))
    norm.calibration = 100 if mode == "calibrated" else 0
    exact = x.double()
    expected = by_hand(exact, exact[:100] if mode == "calibrated" else exact)
    assert norm(x).dtype == torch.bfloat16
    # The results are rounded, to eight bits; a mean of 53 in so many would be off by 0.1.
    assert_close(norm(x).double(), expected, rtol=2**-8, atol=1e-3)
