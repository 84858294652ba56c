"""The sandwich rule, all but the largest architecture taught by it (Yu et al., BigNAS, 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional as F

from wsnas.training.strategies.sandwich import Sandwich

if TYPE_CHECKING:
    from wsnas.training.strategy import Step


class SandwichDistilled(Sandwich):
    """The largest architecture learns the labels, the others what it makes of the images."""

    def __call__(self, step: Step) -> None:
        """Leave the gradients of one step on the weights."""
        largest, *others = self.draw(step.paths)
        logits = step.logits(largest)
        step.backward(step.loss(logits))
        taught = logits.detach().softmax(dim=1)
        for architecture in others:
            step.backward(F.cross_entropy(step.logits(architecture), taught))


STRATEGY = SandwichDistilled
