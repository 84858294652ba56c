"""What a run has found and spent so far: the part of its state that is not the training's."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray


class RunRecord:
    """Rankings and seconds of a run, over all attempts at it."""

    def __init__(self) -> None:
        self.rungs: dict[float, NDArray[np.float64]] = {}
        """Accuracies at each rung that was passed, by its share of the schedule."""
        self.snapshots: list[NDArray[np.float64]] = []
        """Accuracies at each snapshot, in their order."""
        self.loss = 0.0
        """Mean loss of the steps since the last save."""
        self.seconds = {"training": 0.0, "ranking": 0.0, "saving": 0.0}
        """Time spent, by use."""

    @contextmanager
    def time(self, use: str) -> Iterator[None]:
        """Add the time that the block takes, also where it is interrupted."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[use] += time.perf_counter() - started

    def state_dict(self) -> dict[str, Any]:
        """Return the record as plain values and tensors."""
        import torch

        return {
            "rungs": {share: torch.from_numpy(values) for share, values in self.rungs.items()},
            "snapshots": [torch.from_numpy(values) for values in self.snapshots],
            "loss": self.loss,
            "seconds": dict(self.seconds),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.rungs = {share: values.numpy() for share, values in state["rungs"].items()}
        self.snapshots = [values.numpy() for values in state["snapshots"]]
        self.loss = state["loss"]
        self.seconds = dict(state["seconds"])
