"""What a run has found and spent so far: the part of its state that is not the training's."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wsnas.ranking.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class RunRecord:
    """Rankings and seconds of a run, over all attempts at it."""

    def __init__(self) -> None:
        self.rungs: dict[float, Judged] = {}
        """What was found at each rung that was passed, by its share of the schedule."""
        self.snapshots: list[Judged] = []
        """What was found at each snapshot, in their order."""
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
        return {
            "rungs": {share: _to_state(judged) for share, judged in self.rungs.items()},
            "snapshots": [_to_state(judged) for judged in self.snapshots],
            "loss": self.loss,
            "seconds": dict(self.seconds),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.rungs = {share: _from_state(judged) for share, judged in state["rungs"].items()}
        self.snapshots = [_from_state(judged) for judged in state["snapshots"]]
        self.loss = state["loss"]
        self.seconds = dict(state["seconds"])


def _to_state(judged: Judged) -> dict[str, Any]:
    import torch

    return {
        "correct": torch.from_numpy(judged.correct),
        "losses": torch.from_numpy(judged.losses),
        "images": judged.images,
    }


def _from_state(state: Mapping[str, Any]) -> Judged:
    return Judged(correct=state["correct"].numpy(), losses=state["losses"].numpy(), images=state["images"])
