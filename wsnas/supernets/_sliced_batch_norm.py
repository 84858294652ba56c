"""Batch normalisation of a part of its channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsnas.supernets._batch_norm import _MOMENTUM, BatchNorm, batch_norm, normalise_by_batch
from wsnas.supernets._statistics import channel_statistics

if TYPE_CHECKING:
    from torch import Tensor

    from wsnas.supernets._nb101_channels import Channels


class SlicedBatchNorm(BatchNorm):
    """A batch norm whose scale, shift and tracked statistics serve inputs of fewer channels, too."""

    def forward(self, x: Tensor, channels: Channels | None = None) -> Tensor:
        """Normalise `x` (n, count, h, w), which holds all channels or the given ones."""
        if channels is None:
            return super().forward(x)
        weight = None if self.weight is None else channels.vector(self.weight)
        bias = None if self.bias is None else channels.vector(self.bias)
        if self.training and self.running_mean is not None:
            return self._normalise_and_track(x, channels, weight, bias)
        mean = variance = None
        if not self.training and self.calibration:
            mean, variance = channel_statistics(x[: self.calibration])
        elif not self.training and self.has_tracked:
            assert self.running_mean is not None
            assert self.running_var is not None
            mean, variance = channels.vector(self.running_mean), channels.vector(self.running_var)
        if mean is None:
            return normalise_by_batch(x, weight, bias, training=self.training)
        return batch_norm(x, mean, variance, weight, bias, False, 0.0)

    def part_state(self, channels: Channels | None) -> dict[str, Tensor]:
        """Return the state of an affine, tracking batch norm that computes the same for these channels."""
        state = self.full_state()
        if channels is None:
            return state
        return {name: channels.vector(tensor) if tensor.dim() else tensor for name, tensor in state.items()}

    def _normalise_and_track(
        self, x: Tensor, channels: Channels, weight: Tensor | None, bias: Tensor | None
    ) -> Tensor:
        assert self.running_mean is not None
        assert self.running_var is not None
        self.count_batch()
        # With momentum 1 these become the statistics of the batch.
        mean, variance = self.running_mean.new_zeros(x.shape[1]), self.running_var.new_ones(x.shape[1])
        normalised = batch_norm(x, mean, variance, weight, bias, True, 1.0)
        channels.track(self.running_mean, mean, _MOMENTUM)
        channels.track(self.running_var, variance, _MOMENTUM)
        return normalised
