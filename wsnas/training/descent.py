"""SGD with momentum over the weights of a path, in few calls and without waiting for the device."""

from __future__ import annotations

import torch
from torch import Tensor


class PathSGD(torch.optim.SGD):
    """SGD that clips the gradients' common norm and moves the weights that have gradients.

    The others get neither decay nor momentum. Clipping and the step are one pass over the weights; the
    state is that of `torch.optim.SGD`.
    """

    def descend(self, *, learning_rate: float, gradient_clip: float) -> None:
        """Take one step; gradients are scaled so that their common norm is at most `gradient_clip`."""
        (group,) = self.param_groups
        group["lr"] = learning_rate
        weights = [weight for weight in group["params"] if weight.grad is not None]
        gradients = [weight.grad for weight in weights]
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        torch._fused_sgd_(
            weights,
            gradients,
            # Without momentum the kernel takes no buffers.
            [self._momentum(weight) for weight in weights] if group["momentum"] else [],
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            lr=learning_rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
            # The kernel takes no other type, whatever the weights are.
            grad_scale=(norm / gradient_clip).clamp_(min=1.0).float(),
        )

    def _momentum(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        buffer: Tensor = state["momentum_buffer"]
        return buffer
